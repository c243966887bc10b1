"""rotary: turn the vectors of queries and keys by angles that say where they stand."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.autograd.function import Context, Function
from tinyllm.autograd.tensor import Tensor, floating, raw, record
from tinyllm.errors import shape_error
from tinyllm.types import Array


class Rotary(Function):
    """Each pair of numbers, turned by its angle. Backward: turned back by the same angle."""

    @staticmethod
    def forward(ctx: Context, x: Array, angles: Array) -> Array:
        ctx.save(angles)
        return turned(x, angles)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (angles,) = ctx.saved
        return (turned(grad, -angles),)


def turned(x: Array, angles: Array) -> Array:
    """x (..., T, D), angles (T, D/2): number i of a vector makes a pair with number i + D/2."""
    cos, sin = np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)
    first, second = np.split(x, 2, axis=-1)
    return np.concatenate([first * cos - second * sin, first * sin + second * cos], axis=-1)


def rotary(x: Any, angles: Any) -> Tensor:
    """Turn each pair (x_i, x_{i + D/2}) of a vector by an angle that grows with its place.

    Then the product of a query at place m with a key at place n depends on m - n alone: turning
    both by the same angle changes no product.

    Forward:   y_i = x_i cos a_i - x_{i+D/2} sin a_i;  y_{i+D/2} = x_i sin a_i + x_{i+D/2} cos a_i
    Backward:  the same with -a: a rotation is undone by turning back
    Shapes:    x (..., T, D), D even; angles (T, D/2), no gradient -> (..., T, D)
    Raises:    ShapeError if the shapes do not fit
    Source:    Su et al. 2021, RoFormer, section 3.2.2. There neighbours make a pair; here, as in
               GPT-NeoX and Llama, the two halves do: the same up to the order of the numbers

    >>> quarter = np.array([[np.pi / 2]])
    >>> rotary(Tensor([[1.0, 0.0]]), quarter).data.round(4).tolist()
    [[0.0, 1.0]]
    """
    tensor, turns = floating(x), np.asarray(raw(angles))
    if tensor.ndim < 2 or turns.shape != (tensor.shape[-2], tensor.shape[-1] / 2):
        rule = "x must be (..., T, D) with D even, angles (T, D/2)"
        raise shape_error("rotary", rule, x=tensor.shape, angles=turns.shape)
    return record(Rotary, tensor, angles=turns)
