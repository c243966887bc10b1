"""Exercise kneser-ney: take a discount from each count, and give it to the shorter context."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.models.smoothing import discounts
from tinyllm.types import Array

BELOW = {2: [(0.5, 0.5), (0.25, 0.75)], 3: [(0.5, 0.25, 0.25), (0.25, 0.25, 0.5)]}
LONG = [[1, 2, 1, 1, 3, 1, 0, 4], [2, 1, 0, 5, 1, 1, 2, 0]]


def cases() -> Any:
    from tinyllm.course.draws import arrays, shapes, st  # noqa: PLC0415

    def with_below(counts: Array) -> Any:
        N, V = counts.shape
        rows = st.lists(st.sampled_from(BELOW[V]), min_size=N, max_size=N)
        return st.tuples(st.just(counts), rows.map(np.array))

    counts = arrays(shapes((1, 3), (2, 3)), st.integers(0, 4), np.int64)
    each = st.permutations([0, 1, 2, 3]).map(lambda c: np.array(c).reshape(2, 2))
    return counts.flatmap(with_below) | each.flatmap(with_below)


def probes() -> list[Arguments]:
    return [
        (np.array(LONG), np.full((2, 8), [0.05, 0.05, 0.1, 0.1, 0.1, 0.1, 0.2, 0.3])),
        (np.array([[2, 1, 0], [0, 0, 1]]), np.array([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]])),
        (np.array([[0, 0]]), np.array([[0.25, 0.75]])),
        (np.array([[5, 0], [1, 3]]), np.array([[0.5, 0.5], [0.25, 0.75]])),
        (np.array([[3, 1, 4], [3, 0, 3]]), np.array([[0.25, 0.25, 0.5], [0.25, 0.25, 0.5]])),
    ]


def mixed(counts: Array, D: Array, below: Array, given: Array | None = None) -> Array:
    """(c - D) / total + given / total * below; given is the sum of D, if not told."""
    total = counts.sum(axis=-1, keepdims=True)
    given = D.sum(axis=-1, keepdims=True) if given is None else given
    divisor = np.where(total > 0, total, 1)
    return (counts - D) / divisor + np.where(total > 0, given / divisor, 1.0) * below


def taken(counts: Array) -> Array:
    return discounts(counts.ravel())[np.minimum(counts, 3)]


def counts_stay_whole(counts: Array, below: Array) -> Array:
    given = taken(counts).sum(axis=-1, keepdims=True)
    return mixed(counts, np.zeros(counts.shape), below, given)


def nothing_given_away(counts: Array, below: Array) -> Array:
    return mixed(counts, taken(counts), below, np.zeros((len(counts), 1)))


def one_discount(counts: Array, below: Array) -> Array:
    return mixed(counts, np.where(counts > 0, discounts(counts.ravel())[1], 0.0), below)


def discounts_the_unseen(counts: Array, below: Array) -> Array:
    return mixed(counts, discounts(counts.ravel())[np.clip(counts, 1, 3)], below)


def no_discount_above_three(counts: Array, below: Array) -> Array:
    return mixed(counts, discounts(counts.ravel())[counts], below)


def divides_zero_by_zero(counts: Array, below: Array) -> Array:
    D, total = taken(counts), counts.sum(axis=-1, keepdims=True)
    return (counts - D) / total + D.sum(axis=-1, keepdims=True) / total * below


def nothing_for_new_contexts(counts: Array, below: Array) -> Array:
    D = taken(counts)
    total = np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    return (counts - D) / total + D.sum(axis=-1, keepdims=True) / total * below


def below_only_for_the_unseen(counts: Array, below: Array) -> Array:
    D = taken(counts)
    return np.where(counts > 0, mixed(counts, D, np.zeros(below.shape)), mixed(counts, D, below))


def distinct_tokens_for_discounts(counts: Array, below: Array) -> Array:
    return mixed(counts, taken(counts), below, (counts > 0).sum(axis=-1, keepdims=True))


def sum_of_the_four(counts: Array, below: Array) -> Array:
    given = np.full((len(counts), 1), discounts(counts.ravel()).sum())
    return mixed(counts, taken(counts), below, given)


def sum_of_all_rows(counts: Array, below: Array) -> Array:
    D = taken(counts)
    return mixed(counts, D, below, np.full((len(counts), 1), D.sum()))


def discounts_of_each_row(counts: Array, below: Array) -> Array:
    return mixed(counts, np.array([taken(row) for row in counts]), below)


def uniform_for_below(counts: Array, below: Array) -> Array:
    return mixed(counts, taken(counts), np.full(below.shape, 1 / counts.shape[-1]))


def context_by_context(counts: Array, below: Array) -> Array:
    D = discounts(counts.ravel())
    result = below.astype(np.float64)
    for i, row in enumerate(counts.tolist()):
        if sum(row) > 0:
            minus = [float(D[min(c, 3)]) for c in row]
            for w, c in enumerate(row):
                result[i, w] = (c - minus[w] + sum(minus) * below[i, w]) / sum(row)
    return result


def by_number_of_each(counts: Array, below: Array) -> Array:
    _, D1, D2, D3 = discounts(counts.ravel())
    ones, twos, more = counts == 1, counts == 2, counts >= 3
    D = D1 * ones + D2 * twos + D3 * more
    kept = counts - D
    total = counts.sum(axis=1)
    safe = np.maximum(total, 1)
    left_over = 1 - kept.sum(axis=1) / safe
    return kept / safe[:, None] + left_over[:, None] * below


KNESER_NEY = Exercise(
    name="kneser-ney",
    target="tinyllm.models.full_rows:kneser_ney",
    imports="import numpy as np\n\nfrom tinyllm.models.smoothing import discounts",
    cases=cases,
    probes=probes,
    mistakes=(
        counts_stay_whole,
        nothing_given_away,
        one_discount,
        discounts_the_unseen,
        no_discount_above_three,
        divides_zero_by_zero,
        nothing_for_new_contexts,
        below_only_for_the_unseen,
        distinct_tokens_for_discounts,
        discounts_of_each_row,
        uniform_for_below,
        sum_of_the_four,
        sum_of_all_rows,
    ),
    others=(context_by_context, by_number_of_each),
)
