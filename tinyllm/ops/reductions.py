"""Many elements into one, under NumPy's names; the operations are in autograd/reductions.py.

Here too: cumsum, which keeps every partial sum, and logsumexp.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.autograd.function import Context, Function
from tinyllm.autograd.reductions import expand
from tinyllm.autograd.tensor import Tensor, as_tensor, floating, record
from tinyllm.types import Array, Axis


class CumSum(Function):
    """y_i = x_1 + ... + x_i. Backward: dx_i = dy_i + ... + dy_n, the sum from the other end."""

    @staticmethod
    def forward(ctx: Context, x: Array, axis: int) -> Array:
        ctx.save(axis)
        return np.cumsum(x, axis=axis)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (axis,) = ctx.saved
        return (np.flip(np.cumsum(np.flip(grad, axis), axis=axis), axis),)


class LogSumExp(Function):
    """y = ln sum_i e^x_i. Backward: dx_i = dy e^(x_i - y), the softmax."""

    @staticmethod
    def forward(ctx: Context, x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
        top = x.max(axis=axis, keepdims=True)
        top = np.where(np.isfinite(top), top, 0)  # only -inf, or an inf: nothing to subtract
        with np.errstate(divide="ignore"):  # ln 0 = -inf is the right answer for only -inf
            log_total = top + np.log(np.exp(x - top).sum(axis=axis, keepdims=True))
        y = log_total if keepdims else log_total.squeeze(axis)
        ctx.save(x, log_total, axis, keepdims)
        return y

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        x, log_total, axis, keepdims = ctx.saved
        share = np.exp(x - np.where(log_total == -np.inf, 0, log_total))
        return (expand(grad, x.shape, axis, keepdims) * share,)


def sum(x: Any, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Sum over `axis`: one axis, several, or all (None).

    Backward:  every element gets dy
    Shapes:    x (...) -> the named axes are gone, or 1 with keepdims

    >>> sum(Tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0).data.tolist()
    [4.0, 6.0]
    """
    return as_tensor(x).sum(axis, keepdims=keepdims)


def mean(x: Any, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Mean over `axis`; every one of n elements gets dy / n."""
    return as_tensor(x).mean(axis, keepdims=keepdims)


def var(x: Any, axis: Axis = None, *, ddof: int = 0, keepdims: bool = False) -> Tensor:
    """Variance over `axis`: the squared distances from the mean, summed, over n - ddof."""
    return as_tensor(x).var(axis, ddof=ddof, keepdims=keepdims)


def max(x: Any, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Largest element along `axis`; elements that tie share the gradient."""
    return as_tensor(x).max(axis, keepdims=keepdims)


def min(x: Any, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Smallest element along `axis`; elements that tie share the gradient."""
    return as_tensor(x).min(axis, keepdims=keepdims)


def logsumexp(x: Any, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Return ln sum e^x along `axis`, without overflow: the largest element is taken out first.

    Backward:  dx_i = dy softmax(x)_i

    >>> round(logsumexp(Tensor([1000.0, 1000.0])).item(), 1)  # 1000 + ln 2
    1000.7
    """
    return record(LogSumExp, floating(x), axis=axis, keepdims=keepdims)


def cumsum(x: Any, axis: int) -> Tensor:
    """Running sum along `axis`.

    >>> cumsum(Tensor([1.0, 2.0, 3.0]), axis=0).data.tolist()
    [1.0, 3.0, 6.0]
    """
    return record(CumSum, as_tensor(x), axis=axis)
