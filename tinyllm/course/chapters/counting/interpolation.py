"""Exercise interpolation: all lengths of context have a say."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import Array


def cases() -> Any:
    from tinyllm.course.draws import shapes, st  # noqa: PLC0415

    weights = {
        1: st.sampled_from([(0.5, 0.5), (0.25, 0.75)]),
        2: st.sampled_from([(0.5, 0.25, 0.25), (0.25, 0.25, 0.5), (0.5, 0.0, 0.5)]),
    }

    def with_weights(counts: Array) -> Any:
        return st.tuples(st.just(counts), weights[len(counts)].map(np.array))

    def with_rows(shape: tuple[int, int, int]) -> Any:
        L, N, V = shape
        row = st.just([0] * V) | st.lists(st.integers(0, 4), min_size=V, max_size=V)
        rows = st.lists(row, min_size=L * N, max_size=L * N)
        return rows.map(lambda drawn: np.array(drawn).reshape(shape))

    counts = shapes((1, 2), (1, 2), (2, 3)).flatmap(with_rows)
    return counts.flatmap(with_weights)


def probes() -> list[Arguments]:
    return [
        (np.array([[[3, 1, 0]], [[0, 2, 0]]]), np.array([0.2, 0.3, 0.5])),
        (np.array([[[3, 1], [3, 1]], [[1, 1], [0, 0]]]), np.array([0.2, 0.3, 0.5])),
        (np.array([[[1, 3], [2, 2]], [[4, 1], [2, 4]]]), np.array([0.25, 0.25, 0.5])),
        (np.array([[[2, 0, 2]]]), np.array([0.5, 0.5])),
        (np.array([[[5, 1, 2], [5, 1, 2]], [[0, 2, 1], [4, 0, 4]]]), np.array([0.1, 0.3, 0.6])),
        (np.array([[[0, 0]]]), np.array([0.5, 0.5])),
    ]


def mixed(counts: Array, weights: Array, used: bool = True, divide: bool = True) -> Array:
    """Do it right, or leave one thing out."""
    total = counts.sum(axis=-1, keepdims=True)
    share = counts / (np.where(total > 0, total, 1) if divide else 1)
    w = weights[1:].reshape(-1, *(1,) * (counts.ndim - 1))
    probability = weights[0] / counts.shape[-1] + (w * share).sum(axis=0)
    return probability / (weights[0] + (w * (total > 0)).sum(axis=0)) if used else probability


def forgets_new_contexts(counts: Array, weights: Array) -> Array:
    return mixed(counts, weights, used=False)


def divides_zero_by_zero(counts: Array, weights: Array) -> Array:
    V = counts.shape[-1]
    probability = np.full(counts.shape[1:], weights[0] / V)
    for row, weight in zip(counts, weights[1:], strict=True):
        probability = probability + weight * row / row.sum(axis=-1, keepdims=True)
    return probability


def uniform_for_new_contexts(counts: Array, weights: Array) -> Array:
    V = counts.shape[-1]
    probability = np.full(counts.shape[1:], weights[0] / V)
    for row, weight in zip(counts, weights[1:], strict=True):
        total = row.sum(axis=-1, keepdims=True)
        share = np.where(total > 0, row / np.maximum(total, 1), 1 / V)
        probability = probability + weight * share
    return probability


def no_uniform_part(counts: Array, weights: Array) -> Array:
    return mixed(counts, np.append(0.0, weights[1:]))


def weight_without_vocabulary(counts: Array, weights: Array) -> Array:
    share = counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    return weights[0] + np.tensordot(weights[1:], share, axes=1)


def weights_from_the_longest(counts: Array, weights: Array) -> Array:
    return mixed(counts, np.append(weights[0], weights[:0:-1]))


def weights_shifted(counts: Array, weights: Array) -> Array:
    return mixed(counts, np.append(weights[-1], weights[:-1]))


def weights_from_the_first(counts: Array, weights: Array) -> Array:
    return mixed(counts, np.append(weights[0], weights[:-1]))


def counts_without_totals(counts: Array, weights: Array) -> Array:
    return mixed(counts, weights, divide=False)


def one_total_for_all(counts: Array, weights: Array) -> Array:
    probability, used = np.full(counts.shape[1:], weights[0] / counts.shape[-1]), weights[0]
    for row, weight in zip(counts, weights[1:], strict=True):
        if row.sum() > 0:
            probability, used = probability + weight * row / row.sum(), used + weight
    return probability / used


def plain_mean(counts: Array, weights: Array) -> Array:
    return mixed(counts, np.full(weights.size, 1 / weights.size))


def longest_only(counts: Array, weights: Array) -> Array:
    return mixed(counts[-1:], np.array([1 - weights[-1], weights[-1]]))


def counts_mixed_first(counts: Array, weights: Array) -> Array:
    w = weights[1:].reshape(-1, *(1,) * (counts.ndim - 1))
    row = (w * counts).sum(axis=0) + weights[0] / counts.shape[-1]
    return row / row.sum(axis=-1, keepdims=True)


def by_broadcasting(counts: Array, weights: Array) -> Array:
    return mixed(counts, weights)


def from_the_shortest(counts: Array, weights: Array) -> Array:
    probability = np.full(counts.shape[1:], 1 / counts.shape[-1])
    reached = np.full((*counts.shape[1:-1], 1), weights[0])
    for row, weight in zip(counts, weights[1:], strict=True):
        total = row.sum(axis=-1, keepdims=True)
        reached = reached + np.where(total > 0, weight, 0.0)
        keep = np.where(total > 0, weight / reached, 0.0)
        probability = keep * row / np.maximum(total, 1) + (1 - keep) * probability
    return probability


def one_context_at_a_time(counts: Array, weights: Array) -> Array:
    V = counts.shape[-1]
    result = np.zeros(counts.shape[1:])
    for place in np.ndindex(counts.shape[1:-1]):
        rows = [(w, counts[(n, *place)]) for n, w in enumerate(weights[1:])]
        parts = [(weights[0], np.full(V, 1 / V))]
        parts += [(w, row / row.sum()) for w, row in rows if row.sum()]
        result[place] = sum(w * share for w, share in parts) / sum(w for w, _ in parts)
    return result


INTERPOLATION = Exercise(
    name="interpolation",
    target="tinyllm.models.full_rows:interpolation",
    cases=cases,
    probes=probes,
    mistakes=(
        forgets_new_contexts,
        divides_zero_by_zero,
        uniform_for_new_contexts,
        no_uniform_part,
        weight_without_vocabulary,
        weights_from_the_longest,
        weights_shifted,
        counts_without_totals,
        plain_mean,
        longest_only,
        counts_mixed_first,
        weights_from_the_first,
        one_total_for_all,
    ),
    others=(by_broadcasting, from_the_shortest, one_context_at_a_time),
)
