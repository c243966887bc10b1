"""What the exercises on broadcasting share: pairs of shapes, and how a backward is called.

Who calls it: add.py, multiply.py, matmul.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.autograd.function import Context
from tinyllm.types import FLOAT, Array, Shape

__all__ = ["PAIRS", "few", "numbers", "use_backward"]

PAIRS: list[tuple[Shape, Shape]] = [  # shapes that broadcast, the simplest first
    ((1,), (1,)),
    ((2,), (2,)),
    ((1,), (2,)),
    ((2,), (2, 2)),
    ((2, 2), (2,)),
    ((2, 1), (2, 2)),
    ((2, 3), (1, 3)),
    ((2, 1), (3,)),
    ((), (2,)),
    ((2, 3), ()),
    ((2, 1, 2), (3, 1)),
]


def few(simplest: float = 1.0) -> Any:
    """Draw one of a few numbers, no 0 among them: a gradient of 0 shows little."""
    from tinyllm.course.draws import st  # noqa: PLC0415

    numbers = [1.0, 2.0, 3.0, -1.0, 0.5, -2.0, 4.0]
    return st.sampled_from(sorted(numbers, key=lambda number: number != simplest))


def numbers(shape: Shape, first: int = 1) -> Array:
    """Fill a shape with halves that all differ: first/2, (first + 1)/2, ..."""
    return (np.arange(first, first + math.prod(shape)) / 2).astype(FLOAT).reshape(shape)


def use_backward(
    backward: Callable[..., Any], saved: tuple[Any, ...], grad: Array
) -> tuple[Array, ...]:
    """Call the backward of an operation with two inputs, as the engine would."""
    ctx = Context((True, True))
    ctx.save(*saved)
    gradients = backward(ctx, grad)
    if not isinstance(gradients, tuple):
        missing = gradients is None
        kind = "nothing: is `return` missing?" if missing else type(gradients).__name__
        raise TypeError(f"backward must return a tuple, one gradient for each input; got {kind}")
    return gradients
