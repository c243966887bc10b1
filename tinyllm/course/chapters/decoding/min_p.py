"""The exercise min-p: a token stays if it is at least p times as likely as the best."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    logits = arrays(shapes((1, 2), (1, 4)), nice() | st.just(100.0))
    return st.tuples(logits, st.sampled_from([0.5, 0.1, 0.3, 1.0, 0.0]))


def probes() -> list[Arguments]:
    return [
        (np.array([[0.0, 2.0, 1.5, 1.0], [-3.0, -1.0, -5.0, -1.5]], FLOAT), 0.3),
        (np.array([[1.0, 1.0, 0.5]], FLOAT), 1.0),
        (np.array([[100.0, 99.5, 0.0]], FLOAT), 0.5),
        (np.array([[3.0, -4.0]], FLOAT), 0.0),
        (np.array([[0.0, 0.0, 0.0, 0.0]], FLOAT), 0.5),
    ]


def shares(logits: Array) -> Array:
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def own_probability_reaches_p(logits: Array, p: float) -> Array:
    return np.where(shares(logits) >= p, logits, -np.inf)


def compares_scores(logits: Array, p: float) -> Array:
    return np.where(logits >= p * logits.max(axis=-1, keepdims=True), logits, -np.inf)


def best_of_all_rows(logits: Array, p: float) -> Array:
    return np.where(np.exp(logits - logits.max()) >= p, logits, -np.inf)


def above_the_bar_only(logits: Array, p: float) -> Array:
    share = shares(logits)
    return np.where(share > p * share.max(axis=-1, keepdims=True), logits, -np.inf)


def no_maximum(logits: Array, p: float) -> Array:
    weights = np.exp(logits)
    share = weights / weights.sum(axis=-1, keepdims=True)
    return np.where(share >= p * share.max(axis=-1, keepdims=True), logits, -np.inf)


def times_the_mean(logits: Array, p: float) -> Array:
    share = shares(logits)
    return np.where(share >= p * share.mean(axis=-1, keepdims=True), logits, -np.inf)


def returns_probabilities(logits: Array, p: float) -> Array:
    share = shares(logits)
    return np.where(share >= p * share.max(axis=-1, keepdims=True), share, 0.0)


def zero_for_the_refused(logits: Array, p: float) -> Array:
    share = shares(logits)
    return np.where(share >= p * share.max(axis=-1, keepdims=True), logits, 0.0)


def without_keepdims(logits: Array, p: float) -> Array:
    share = shares(logits)
    return np.where(share >= p * share.max(axis=-1), logits, -np.inf)


def by_probabilities(logits: Array, p: float) -> Array:
    share = shares(logits)
    return np.where(share >= p * share.max(axis=-1, keepdims=True), logits, -np.inf)


def by_logarithms(logits: Array, p: float) -> Array:
    below = logits.max(axis=-1, keepdims=True) - logits
    return np.where(below <= (-np.log(p) if p else np.inf), logits, -np.inf)


def row_by_row(logits: Array, p: float) -> Array:
    result = logits.copy()
    for place in np.ndindex(logits.shape):
        if np.exp(float(logits[place]) - float(logits[place[:-1]].max())) < p:
            result[place] = -np.inf
    return result


MIN_P = Exercise(
    name="min-p",
    target="tinyllm.decoding.filters:min_p",
    imports="import numpy as np\n\nfrom tinyllm.types import Array",
    cases=cases,
    probes=probes,
    mistakes=(
        own_probability_reaches_p,
        compares_scores,
        best_of_all_rows,
        above_the_bar_only,
        no_maximum,
        times_the_mean,
        returns_probabilities,
        zero_for_the_refused,
        without_keepdims,
    ),
    others=(by_probabilities, by_logarithms, row_by_row),
)
