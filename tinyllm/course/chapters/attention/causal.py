"""causal-mask: nobody looks ahead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise, Variant
from tinyllm.types import FLOAT, Array


def causal_cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    return st.tuples(st.integers(1, 5), st.integers(0, 3)).map(lambda n: (n[0], n[0] + n[1]))


def causal_probes() -> list[Arguments]:
    return [(3, 3), (2, 5), (1, 4), (4, 5)]


def not_itself(T: int, S: int) -> Array:
    return np.tri(T, S, S - T - 1, dtype=bool)


def sees_the_next(T: int, S: int) -> Array:
    return np.tri(T, S, S - T + 1, dtype=bool)


def sees_the_future(T: int, S: int) -> Array:
    return np.triu(np.ones((T, S), bool), S - T)


def true_is_forbidden(T: int, S: int) -> Array:
    return ~np.tri(T, S, S - T, dtype=bool)


def starts_at_the_first_key(T: int, S: int) -> Array:
    return np.tri(T, S, dtype=bool)


def keys_are_rows(T: int, S: int) -> Array:
    return np.tri(T, S, S - T, dtype=bool).T


def numbers_for_truth(T: int, S: int) -> Array:
    return np.tri(T, S, S - T, dtype=FLOAT)


def minus_infinity_already(T: int, S: int) -> Array:
    return np.where(np.tri(T, S, S - T, dtype=bool), np.float32(0), np.float32(-np.inf))


def by_comparing_places(T: int, S: int) -> Array:
    return np.arange(S) <= np.arange(S - T, S)[:, None]


def row_by_row(T: int, S: int) -> Array:
    may = np.zeros((T, S), bool)
    for t in range(T):
        may[t, : S - T + t + 1] = True
    return may


def within(width: int) -> Variant:
    """A sliding window: a query sees itself and a few keys before it."""

    def change(causal_mask: Callable[..., Array]) -> Callable[..., Array]:
        def windowed(T: int, S: int) -> Array:
            may = np.array(causal_mask(T, S))
            far = np.tri(T, S, S - T - width, dtype=bool)
            if may.shape == far.shape:
                may[far] = False
            return may

        return windowed

    row = " ".join("1" if s > 5 - width else "0" for s in range(6))
    return Variant(
        text={
            "en": f"a query sees at most {width} keys: its own, and {width - 1} before it. With "
            f"T = 1 and S = 6 the row is {row}.",
            "zh": f"每个查询最多看到 {width} 个键：自己的，以及它前面的 {width - 1} 个。"
            f"T = 1，S = 6 时，这一行是 {row}。",
        },
        change=change,
    )


CAUSAL = Exercise(
    name="causal-mask",
    target="tinyllm.kernels.attention:causal_mask",
    cases=causal_cases,
    probes=causal_probes,
    mistakes=(
        not_itself,
        sees_the_next,
        sees_the_future,
        true_is_forbidden,
        starts_at_the_first_key,
        keys_are_rows,
        numbers_for_truth,
        minus_infinity_already,
    ),
    others=(by_comparing_places, row_by_row),
    variants=tuple(within(width) for width in (2, 3, 4)),
)
