"""The few names that every layer shares."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int, ...]
Axis: TypeAlias = int | tuple[int, ...] | None
Rng: TypeAlias = np.random.Generator | int

FLOAT = np.dtype(np.float32)
"""The floating-point type of everything for which nobody asked otherwise."""

NO_TARGET = -100
"""The target that stands where nothing is to be guessed: cross_entropy's ignore_index."""


def generator(rng: Rng) -> np.random.Generator:
    """Take a seed or a Generator; return a Generator. There is no global seed.

    >>> bool(generator(0).random() == generator(0).random())
    True
    """
    return np.random.default_rng(rng)
