"""Exercise perplexity: how many equal choices a loss is worth."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import Array


def cases() -> Any:
    from tinyllm.course.draws import arrays, st  # noqa: PLC0415

    shares = st.sampled_from([1.0, 0.5, 0.25, 0.125])
    return st.tuples(arrays(st.integers(1, 4), shares, np.float64).map(np.log))


def probes() -> list[Arguments]:
    return [
        (np.log(np.array([0.5, 0.125, 0.25, 0.125])),),
        (np.log(np.array([0.2])),),
        (np.full(800, math.log(0.25)),),
        (np.array([-0.5, -np.inf]),),
    ]


def forgets_the_minus(log_probabilities: Array) -> float:
    return float(np.exp(log_probabilities.mean()))


def sum_for_mean(log_probabilities: Array) -> float:
    return float(np.exp(-log_probabilities.sum()))


def loss_itself(log_probabilities: Array) -> float:
    return float(-log_probabilities.mean())


def power_of_two(log_probabilities: Array) -> float:
    return float(2.0 ** -log_probabilities.mean())


def mean_of_inverses(log_probabilities: Array) -> float:
    return float(np.exp(-log_probabilities).mean())


def inverse_of_mean(log_probabilities: Array) -> float:
    return float(1 / np.exp(log_probabilities).mean())


def multiplies_probabilities(log_probabilities: Array) -> float:
    return float(np.exp(log_probabilities).prod() ** (-1 / log_probabilities.size))


def logarithm_twice(log_probabilities: Array) -> float:
    return float(np.exp(-np.log(log_probabilities).mean()))


def one_a_token(log_probabilities: Array) -> Any:
    return np.exp(-log_probabilities)


def with_a_loop(log_probabilities: Array) -> float:
    total = 0.0
    for value in log_probabilities:
        total -= float(value)
    return math.exp(total / len(log_probabilities)) if math.isfinite(total) else math.inf


def geometric_mean(log_probabilities: Array) -> float:
    return float(np.prod(np.exp(-log_probabilities / log_probabilities.size)))


def inverse_at_the_end(log_probabilities: Array) -> Any:
    return 1 / np.exp(np.sum(log_probabilities) / len(log_probabilities))


PERPLEXITY = Exercise(
    name="perplexity",
    target="tinyllm.models.perplexity:perplexity",
    cases=cases,
    probes=probes,
    mistakes=(
        forgets_the_minus,
        sum_for_mean,
        loss_itself,
        power_of_two,
        mean_of_inverses,
        inverse_of_mean,
        multiplies_probabilities,
        logarithm_twice,
        one_a_token,
    ),
    others=(with_a_loop, geometric_mean, inverse_at_the_end),
)
