"""lstm: one layer of long short-term memory over all steps."""

from __future__ import annotations

from typing import Any

from tinyllm.autograd.function import Context, Function
from tinyllm.autograd.tensor import Tensor, record_all
from tinyllm.kernels import lstm as kernel
from tinyllm.ops.recurrent import checked, outputs, weight_gradients
from tinyllm.types import Array


class LSTM(Function):
    """c_t = f c_{t-1} + i g, h_t = o tanh c_t. Backward: through time, as lstm says."""

    @staticmethod
    def forward(
        ctx: Context, x: Array, weight: Array, bias: Array, h: Array, c: Array
    ) -> tuple[Array, ...]:
        hidden, cells, gates = kernel.forward(x, weight, bias, h, c)
        ctx.save(weight, hidden, cells, gates)
        return outputs(hidden), hidden[:, -1].copy(), cells[:, -1].copy()

    @staticmethod
    def backward(ctx: Context, grad: Array, dh: Array, dc: Array) -> tuple[Array, ...]:
        weight, hidden, cells, gates = ctx.saved
        dx, dh, dc = kernel.backward(weight, cells, gates, grad, dh, dc)
        return dx, *weight_gradients(hidden, dx), dh, dc


def lstm(x: Any, weight: Any, bias: Any, h: Any, c: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Run long short-term memory over all steps of a text: one node, however many steps there are.

    The quarters of x, weight and bias belong to i (input), f (forget), g (new) and o (output),
    in PyTorch's order. The cell c is a sum: along it a gradient passes from step to step with
    no product but the one with f.

    Forward:   a = x_t + h_{t-1} W + b, in quarters a_i, a_f, a_g, a_o
               i = sigmoid(a_i), f = sigmoid(a_f), g = tanh(a_g), o = sigmoid(a_o)
               c_t = f c_{t-1} + i g; h_t = o tanh c_t
    Backward:  from the last step to the first, with dh = dy_t + what step t + 1 hands back, and
               dc = what it hands back + dh o (1 - tanh^2 c_t):
               da_i = dc g i (1 - i), da_f = dc c_{t-1} f (1 - f), da_g = dc i (1 - g^2),
               da_o = dh tanh(c_t) o (1 - o); dx_t = da; to step t - 1 go da W^T and dc f;
               dW = sum of h_{t-1}^T da, db = sum of da
    Shapes:    x (B, T, 4 C): the inputs, already multiplied by their own weights;
               weight (C, 4 C), bias (4 C), h and c (B, C)
               -> all states h (B, T, C), the last h (B, C), the last c (B, C)
    Raises:    ShapeError if the sizes do not fit
    Source:    Hochreiter and Schmidhuber 1997, Long Short-Term Memory; the forget gate:
               Gers, Schmidhuber and Cummins 2000, Learning to Forget

    >>> y, h, c = lstm([[[0.0] * 4]], [[0.0] * 4], [0.0, 99.0, 0.0, 99.0], [[0.0]], [[2.0]])
    >>> c.data.tolist(), h.data.round(2).tolist()  # f = 1 keeps the cell, o = 1 shows it
    ([[2.0]], [[0.9599999785423279]])
    """
    y, last, cell = record_all(LSTM, *checked("lstm", 4, x, weight, bias, h, c))
    return y, last, cell
