"""Strategies for the inputs of exercises: small, with numbers that are easy to read.

Who calls it: chapters, inside of functions, because Hypothesis takes half a second to import.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinyllm.types import FLOAT

__all__ = ["arrays", "ids", "nice", "shapes", "st"]


def shapes(*dimensions: tuple[int, int]) -> Any:
    """Draw a shape: for each dimension its smallest and its largest size."""
    return st.tuples(*(st.integers(*bounds) for bounds in dimensions))


def arrays(shape: Any, elements: Any = None, dtype: Any = FLOAT) -> Any:
    """Draw an array; shape may be a strategy."""
    return hnp.arrays(dtype, shape, elements=nice() if elements is None else elements)


def nice(large: int = 4) -> Any:
    """Draw halves between -large and large; the simplest is 0."""
    return st.integers(-2 * large, 2 * large).map(lambda i: i / 2)


def ids(shape: Any, vocabulary: int) -> Any:
    """Draw token ids."""
    return hnp.arrays(np.int64, shape, elements=st.integers(0, vocabulary - 1))
