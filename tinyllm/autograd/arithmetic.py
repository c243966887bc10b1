"""The operations behind Tensor's operators: + - * / ** and abs. All of them broadcast."""

from __future__ import annotations

import numpy as np

from tinyllm.autograd.function import Context, Function
from tinyllm.types import Array, Shape


def unbroadcast(grad: Array, shape: Shape) -> Array:
    """Sum `grad` over every axis that broadcasting added or stretched.

    Broadcasting copies a value; the gradients of the copies add up.

    >>> unbroadcast(np.ones((2, 3)), (3,)).tolist()
    [2.0, 2.0, 2.0]
    """
    if grad.shape == shape:
        return grad
    added = tuple(range(grad.ndim - len(shape)))
    grad = grad.sum(axis=added)
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and grad.shape[i] != 1)
    return grad.sum(axis=stretched, keepdims=True)


class Add(Function):
    """a + b. Backward: da = dy, db = dy."""

    @staticmethod
    def forward(ctx: Context, a: Array, b: Array) -> Array:
        ctx.save(a.shape, b.shape)
        return np.add(a, b)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array, Array]:
        a_shape, b_shape = ctx.saved
        return unbroadcast(grad, a_shape), unbroadcast(grad, b_shape)


class Subtract(Function):
    """a - b. Backward: da = dy, db = -dy."""

    @staticmethod
    def forward(ctx: Context, a: Array, b: Array) -> Array:
        ctx.save(a.shape, b.shape)
        return np.subtract(a, b)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array, Array]:
        a_shape, b_shape = ctx.saved
        return unbroadcast(grad, a_shape), unbroadcast(np.negative(grad), b_shape)


class Multiply(Function):
    """a * b, element by element. Backward: da = dy b, db = dy a."""

    @staticmethod
    def forward(ctx: Context, a: Array, b: Array) -> Array:
        ctx.save(a, b)
        return np.multiply(a, b)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array | None, Array | None]:
        a, b = ctx.saved
        return (
            unbroadcast(grad * b, a.shape) if ctx.needs[0] else None,
            unbroadcast(grad * a, b.shape) if ctx.needs[1] else None,
        )


class Divide(Function):
    """a / b. Backward: da = dy / b, db = -dy a / b^2."""

    @staticmethod
    def forward(ctx: Context, a: Array, b: Array) -> Array:
        ctx.save(a, b)
        return np.divide(a, b)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array | None, Array | None]:
        a, b = ctx.saved
        return (
            unbroadcast(grad / b, a.shape) if ctx.needs[0] else None,
            unbroadcast(-grad * a / (b * b), b.shape) if ctx.needs[1] else None,
        )


class Power(Function):
    """a ** b. Backward: da = dy b a^(b-1), db = dy a^b ln a (0 where a = 0 and b > 0)."""

    @staticmethod
    def forward(ctx: Context, a: Array, b: Array) -> Array:
        y = np.power(a, b)
        ctx.save(a, b, y)
        return y

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array | None, Array | None]:
        a, b, y = ctx.saved
        da = db = None
        if ctx.needs[0]:
            # b = 0 is a constant: its slope is 0, also at a = 0, where a^(b-1) is infinite
            slope = np.where(b == 0, 0, b * np.power(np.where(b == 0, 1, a), b - 1))
            da = unbroadcast(grad * slope, a.shape)
        if ctx.needs[1]:
            log_a = np.log(np.where((a == 0) & (b >= 0), 1, a))
            db = unbroadcast(grad * y * log_a, b.shape)
        return da, db


class Negative(Function):
    """-a. Backward: da = -dy."""

    @staticmethod
    def forward(ctx: Context, a: Array) -> Array:
        return np.negative(a)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        return (np.negative(grad),)


class Absolute(Function):
    """|a|. Backward: da = dy sign(a), which is 0 at the kink."""

    @staticmethod
    def forward(ctx: Context, a: Array) -> Array:
        ctx.save(a)
        return np.absolute(a)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (a,) = ctx.saved
        return (grad * np.sign(a),)
