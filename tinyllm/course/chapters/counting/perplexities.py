"""Exercise perplexity: how many equal choices a loss is worth."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise, Variant
from tinyllm.types import Array


def cases() -> Any:
    from tinyllm.course.draws import arrays, st  # noqa: PLC0415

    shares = st.sampled_from([1.0, 0.5, 0.25, 0.125])
    return st.tuples(arrays(st.integers(1, 4), shares, np.float64).map(np.log))


def probes() -> list[Arguments]:
    return [
        (np.log(np.array([0.5, 0.125, 0.25, 0.125])),),
        (np.log(np.array([0.2])),),
        (np.full(8_000, math.log(0.25)),),
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


def of_letters(count: int) -> Variant:
    """The perplexity of a letter, where each token has so many."""

    def change(perplexity: Callable[[Array], float]) -> Callable[[Array], float]:
        return lambda log_probabilities: perplexity(log_probabilities / count)

    worked = f"{4 ** (1 / count):.4g}"
    return Variant(
        text={
            "en": f"each token has {count} letters. Return the perplexity of a letter: divide the "
            f"mean by {count} before exp. For [0.5, 0.125] it is exp(1.386 / {count}) = {worked}.",
            "zh": f"每个词元有 {count} 个字母。请返回每个字母的困惑度：在 exp 之前，把平均值除以 "
            f"{count}。对于 [0.5, 0.125]，它是 exp(1.386 / {count}) = {worked}。",
        },
        change=change,
    )


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
    variants=tuple(of_letters(count) for count in (2, 3, 4, 5)),
)
