"""Exercise: who may look at whom in a prefix-LM, and in an encoder-decoder."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import Array


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    return st.integers(1, 5).flatmap(lambda T: st.tuples(st.just(T), st.integers(0, T)))


def probes() -> list[Arguments]:
    return [(5, 2), (4, 0), (3, 3), (4, 1)]


def only_the_past(tokens: int, prefix: int) -> Array:
    return np.tri(tokens, dtype=bool)


def all_see_all(tokens: int, prefix: int) -> Array:
    return np.ones((tokens, tokens), bool)


def rows_for_columns(tokens: int, prefix: int) -> Array:
    return np.tri(tokens, dtype=bool) | (np.arange(tokens)[:, None] < prefix)


def upper_triangle(tokens: int, prefix: int) -> Array:
    return np.triu(np.ones((tokens, tokens), bool)) | (np.arange(tokens) < prefix)


def not_itself(tokens: int, prefix: int) -> Array:
    return np.tri(tokens, k=-1, dtype=bool) | (np.arange(tokens) < prefix)


def one_too_many(tokens: int, prefix: int) -> Array:
    return np.tri(tokens, dtype=bool) | (np.arange(tokens) <= prefix)


def both_must_hold(tokens: int, prefix: int) -> Array:
    return np.tri(tokens, dtype=bool) & (np.arange(tokens) < prefix)


def the_rest_forgets_the_prefix(tokens: int, prefix: int) -> Array:
    allowed = np.tri(tokens, dtype=bool)
    allowed[:prefix, :prefix] = True
    allowed[prefix:, :prefix] = False
    return allowed


def true_where_forbidden(tokens: int, prefix: int) -> Array:
    return ~(np.tri(tokens, dtype=bool) | (np.arange(tokens) < prefix))


def fill_the_square(tokens: int, prefix: int) -> Array:
    allowed = np.tri(tokens, dtype=bool)
    allowed[:prefix, :prefix] = True
    return allowed


def pair_by_pair(tokens: int, prefix: int) -> Array:
    rows = [[s <= t or s < prefix for s in range(tokens)] for t in range(tokens)]
    return np.array(rows, bool)


def by_comparing_places(tokens: int, prefix: int) -> Array:
    places = np.arange(tokens)
    return places[None, :] <= np.maximum(places, prefix - 1)[:, None]


ATTENTION_PATTERN = Exercise(
    name="attention-pattern",
    target="tinyllm.models.masks:prefix_lm",
    cases=cases,
    probes=probes,
    mistakes=(
        only_the_past,
        all_see_all,
        rows_for_columns,
        upper_triangle,
        not_itself,
        one_too_many,
        both_must_hold,
        the_rest_forgets_the_prefix,
        true_where_forbidden,
    ),
    others=(fill_the_square, pair_by_pair, by_comparing_places),
)
