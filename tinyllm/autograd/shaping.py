"""The operations behind Tensor's changes of shape and its indexing. Views, where NumPy has them."""

from __future__ import annotations

from types import EllipsisType
from typing import Any

import numpy as np

from tinyllm.autograd.arithmetic import unbroadcast
from tinyllm.autograd.function import Context, Function
from tinyllm.types import Array, Shape


class Reshape(Function):
    """The same elements in another shape. Backward: reshape back."""

    @staticmethod
    def forward(ctx: Context, x: Array, shape: Shape) -> Array:
        ctx.save(x.shape)
        return x.reshape(shape)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (shape,) = ctx.saved
        return (grad.reshape(shape),)


class Transpose(Function):
    """The axes in another order. Backward: the inverse order."""

    @staticmethod
    def forward(ctx: Context, x: Array, axes: Shape) -> Array:
        ctx.save(axes)
        return x.transpose(axes)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (axes,) = ctx.saved
        places = [a % len(axes) for a in axes]
        return (grad.transpose([places.index(i) for i in range(len(places))]),)


class BroadcastTo(Function):
    """Repeat along axes of size 1 and new leading axes. Backward: sum over the repeats."""

    @staticmethod
    def forward(ctx: Context, x: Array, shape: Shape) -> Array:
        ctx.save(x.shape)
        return np.broadcast_to(x, shape)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (shape,) = ctx.saved
        return (unbroadcast(grad, shape),)


class Unstack(Function):
    """The slices along the first axis: several outputs. Backward: put their gradients together."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> tuple[Array, ...]:
        ctx.save(x)
        return tuple(x)

    @staticmethod
    def backward(ctx: Context, *grads: Array) -> tuple[Array]:
        (x,) = ctx.saved
        dx = np.empty_like(x)  # its memory in the order of x's: who turns it back copies nothing
        for i, grad in enumerate(grads):
            dx[i] = grad
        return (dx,)


class Index(Function):
    """x[key]. Backward: add each gradient to the element that it was read from.

    An integer array may name an element twice; then both gradients belong to it. Plain
    `dx[key] += grad` would keep only the last one, np.add.at adds them all.
    """

    @staticmethod
    def forward(ctx: Context, x: Array, key: Any) -> Array:
        parts = key if isinstance(key, tuple) else (key,)
        ctx.save(x.shape, x.dtype, *parts)  # one by one, so that index arrays are locked too
        return x[key]

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        shape, dtype, *parts = ctx.saved
        key = tuple(parts)
        dx = np.zeros(shape, dtype)
        if can_repeat(key):
            np.add.at(dx, key, grad)
        else:
            dx[key] = grad
        return (dx,)


def can_repeat(key: tuple[Any, ...]) -> bool:
    """Whether `x[key]` may read one element twice: integer arrays may, slices and masks not."""
    once = int | np.integer | slice | EllipsisType | None  # bool is an int
    return any(not isinstance(p, once) and np.asarray(p).dtype != bool for p in key)


class Astype(Function):
    """The same numbers in another floating-point type. Backward: the engine casts back."""

    @staticmethod
    def forward(ctx: Context, x: Array, dtype: Any) -> Array:
        return x.astype(dtype)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        return (grad,)
