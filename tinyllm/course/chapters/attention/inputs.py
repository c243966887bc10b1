"""Inputs that several exercises on attention share.

Who calls it: the files beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.types import FLOAT, Array


def halves(seed: int, *shape: int) -> Array:
    """Draw halves between -2 and 2: always the same for a seed."""
    return (np.random.default_rng(seed).integers(-4, 5, shape) / 2).astype(FLOAT)


def heads_of(seed: int, *, B: int, H: int, T: int, S: int, D: int) -> tuple[Array, Array, Array]:
    """Return queries (B, H, T, D), keys and values (B, H, S, D)."""
    return halves(seed, B, H, T, D), halves(seed + 1, B, H, S, D), halves(seed + 2, B, H, S, D)


def drawn_heads(*, values: bool, gradient: bool = False) -> Any:
    """Return a strategy for (q, k), (q, k, v) or (q, k, v, grad), with few heads and positions.

    With values there is one head of one or two numbers, for the search for less would take too
    long; that heads stay apart, the probes see.
    """
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    def filled(sizes: tuple[int, ...]) -> Any:
        H, T, S, D = sizes
        kinds = [(T, True), (S, True), (S, values), (T, gradient)]
        return st.tuples(
            *(arrays((1, H, length, D), nice(2)) for length, wanted in kinds if wanted)
        )

    most_heads, most_numbers = (1, 2) if values else (2, 4)
    return shapes((1, most_heads), (1, 3), (1, 3), (1, most_numbers)).flatmap(filled)
