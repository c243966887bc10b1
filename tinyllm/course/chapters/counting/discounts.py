"""Exercise kneser-ney-discounts: how much to take from a count, by counts of counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import Array

FALLBACK = np.array([0.0, 0.5, 1.0, 1.5])


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    few, none = st.integers(1, 4), st.integers(0, 2)
    how_many = st.tuples(few, few, few, none, none) | st.tuples(none, none, none, none, none)
    counts = how_many.map(lambda n: np.repeat(np.arange(1, 6), n)).filter(lambda c: c.size > 0)
    return st.tuples(counts)


def probes() -> list[Arguments]:
    return [
        (np.array([1, 1, 1, 1, 2, 2, 3, 4]),),
        (np.array([3, 0, 1, 7, 2, 1, 1, 4, 2, 1, 1, 0, 5, 9]),),
        (np.array([1, 2, 3, 3, 3, 3]),),
        (np.array([1, 1, 2, 2, 5]),),
        (np.array([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4]),),
        (np.array([2, 2, 3]),),
        (np.array([1, 1, 1, 1, 2, 2, 3, 3]),),
    ]


def by_formula(n: Array, Y: float | None = None, factor: int = 1) -> Array:
    """Return D(1..3) from n[j], how many counts are j."""
    j = np.arange(1, 4)
    before = n[1] / (n[1] + 2 * n[2]) if Y is None else Y
    return j - (j + factor) * before * n[2:5] / n[1:4]


def how_often(counts: Array) -> Array:
    return np.array([(counts == j).sum() for j in range(5)])


def or_fallback(found: Array, n: Array) -> Array:
    j = np.arange(1, 4)
    usable = n[1:4].all() and (found > 0).all() and (found <= j).all()
    return np.append(0.0, found) if usable else FALLBACK.copy()


def sums_of_counts(counts: Array) -> Array:
    n = np.array([counts[counts == j].sum() for j in range(5)])
    return or_fallback(by_formula(n), n)


def without_y(counts: Array) -> Array:
    n = how_often(counts)
    return or_fallback(by_formula(n, Y=1.0), n)


def y_without_the_two(counts: Array) -> Array:
    n = how_often(counts)
    return or_fallback(by_formula(n, Y=n[1] / (n[1] + n[2])), n)


def j_for_j_plus_one(counts: Array) -> Array:
    n = how_often(counts)
    return or_fallback(by_formula(n, factor=0), n)


def upside_down(counts: Array) -> Array:
    n, j = how_often(counts), np.arange(1, 4)
    found = j - (j + 1) * n[1] / (n[1] + 2 * n[2]) * n[1:4] / n[2:5]
    return or_fallback(found, n)


def four_and_more(counts: Array) -> Array:
    n = np.bincount(np.minimum(counts, 4), minlength=5)
    return or_fallback(by_formula(n), n)


def one_for_all(counts: Array) -> Array:
    n = how_often(counts)
    Y = n[1] / (n[1] + 2 * n[2])
    return np.array([0.0, Y, Y, Y]) if n[1:4].all() else FALLBACK.copy()


def no_way_out(counts: Array) -> Array:
    return np.append(0.0, by_formula(how_often(counts)))


def only_looks_for_zeros(counts: Array) -> Array:
    n = how_often(counts)
    return np.append(0.0, by_formula(n)) if n[1:4].all() else FALLBACK.copy()


def replaces_one_by_one(counts: Array) -> Array:
    found, j = by_formula(how_often(counts)), np.arange(1, 4)
    return np.append(0.0, np.where((found > 0) & (found <= j), found, FALLBACK[1:]))


def needs_a_four(counts: Array) -> Array:
    n = how_often(counts)
    return or_fallback(by_formula(n), n) if n[4] else FALLBACK.copy()


def without_zero(counts: Array) -> Array:
    n = how_often(counts)
    return or_fallback(by_formula(n), n)[1:]


def with_names(counts: Array) -> Array:
    n1, n2, n3, n4 = (int(np.sum(counts == j)) for j in (1, 2, 3, 4))
    if n1 == 0 or n2 == 0 or n3 == 0:
        return np.array([0.0, 0.5, 1.0, 1.5])
    Y = n1 / (n1 + 2 * n2)
    D1, D2, D3 = 1 - 2 * Y * n2 / n1, 2 - 3 * Y * n3 / n2, 3 - 4 * Y * n4 / n3
    if not (0 < D1 <= 1 and 0 < D2 <= 2 and 0 < D3 <= 3):
        return np.array([0.0, 0.5, 1.0, 1.5])
    return np.array([0.0, D1, D2, D3])


def with_a_dictionary(counts: Array) -> Array:
    found: dict[int, int] = {}
    for c in counts.tolist():
        found[c] = found.get(c, 0) + 1
    n = np.array([found.get(j, 0) for j in range(5)])
    return or_fallback(by_formula(n), n)


DISCOUNTS = Exercise(
    name="kneser-ney-discounts",
    target="tinyllm.models.smoothing:discounts",
    cases=cases,
    probes=probes,
    mistakes=(
        sums_of_counts,
        without_y,
        y_without_the_two,
        j_for_j_plus_one,
        upside_down,
        four_and_more,
        one_for_all,
        no_way_out,
        only_looks_for_zeros,
        replaces_one_by_one,
        without_zero,
        needs_a_four,
    ),
    others=(with_names, with_a_dictionary),
)
