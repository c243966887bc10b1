"""Inputs of several arrays that get smaller together: which rows, columns, keys of them stay.

Arrays are drawn in full size, and then the chosen places are taken from each. So Hypothesis can
leave out any one place from all arrays at once. Who calls it: chapters, inside of functions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.types import Array


def some(count: int) -> Any:
    """Draw a list of places below count, in order; where all are left out, the last one stays.

    One truth value for each place: what is drawn by itself, Hypothesis leaves out by itself.
    """
    from tinyllm.course.draws import st  # noqa: PLC0415 (Hypothesis takes half a second)

    stays = st.tuples(*[st.booleans()] * count)
    return stays.map(lambda drawn: [i for i, it in enumerate(drawn) if it] or [count - 1])


def part(array: Array, *places: list[int]) -> Array:
    """Take the given places of each axis, counted from the last one.

    >>> part(np.array([[1, 2, 3], [4, 5, 6]]), [1], [0, 2]).tolist()
    [[4, 6]]
    """
    return array[(..., *np.ix_(*places))]
