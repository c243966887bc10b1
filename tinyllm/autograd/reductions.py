"""The operations behind Tensor's reductions: sum, mean, var, max, min."""

from __future__ import annotations

import numpy as np

from tinyllm.autograd.function import Context, Function
from tinyllm.types import Array, Axis, Shape


def expand(reduced: Array, shape: Shape, axis: Axis, keepdims: bool) -> Array:
    """Undo a reduction's change of shape: a read-only view of `reduced`, broadcast to `shape`."""
    if axis is not None and not keepdims:
        reduced = np.expand_dims(reduced, axis)
    return np.broadcast_to(reduced, shape)


def count(shape: Shape, axis: Axis) -> int:
    """How many elements a reduction over `axis` puts into one."""
    axes = range(len(shape)) if axis is None else np.atleast_1d(np.array(axis, dtype=int))
    return int(np.prod([shape[i] for i in axes], dtype=int))


class Sum(Function):
    """y = sum_i x_i. Backward: dx_i = dy."""

    @staticmethod
    def forward(ctx: Context, x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
        ctx.save(x.shape, axis, keepdims)
        return x.sum(axis=axis, keepdims=keepdims)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        shape, axis, keepdims = ctx.saved
        return (expand(grad, shape, axis, keepdims),)


class Mean(Function):
    """y = 1/n sum_i x_i. Backward: dx_i = dy / n."""

    @staticmethod
    def forward(ctx: Context, x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
        ctx.save(x.shape, axis, keepdims)
        return x.mean(axis=axis, keepdims=keepdims)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        shape, axis, keepdims = ctx.saved
        return (expand(grad / count(shape, axis), shape, axis, keepdims),)


class Var(Function):
    """y = 1/(n - ddof) sum_i (x_i - mean)^2. Backward: dx_i = dy 2 (x_i - mean) / (n - ddof)."""

    @staticmethod
    def forward(
        ctx: Context, x: Array, axis: Axis = None, ddof: int = 0, keepdims: bool = False
    ) -> Array:
        ctx.save(x, axis, ddof, keepdims)
        return x.var(axis=axis, ddof=ddof, keepdims=keepdims)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        x, axis, ddof, keepdims = ctx.saved
        centred = x - x.mean(axis=axis, keepdims=True)
        scale = 2 / (count(x.shape, axis) - ddof)
        return (expand(grad * scale, x.shape, axis, keepdims) * centred,)


class Max(Function):
    """y = max_i x_i. Backward: dy goes to the largest element; where k tie, each gets dy / k."""

    @staticmethod
    def forward(ctx: Context, x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
        y = np.asarray(x.max(axis=axis, keepdims=keepdims))
        ctx.save(x, y, axis, keepdims)
        return y

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        return (share_among_ties(ctx, grad),)


class Min(Function):
    """y = min_i x_i. Backward: dy goes to the smallest element; where k tie, each gets dy / k."""

    @staticmethod
    def forward(ctx: Context, x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
        y = np.asarray(x.min(axis=axis, keepdims=keepdims))
        ctx.save(x, y, axis, keepdims)
        return y

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        return (share_among_ties(ctx, grad),)


def share_among_ties(ctx: Context, grad: Array) -> Array:
    """Backward of Max and Min: the elements that equal the result share its gradient."""
    x, y, axis, keepdims = ctx.saved
    hit = x == expand(y, x.shape, axis, keepdims)
    share = hit / hit.sum(axis=axis, keepdims=True)
    return (expand(grad, x.shape, axis, keepdims) * share).astype(x.dtype, copy=False)
