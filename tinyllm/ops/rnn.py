"""rnn: one layer of Elman's recurrent network over all steps."""

from __future__ import annotations

from typing import Any

from tinyllm.autograd.function import Context, Function
from tinyllm.autograd.tensor import Tensor, record_all
from tinyllm.kernels import rnn as kernel
from tinyllm.ops.recurrent import checked, outputs, weight_gradients
from tinyllm.types import Array


class RNN(Function):
    """h_t = tanh(x_t + h_{t-1} W + b). Backward: through time, as rnn says."""

    @staticmethod
    def forward(ctx: Context, x: Array, weight: Array, bias: Array, h: Array) -> tuple[Array, ...]:
        hidden = kernel.forward(x, weight, bias, h)
        ctx.save(weight, hidden)
        return outputs(hidden), hidden[:, -1].copy()

    @staticmethod
    def backward(ctx: Context, grad: Array, dh: Array) -> tuple[Array, ...]:
        weight, hidden = ctx.saved
        dx, dh = kernel.backward(weight, hidden, grad, dh)
        return dx, *weight_gradients(hidden, dx), dh


def rnn(x: Any, weight: Any, bias: Any, h: Any) -> tuple[Tensor, Tensor]:
    """Run Elman's cell over all steps of a text: one node, however many steps there are.

    Forward:   h_t = tanh(x_t + h_{t-1} W + b)
    Backward:  from the last step to the first, with dh = dy_t + what step t + 1 hands back:
               dx_t = dh (1 - h_t^2); to step t - 1 goes dx_t W^T;
               dW = sum of h_{t-1}^T dx_t, db = sum of dx_t
    Shapes:    x (B, T, C): the inputs, already multiplied by their own weights;
               weight (C, C), bias (C), h (B, C) -> all states (B, T, C), the last one (B, C)
    Raises:    ShapeError if the sizes do not fit
    Source:    Elman 1990, Finding Structure in Time; Werbos 1990, Backpropagation Through Time

    >>> y, h = rnn([[[99.0], [0.0]]], [[1.0]], [0.0], [[0.0]])
    >>> y.data.round(2).tolist()  # the second step sees the first one's 1: tanh 1
    [[[1.0], [0.7599999904632568]]]
    """
    y, last = record_all(RNN, *checked("rnn", 1, x, weight, bias, h))
    return y, last
