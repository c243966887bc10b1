"""Exercise: the weights that a product begins with. They are drawn: what counts is their look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array

LARGE = (300, 200)  # enough to measure a deviation to one part in a hundred


def use(
    initial_weight: Callable[..., Any], inputs: int, outputs: int, std: float, seed: int
) -> dict[str, Any]:
    """Say what holds for the weights."""
    rng = np.random.default_rng(seed)
    first = np.asarray(initial_weight(inputs, outputs, std, rng))
    one, two = (np.asarray(initial_weight(*LARGE, std, rng)) for _ in range(2))
    new = np.random.default_rng(seed)
    again = np.asarray(initial_weight(inputs, outputs, std, new))
    beyond, size = float((np.abs(one) > 2 * std).mean()), float(one.std() / std)
    wrong = {
        "the mean is not 0": abs(one.mean()) > 0.03 * std,
        f"the deviation is about {size:.1g} std": abs(size - 1) > 0.03,
        "the share beyond 2 std is not 4 to 5 %": not 0.04 < beyond < 0.05,
        "the next weights are the same": one.shape == two.shape and bool((one == two).all()),
        "the same seed gives others": not np.array_equal(first, again),
    }
    found = "; ".join(words for words, is_so in wrong.items() if is_so)
    return {"shape": first.shape, "dtype": str(first.dtype), "wrong": found or "nothing"}


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    sizes = st.integers(1, 5)
    return st.tuples(sizes, sizes, st.sampled_from([0.5, 2.0, 0.02]), st.integers(0, 9))


def probes() -> list[Arguments]:
    return [(3, 2, 0.02, 0), (4, 4, 2.0, 1)]


def uniform(inputs: int, outputs: int, std: float, rng: np.random.Generator) -> Array:
    return rng.uniform(-std, std, (inputs, outputs)).astype(FLOAT)


def uniform_of_that_deviation(
    inputs: int, outputs: int, std: float, rng: np.random.Generator
) -> Array:
    return rng.uniform(-std * 3**0.5, std * 3**0.5, (inputs, outputs)).astype(FLOAT)


def zeros(inputs: int, outputs: int, std: float, rng: np.random.Generator) -> Array:
    return np.zeros((inputs, outputs), FLOAT)


def std_as_variance(inputs: int, outputs: int, std: float, rng: np.random.Generator) -> Array:
    return (rng.standard_normal((inputs, outputs)) * np.sqrt(std)).astype(FLOAT)


def without_std(inputs: int, outputs: int, std: float, rng: np.random.Generator) -> Array:
    return rng.standard_normal((inputs, outputs), dtype=np.float32)


def only_positive(inputs: int, outputs: int, std: float, rng: np.random.Generator) -> Array:
    return np.abs(rng.standard_normal((inputs, outputs), dtype=np.float32)) * np.float32(std)


def outputs_first(inputs: int, outputs: int, std: float, rng: np.random.Generator) -> Array:
    return rng.standard_normal((outputs, inputs), dtype=np.float32) * np.float32(std)


def in_float64(inputs: int, outputs: int, std: float, rng: np.random.Generator) -> Array:
    return rng.normal(0.0, std, (inputs, outputs))


def its_own_seed(inputs: int, outputs: int, std: float, rng: np.random.Generator) -> Array:
    rng = np.random.default_rng(0)
    return rng.normal(0.0, std, (inputs, outputs)).astype(FLOAT)


def no_generator(inputs: int, outputs: int, std: float, rng: np.random.Generator) -> Array:
    return np.random.default_rng().normal(0.0, std, (inputs, outputs)).astype(FLOAT)


def in_one_row(inputs: int, outputs: int, std: float, rng: np.random.Generator) -> Array:
    row = rng.normal(0.0, std, inputs * outputs).astype(FLOAT)
    return row.reshape(inputs, outputs)


def column_by_column(inputs: int, outputs: int, std: float, rng: np.random.Generator) -> Array:
    columns = [rng.normal(scale=std, size=inputs) for _ in range(outputs)]
    return np.stack(columns, axis=1).astype(FLOAT)


INITIALISATION = Exercise(
    name="initialisation",
    target="tinyllm.nn.linear:initial_weight",
    use=use,
    cases=cases,
    probes=probes,
    mistakes=(
        uniform,
        uniform_of_that_deviation,
        zeros,
        std_as_variance,
        without_std,
        only_positive,
        outputs_first,
        in_float64,
        its_own_seed,
        no_generator,
    ),
    others=(in_one_row, column_by_column),
)
