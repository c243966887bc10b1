"""Exercise online-softmax: the sum of a softmax when the scores come in parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.kernels import softmax
from tinyllm.types import FLOAT, Array

Two = tuple[Array, Array]


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    # In order of simplicity: nothing seen yet, one score seen, more of them.
    seen = st.sampled_from([(-np.inf, 0.0), (0.0, 1.0), (1.0, 1.0), (-1.0, 1.5), (2.0, 3.0)])
    score = nice() | st.sampled_from([-np.inf, 200.0])

    def with_scores(pairs: list[tuple[float, float]]) -> Any:
        before = np.array(pairs, FLOAT).T
        scores = shapes((1, 3)).flatmap(lambda shape: arrays((len(pairs), *shape), score))
        return st.tuples(st.just(before[0].copy()), st.just(before[1].copy()), scores)

    return st.lists(seen, min_size=1, max_size=3).flatmap(with_scores)


def probes() -> list[Arguments]:
    nothing = np.array([-np.inf, -np.inf], FLOAT), np.zeros(2, FLOAT)
    return [
        (np.array([1.0, 0.0], FLOAT), np.array([2.0, 1.0], FLOAT), np.array([[3.0], [2.5]], FLOAT)),
        (np.array([3.0, 0.0], FLOAT), np.array([2.0, 1.0], FLOAT), np.array([[1.0], [2.5]], FLOAT)),
        (*nothing, np.array([[0.0, 1.0], [-np.inf, -np.inf]], FLOAT)),
        (np.zeros(1, FLOAT), np.ones(1, FLOAT), np.array([[200.0, 199.0]], FLOAT)),
    ]


def finite(top: Array) -> Array:
    return np.where(top == -np.inf, 0, top).astype(top.dtype)


def forgets_the_factor(top: Array, total: Array, scores: Array) -> Two:
    higher = np.maximum(top, scores.max(axis=-1))
    return higher, total + np.exp(scores - finite(higher)[:, None]).sum(axis=-1)


def factor_turned_over(top: Array, total: Array, scores: Array) -> Two:
    higher = np.maximum(top, scores.max(axis=-1))
    shift = finite(higher)
    fresh = np.exp(scores - shift[:, None]).sum(axis=-1)
    return higher, total * np.exp(shift - finite(top)) + fresh


def factor_on_both(top: Array, total: Array, scores: Array) -> Two:
    higher = np.maximum(top, scores.max(axis=-1))
    shift = finite(higher)
    fresh = np.exp(scores - shift[:, None]).sum(axis=-1)
    return higher, (total + fresh) * np.exp(top - shift)


def keeps_the_old_maximum(top: Array, total: Array, scores: Array) -> Two:
    return top, total + np.exp(scores - finite(top)[:, None]).sum(axis=-1)


def maximum_of_the_part_alone(top: Array, total: Array, scores: Array) -> Two:
    higher = scores.max(axis=-1)
    shift = finite(higher)
    return higher, total * np.exp(top - shift) + np.exp(scores - shift[:, None]).sum(axis=-1)


def one_maximum_for_all_rows(top: Array, total: Array, scores: Array) -> Two:
    higher = np.full_like(top, max(top.max(), scores.max()))
    shift = finite(higher)
    return higher, total * np.exp(top - shift) + np.exp(scores - shift[:, None]).sum(axis=-1)


def infinity_minus_infinity(top: Array, total: Array, scores: Array) -> Two:
    higher = np.maximum(top, scores.max(axis=-1))
    fresh = np.exp(scores - higher[:, None]).sum(axis=-1)
    return higher, total * np.exp(top - higher) + fresh


def without_the_shift(top: Array, total: Array, scores: Array) -> Two:
    higher = np.maximum(top, scores.max(axis=-1))
    return higher, total * np.exp(top - finite(higher)) + np.exp(scores).sum(axis=-1)


def writes_into_the_state(top: Array, total: Array, scores: Array) -> Two:
    higher = np.maximum(top, scores.max(axis=-1))
    shift = finite(higher)
    total *= np.exp(top - shift)
    total += np.exp(scores - shift[:, None]).sum(axis=-1)
    top[:] = higher
    return top, total


def one_score_at_a_time(top: Array, total: Array, scores: Array) -> Two:
    tops, totals = top.copy(), total.copy()
    for r in range(len(scores)):
        for score in scores[r]:
            if score == -np.inf:
                continue
            if score > tops[r]:
                totals[r] = totals[r] * np.exp(tops[r] - score) + 1
                tops[r] = score
            else:
                totals[r] += np.exp(score - tops[r])
    return tops, totals


def old_sum_as_one_more_score(top: Array, total: Array, scores: Array) -> Two:
    with_old = np.concatenate([top[:, None], scores], axis=1)
    weights = np.concatenate([total[:, None], np.ones_like(scores)], axis=1)
    higher = with_old.max(axis=1, keepdims=True)
    e = np.exp(np.where(higher == -np.inf, -np.inf, with_old - higher))
    return higher[:, 0], (weights * e).sum(axis=1)


ONLINE_SOFTMAX = Exercise(
    name="online-softmax",
    target="tinyllm.kernels.softmax:online_step",
    cases=cases,
    probes=probes,
    mistakes=(
        forgets_the_factor,
        factor_turned_over,
        factor_on_both,
        keeps_the_old_maximum,
        maximum_of_the_part_alone,
        one_maximum_for_all_rows,
        infinity_minus_infinity,
        without_the_shift,
        writes_into_the_state,
    ),
    others=(one_score_at_a_time, old_sum_as_one_more_score),
)


# -------------------------------------------------------------------- does it agree?
ROW, PART = 100_000, 1000


def read_in_parts(say: Callable[[str], None]) -> None:
    """Say how far a long row's softmax in parts is from the softmax of all at once."""
    x = np.random.default_rng(0).normal(0, 3, (1, ROW)).astype(FLOAT)
    at_once = softmax.forward_numpy(x)
    apart = np.abs(softmax.online_softmax(x, PART) - at_once).max() / at_once.max()
    say(
        f"softmax of {ROW:,} scores, {PART:,} at a time and all at once: at most {apart:.0e} of "
        "the largest share apart"
    )
