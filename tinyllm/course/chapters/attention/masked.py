"""mask-scores: what must not be seen gets a score of -inf."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.chapters.attention.inputs import halves
from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array


def masked_cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    def with_mask(sizes: tuple[int, ...]) -> Any:
        H, T, S = sizes
        shape = st.sampled_from([(T, S), (1, 1, 1, S), (1, H, T, S)])
        may = arrays(shape, st.booleans(), bool)
        return st.tuples(arrays((1, H, T, S), nice(2)), may | st.none())

    return shapes((1, 2), (1, 3), (1, 3)).flatmap(with_mask)


def masked_probes() -> list[Arguments]:
    square = np.array([[True, False, False], [True, True, False], [False, True, True]])
    return [
        (halves(1, 1, 2, 3, 3), square),
        (np.array([[[[2.0, 1.0, 3.0]]]], FLOAT), np.array([True, True, False])),
        (halves(2, 2, 1, 2, 3), np.array([[[[True, False, True]]], [[[True, True, False]]]])),
        (halves(3, 1, 1, 2, 2), None),
        (halves(3, 1, 1, 2, 2), np.ones((2, 2), bool)),
    ]


def a_score_of_zero(scores: Array, may: Array | None) -> Array:
    return scores if may is None else np.where(may, scores, np.float32(0))


def hides_the_wrong_ones(scores: Array, may: Array | None) -> Array:
    return scores if may is None else np.where(may, -np.inf, scores)


def a_large_number(scores: Array, may: Array | None) -> Array:
    return scores if may is None else np.where(may, scores, np.float32(-1e9))


def adds_the_mask(scores: Array, may: Array | None) -> Array:
    return scores if may is None else scores + may.astype(scores.dtype)


def infinity_times_zero(scores: Array, may: Array | None) -> Array:
    return scores if may is None else scores + ~may * np.float32(-np.inf)


def plus_infinity(scores: Array, may: Array | None) -> Array:
    return scores if may is None else np.where(may, scores, np.inf)


def writes_into_scores(scores: Array, may: Array | None) -> Array:
    if may is not None:
        scores[~np.broadcast_to(may, scores.shape)] = -np.inf
    return scores


def always_a_mask(scores: Array, may: Array) -> Array:
    return np.where(np.asarray(may, bool), scores, -np.inf)


def float64_result(scores: Array, may: Array | None) -> Array:
    if may is None:
        return scores
    hidden = np.full(scores.shape, -np.inf)
    seen = np.broadcast_to(may, scores.shape)
    hidden[seen] = scores[seen]
    return hidden


def in_a_copy(scores: Array, may: Array | None) -> Array:
    if may is None:
        return scores
    hidden = scores.copy()
    np.copyto(hidden, -np.inf, where=~may)
    return hidden


def by_adding(scores: Array, may: Array | None) -> Array:
    if may is None:
        may = np.array(True)
    return scores + np.where(may, 0, -np.inf).astype(scores.dtype)


MASKED = Exercise(
    name="mask-scores",
    target="tinyllm.kernels.attention:masked",
    cases=masked_cases,
    probes=masked_probes,
    mistakes=(
        a_score_of_zero,
        hides_the_wrong_ones,
        a_large_number,
        adds_the_mask,
        infinity_times_zero,
        plus_infinity,
        writes_into_scores,
        always_a_mask,
        float64_result,
    ),
    others=(in_a_copy, by_adding),
)
