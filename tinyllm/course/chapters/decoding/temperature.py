"""The exercise temperature: scores are divided, not probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    logits = arrays(shapes((1, 2), (1, 3)), nice())
    return st.tuples(logits, st.sampled_from([2.0, 0.5, 1.0, 0.25]))


def probes() -> list[Arguments]:
    return [
        (np.array([[1.0, 2.0, 4.0], [0.0, -1.0, -1.5]], FLOAT), 0.5),
        (np.array([3.0, 1.0, -np.inf], FLOAT), 2.0),
        (np.array([[50.0, -50.0]], FLOAT), 1.0),
    ]


def shares(logits: Array) -> Array:
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def multiplies(logits: Array, value: float) -> Array:
    return logits * value


def divides_probabilities(logits: Array, value: float) -> Array:
    return shares(logits) / value


def returns_probabilities(logits: Array, value: float) -> Array:
    return shares(logits / value)


def returns_exponentials(logits: Array, value: float) -> Array:
    return np.exp(logits / value)


def takes_away(logits: Array, value: float) -> Array:
    return logits - value


def whole_numbers_only(logits: Array, value: float) -> Array:
    return logits // value


def writes_into_input(logits: Array, value: float) -> Array:
    logits /= value
    return logits


def float64_result(logits: Array, value: float) -> Array:
    return logits / np.array(value)[None]


def times_the_reciprocal(logits: Array, value: float) -> Array:
    return (logits * (1.0 / value)).astype(logits.dtype)


def number_by_number(logits: Array, value: float) -> Array:
    result = np.empty_like(logits)
    for place in np.ndindex(logits.shape):
        result[place] = float(logits[place]) / value
    return result


TEMPERATURE = Exercise(
    name="temperature",
    target="tinyllm.decoding.filters:temperature",
    imports="import numpy as np\n\nfrom tinyllm.types import Array",
    cases=cases,
    probes=probes,
    mistakes=(
        multiplies,
        divides_probabilities,
        returns_probabilities,
        returns_exponentials,
        takes_away,
        whole_numbers_only,
        writes_into_input,
        float64_result,
    ),
    others=(times_the_reciprocal, number_by_number),
)
