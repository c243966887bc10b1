"""Exercise ngram-counts: how often each n-gram stands in a text."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import Array


def cases() -> Any:
    from tinyllm.course.draws import ids, st  # noqa: PLC0415

    return st.tuples(ids(st.integers(1, 6), 3), st.integers(1, 3))


def probes() -> list[Arguments]:
    return [
        (np.array([0, 1, 0, 1, 0, 2]), 2),
        (np.array([1, 1, 1, 0, 2]), 1),
        (np.array([2, 0, 1, 2, 0, 1, 0]), 3),
        (np.array([0, 1]), 3),
    ]


def misses_the_last(ids: Array, length: int) -> Any:
    counts: dict[Any, int] = {}
    for i in range(len(ids) - length):
        gram = tuple(ids[i : i + length].tolist())
        counts[gram] = counts.get(gram, 0) + 1
    return counts


def shorter_ones_at_the_end(ids: Array, length: int) -> Any:
    counts: dict[Any, int] = {}
    for i in range(len(ids)):
        gram = tuple(ids[i : i + length].tolist())
        counts[gram] = counts.get(gram, 0) + 1
    return counts


def side_by_side(ids: Array, length: int) -> Any:
    counts: dict[Any, int] = {}
    for i in range(0, len(ids) - length + 1, length):
        gram = tuple(ids[i : i + length].tolist())
        counts[gram] = counts.get(gram, 0) + 1
    return counts


def forgets_the_order(ids: Array, length: int) -> Any:
    counts: dict[Any, int] = {}
    for i in range(len(ids) - length + 1):
        gram = tuple(sorted(ids[i : i + length].tolist()))
        counts[gram] = counts.get(gram, 0) + 1
    return counts


def begins_at_zero(ids: Array, length: int) -> Any:
    counts: dict[Any, int] = {}
    for i in range(len(ids) - length + 1):
        gram = tuple(ids[i : i + length].tolist())
        counts[gram] = counts[gram] + 1 if gram in counts else 0
    return counts


def each_only_once(ids: Array, length: int) -> Any:
    return {tuple(ids[i : i + length].tolist()): 1 for i in range(len(ids) - length + 1)}


def all_lengths(ids: Array, length: int) -> Any:
    counts: dict[Any, int] = {}
    for n in range(1, length + 1):
        for i in range(len(ids) - n + 1):
            gram = tuple(ids[i : i + n].tolist())
            counts[gram] = counts.get(gram, 0) + 1
    return counts


def one_too_long(ids: Array, length: int) -> Any:
    return dict(Counter(tuple(ids[i : i + length + 1].tolist()) for i in range(len(ids) - length)))


def strings_for_keys(ids: Array, length: int) -> Any:
    grams = ("".join(map(str, ids[i : i + length].tolist())) for i in range(len(ids) - length + 1))
    return dict(Counter(grams))


def with_a_counter(ids: Array, length: int) -> Any:
    return Counter(tuple(ids[i : i + length]) for i in range(len(ids) - length + 1))


def with_shifted_copies(ids: Array, length: int) -> Any:
    tokens = ids.tolist()
    return Counter(zip(*(tokens[i:] for i in range(length)), strict=False))


def sorted_by_numpy(ids: Array, length: int) -> Any:
    if len(ids) < length:
        return {}
    windows = np.lib.stride_tricks.sliding_window_view(ids, length)
    grams, counts = np.unique(windows, axis=0, return_counts=True)
    return {tuple(gram): int(c) for gram, c in zip(grams.tolist(), counts, strict=True)}


NGRAM_COUNTS = Exercise(
    name="ngram-counts",
    target="tinyllm.models.counts:count_ngrams",
    cases=cases,
    probes=probes,
    mistakes=(
        misses_the_last,
        shorter_ones_at_the_end,
        side_by_side,
        forgets_the_order,
        begins_at_zero,
        each_only_once,
        all_lengths,
        one_too_long,
        strings_for_keys,
    ),
    others=(with_a_counter, with_shifted_copies, sorted_by_numpy),
)
