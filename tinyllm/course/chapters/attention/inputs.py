"""Inputs that several exercises on attention share.

Who calls it: the files beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.chapters.parts import part, some
from tinyllm.course.exercise import Arguments
from tinyllm.types import FLOAT, Array


def halves(seed: int, *shape: int) -> Array:
    """Draw halves between -2 and 2: always the same for a seed."""
    return (np.random.default_rng(seed).integers(-4, 5, shape) / 2).astype(FLOAT)


def heads_of(seed: int, *, B: int, H: int, T: int, S: int, D: int) -> tuple[Array, Array, Array]:
    """Return queries (B, H, T, D), keys and values (B, H, S, D)."""
    return halves(seed, B, H, T, D), halves(seed + 1, B, H, S, D), halves(seed + 2, B, H, S, D)


def drawn_heads(heads: int, width: int) -> Any:
    """Return a strategy for (q, k, v, mask, causal, grad), of which an exercise takes the first.

    heads, width:  the most there are. With one head of two numbers the search for less is quick;
                   that heads stay apart, the probes see
    """
    from tinyllm.course.draws import arrays, nice, st  # noqa: PLC0415

    one = arrays((1, heads, 3, width), nice(2))
    mask = st.none() | arrays((3, 3), st.booleans(), bool)

    def chosen(drawn: tuple[Any, ...]) -> Arguments:
        h, t, s, d, q, k, v, mask, causal, grad = drawn
        mask = None if mask is None else part(mask, t, s)
        q, k, v, grad = part(q, h, t, d), part(k, h, s, d), part(v, h, s, d), part(grad, h, t, d)
        return q, k, v, mask, causal, grad

    places = some(heads), some(3), some(3), some(width)
    return st.tuples(*places, one, one, one, mask, st.booleans(), one).map(chosen)
