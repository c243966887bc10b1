"""gru: one layer of gated recurrent units over all steps."""

from __future__ import annotations

from typing import Any

from tinyllm.autograd.function import Context, Function
from tinyllm.autograd.tensor import Tensor, record_all
from tinyllm.kernels import gru as kernel
from tinyllm.ops.recurrent import checked, outputs, weight_gradients
from tinyllm.types import Array


class GRU(Function):
    """h_t = (1 - z) n + z h_{t-1}, with gates r, z, n. Backward: through time, as gru says."""

    @staticmethod
    def forward(ctx: Context, x: Array, weight: Array, bias: Array, h: Array) -> tuple[Array, ...]:
        hidden, gates, past = kernel.forward(x, weight, bias, h)
        ctx.save(weight, hidden, gates, past)
        return outputs(hidden), hidden[:, -1].copy()

    @staticmethod
    def backward(ctx: Context, grad: Array, dh: Array) -> tuple[Array, ...]:
        weight, hidden, gates, past = ctx.saved
        dx, ds, dh = kernel.backward(weight, hidden, gates, past, grad, dh)
        return dx, *weight_gradients(hidden, ds), dh


def gru(x: Any, weight: Any, bias: Any, h: Any) -> tuple[Tensor, Tensor]:
    """Run gated recurrent units over all steps of a text: one node, however many steps there are.

    The thirds of x, weight and bias belong to r (reset), z (update) and n (new), in PyTorch's
    order. r stands outside of the product with W: so does PyTorch; the paper has it inside.

    Forward:   s = h_{t-1} W + b, in thirds s_r, s_z, s_n
               r = sigmoid(x_r + s_r), z = sigmoid(x_z + s_z), n = tanh(x_n + r s_n)
               h_t = (1 - z) n + z h_{t-1}
    Backward:  from the last step to the first, with dh = dy_t + what step t + 1 hands back:
               dx_n = dh (1 - z) (1 - n^2), dx_z = dh (h_{t-1} - n) z (1 - z),
               dx_r = dx_n s_n r (1 - r); ds is dx, but ds_n = dx_n r;
               to step t - 1 goes dh z + ds W^T; dW = sum of h_{t-1}^T ds, db = sum of ds
    Shapes:    x (B, T, 3 C): the inputs, already multiplied by their own weights;
               weight (C, 3 C), bias (3 C), h (B, C) -> all states (B, T, C), the last one (B, C)
    Raises:    ShapeError if the sizes do not fit
    Source:    Cho et al. 2014, Learning Phrase Representations using RNN Encoder-Decoder, 2.3

    >>> y, h = gru([[[0.0, 0.0, 0.0]]], [[1.0, 1.0, 1.0]], [0.0, 99.0, 0.0], [[0.5]])
    >>> h.data.tolist()  # z = 1: all is kept
    [[0.5]]
    """
    y, last = record_all(GRU, *checked("gru", 3, x, weight, bias, h))
    return y, last
