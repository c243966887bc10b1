"""A few parameters of different shapes, and gradients for them."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinyllm.nn import Parameter

SHAPES = [(3, 4), (4,), (2, 1, 5), ()]


def parameters_of(seed: int, dtype: Any = np.float64) -> list[Parameter]:
    """Four parameters of different shapes, every second one with decay."""
    rng = np.random.default_rng(seed)
    return [
        Parameter(np.asarray(rng.standard_normal(shape), dtype), decay=i % 2 == 0)
        for i, shape in enumerate(SHAPES)
    ]


def set_gradients(parameters: Iterable[Parameter], rng: np.random.Generator) -> None:
    for p in parameters:
        p.grad = np.asarray(rng.standard_normal(p.shape), p.dtype)
