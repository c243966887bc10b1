"""Tensor's operators as functions, under NumPy's names, and what has no operator.

The operations behind + - * / ** are in autograd/arithmetic.py, where Tensor needs them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.autograd import arithmetic
from tinyllm.autograd.arithmetic import unbroadcast
from tinyllm.autograd.function import Context, Function
from tinyllm.autograd.tensor import (
    Tensor,
    as_tensor,
    binary,
    check_broadcast,
    divide,
    operands,
    raw,
    record,
)
from tinyllm.errors import shape_error
from tinyllm.types import Array, Shape


class Maximum(Function):
    """The larger of a and b. Backward: dy goes to the larger one, half to each where they tie."""

    @staticmethod
    def forward(ctx: Context, a: Array, b: Array) -> Array:
        ctx.save(a, b)
        return np.maximum(a, b)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array, Array]:
        a, b = ctx.saved
        share = ((a > b) + 0.5 * (a == b)).astype(grad.dtype)
        return unbroadcast(grad * share, a.shape), unbroadcast(grad * (1 - share), b.shape)


class Minimum(Function):
    """The smaller of a and b. Backward: dy goes to the smaller one, half to each at a tie."""

    @staticmethod
    def forward(ctx: Context, a: Array, b: Array) -> Array:
        ctx.save(a, b)
        return np.minimum(a, b)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array, Array]:
        a, b = ctx.saved
        share = ((a < b) + 0.5 * (a == b)).astype(grad.dtype)
        return unbroadcast(grad * share, a.shape), unbroadcast(grad * (1 - share), b.shape)


class Clip(Function):
    """x, held between low and high. Backward: dx = dy inside and at the borders, 0 outside."""

    @staticmethod
    def forward(ctx: Context, x: Array, low: float, high: float) -> Array:
        ctx.save(x, low, high)
        return np.clip(x, low, high)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        x, low, high = ctx.saved
        return (grad * ((x >= low) & (x <= high)),)


class Where(Function):
    """a where the condition holds, b elsewhere. Backward: dy goes to the one that was taken."""

    @staticmethod
    def forward(ctx: Context, a: Array, b: Array, condition: Array) -> Array:
        ctx.save(a.shape, b.shape, condition)
        return np.where(condition, a, b)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array, Array]:
        a_shape, b_shape, condition = ctx.saved
        taken, refused = np.where(condition, grad, 0), np.where(condition, 0, grad)
        return unbroadcast(taken, a_shape), unbroadcast(refused, b_shape)


def add(a: Any, b: Any) -> Tensor:
    """Return a + b.

    Shapes:  a and b broadcast
    Raises:  ShapeError if they do not
    """
    return binary(arithmetic.Add, a, b)


def subtract(a: Any, b: Any) -> Tensor:
    """Return a - b, broadcast like `add`."""
    return binary(arithmetic.Subtract, a, b)


def multiply(a: Any, b: Any) -> Tensor:
    """Return a * b, element by element, broadcast like `add`."""
    return binary(arithmetic.Multiply, a, b)


def power(a: Any, b: Any) -> Tensor:
    """Return a ** b, broadcast like `add`; the gradient of b needs a >= 0."""
    return binary(arithmetic.Power, a, b)


def negative(x: Any) -> Tensor:
    """Return -x."""
    return -as_tensor(x)


def abs(x: Any) -> Tensor:
    """Return |x|; the gradient at 0 is 0."""
    return as_tensor(x).__abs__()


def maximum(a: Any, b: Any) -> Tensor:
    """Return the larger of a and b, element by element; at a tie each gets half the gradient.

    >>> maximum(Tensor([1.0, 5.0]), 3.0).data.tolist()
    [3.0, 5.0]
    """
    return binary(Maximum, a, b)


def minimum(a: Any, b: Any) -> Tensor:
    """Return the smaller of a and b, element by element; at a tie each gets half the gradient."""
    return binary(Minimum, a, b)


def clip(x: Any, a_min: float, a_max: float) -> Tensor:
    """Hold x between `a_min` and `a_max`; outside of them the gradient is 0."""
    low, high = (v.item() if isinstance(v, np.generic) else v for v in (a_min, a_max))
    return record(Clip, as_tensor(x), low=low, high=high)  # a scalar never changes the dtype


def where(condition: Any, a: Any, b: Any) -> Tensor:
    """Return a where `condition` is True, b elsewhere.

    Shapes:  condition, a and b broadcast
    Raises:  ShapeError if they do not

    >>> where([True, False], Tensor([1.0, 2.0]), 0.0).data.tolist()
    [1.0, 0.0]
    """
    chosen = Tensor(np.asarray(raw(condition), dtype=bool))
    x, y = operands(a, b)
    check_broadcast("where", condition=chosen, a=x, b=y)
    return record(Where, x, y, condition=chosen.data)


def masked_fill(x: Any, mask: Any, value: float) -> Tensor:
    """Return x with `value` wherever `mask` is True; no gradient flows there.

    Shapes:  mask broadcasts to x
    Raises:  ShapeError if it does not
    Source:  the step that makes attention causal, with value = -inf

    >>> masked_fill(Tensor([1.0, 2.0]), [False, True], 0.0).data.tolist()
    [1.0, 0.0]
    """
    tensor, chosen = as_tensor(x), np.asarray(raw(mask), dtype=bool)
    if not broadcasts_to(chosen.shape, tensor.shape):
        rule = "mask must broadcast to x"
        raise shape_error("masked_fill", rule, x=tensor.shape, mask=chosen.shape)
    return where(chosen, value, tensor)


def broadcasts_to(shape: Shape, target: Shape) -> bool:
    """Whether `shape` can be stretched to `target`, and `target` stays as it is."""
    try:
        return np.broadcast_shapes(shape, target) == target
    except ValueError:
        return False


__all__ = [
    "abs",
    "add",
    "clip",
    "divide",
    "masked_fill",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "power",
    "subtract",
    "where",
]
