"""softmax and log_softmax: scores to probabilities along one axis."""

from __future__ import annotations

from typing import Any

from tinyllm.autograd.function import Context, Function
from tinyllm.autograd.tensor import Tensor, floating, record
from tinyllm.errors import shape_error
from tinyllm.kernels import softmax as kernel
from tinyllm.types import Array


class Softmax(Function):
    """p_i = e^x_i / sum_j e^x_j. Backward: dx_i = p_i (dp_i - sum_j dp_j p_j)."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        p = kernel.forward(x)
        ctx.save(p)
        return p

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (p,) = ctx.saved
        return (kernel.backward(p, grad),)


class LogSoftmax(Function):
    """y_i = x_i - ln sum_j e^x_j. Backward: dx_i = dy_i - e^y_i sum_j dy_j."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y = kernel.log_forward(x)
        ctx.save(y)
        return y

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (y,) = ctx.saved
        return (kernel.log_backward(y, grad),)


def softmax(x: Any, axis: int = -1) -> Tensor:
    """Turn scores into probabilities along `axis`.

    Forward:   p_i = exp(x_i - max x) / sum_j exp(x_j - max x)
    Backward:  dx_i = p_i (dp_i - sum_j dp_j p_j)
    Shapes:    x (..., N, ...) -> p of the same shape, N >= 1
    Units:     x in nats (log-odds); p is a share, the sum along `axis` is 1. Where all scores
               are -inf there is nothing to share out: p is 0
    Raises:    ShapeError if the axis is missing or empty
    Source:    Bridle 1990, Training Stochastic Model Recognition Algorithms, equation 2

    >>> softmax(Tensor([0.0, 0.0])).data.tolist()
    [0.5, 0.5]
    """
    return along_last("softmax", Softmax, x, axis)


def log_softmax(x: Any, axis: int = -1) -> Tensor:
    """Return the logarithm of softmax, without the rounding of taking one after the other.

    Forward:   y_i = x_i - ln sum_j exp(x_j)
    Backward:  dx_i = dy_i - exp(y_i) sum_j dy_j
    Shapes:    x (..., N, ...) -> y of the same shape, N >= 1
    Units:     nats
    Raises:    ShapeError if the axis is missing or empty

    >>> log_softmax(Tensor([0.0, -1000.0])).data.tolist()
    [0.0, -1000.0]
    """
    return along_last("log_softmax", LogSoftmax, x, axis)


def along_last(operation: str, op: type[Function], x: Any, axis: int) -> Tensor:
    """Run an operation over `axis`: the kernels work on the last one."""
    tensor = floating(x)
    if not -tensor.ndim <= axis < tensor.ndim or tensor.shape[axis] == 0:
        rule = f"needs an axis {axis} of size >= 1"
        raise shape_error(operation, rule, x=tensor.shape)
    if axis in (-1, tensor.ndim - 1):
        return record(op, tensor)
    return record(op, tensor.swapaxes(axis, -1)).swapaxes(axis, -1)
