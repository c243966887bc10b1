"""Functions of one number, applied to each element: exp log sqrt tanh sigmoid.

Leaves out: the activations of Transformers (ops/activations.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.autograd.function import Context, Function
from tinyllm.autograd.tensor import Tensor, floating, record
from tinyllm.types import Array


class Exp(Function):
    """y = e^x. Backward: dx = dy y."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y = np.exp(x)
        ctx.save(y)
        return y

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (y,) = ctx.saved
        return (grad * y,)


class Log(Function):
    """y = ln x. Backward: dx = dy / x."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save(x)
        return np.log(x)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (x,) = ctx.saved
        return (grad / x,)


class Sqrt(Function):
    """y = sqrt(x). Backward: dx = dy / (2 y)."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y = np.sqrt(x)
        ctx.save(y)
        return y

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (y,) = ctx.saved
        return (grad / (2 * y),)


class Tanh(Function):
    """y = tanh x. Backward: dx = dy (1 - y^2)."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y = np.tanh(x)
        ctx.save(y)
        return y

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (y,) = ctx.saved
        return (grad * (1 - y * y),)


class Sigmoid(Function):
    """y = 1 / (1 + e^-x). Backward: dx = dy y (1 - y)."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        y = logistic(x)
        ctx.save(y)
        return y

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (y,) = ctx.saved
        return (grad * y * (1 - y),)


def logistic(x: Array) -> Array:
    """1 / (1 + e^-x), written so that no exponential can overflow: only e^-|x| is taken."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def exp(x: Any) -> Tensor:
    """Return e^x of each element.

    >>> exp(Tensor([0.0])).data.tolist()
    [1.0]
    """
    return record(Exp, floating(x))


def log(x: Any) -> Tensor:
    """Return the natural logarithm of each element: nats, not bits."""
    return record(Log, floating(x))


def sqrt(x: Any) -> Tensor:
    """Return the square root of each element."""
    return record(Sqrt, floating(x))


def tanh(x: Any) -> Tensor:
    """Return the hyperbolic tangent of each element."""
    return record(Tanh, floating(x))


def sigmoid(x: Any) -> Tensor:
    """Return 1 / (1 + e^-x) of each element.

    >>> sigmoid(Tensor([0.0])).data.tolist()
    [0.5]
    """
    return record(Sigmoid, floating(x))
