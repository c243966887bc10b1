"""Exercise: the weights that a product begins with. They are drawn: what counts is their spread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array

LARGE = (300, 200)  # enough numbers to measure a deviation to one part in a hundred
BEYOND = 0.046  # the share of a normal distribution that is further from its mean than 2 std


def use(
    initial_weight: Callable[..., Any], inputs: int, outputs: int, std: float, seed: int
) -> dict[str, Any]:
    """Draw weights w, the next ones, and w again with a new generator; return what holds for them.

    Two right solutions draw different numbers. So a figure that is right but for chance is written
    as what it should be, and a wrong one with two digits.
    """
    rng = np.random.default_rng(seed)
    w, following = (np.asarray(initial_weight(inputs, outputs, std, rng)) for _ in range(2))
    again = np.asarray(initial_weight(inputs, outputs, std, np.random.default_rng(seed)))
    facts = {
        "shape": w.shape,
        "dtype": str(w.dtype),
        "next == w": np.array_equal(following, w),
        "again == w": np.array_equal(again, w),
    }
    if inputs * outputs >= LARGE[0] * LARGE[1]:
        facts["mean"] = figure(w.mean(), 0.0, 0.03 * w.std())
        facts["std"] = figure(w.std(), std, 0.03 * std)
        facts["|w| > 2 std"] = figure((np.abs(w) > 2 * std).mean(), BEYOND, 0.005)
    return facts


def figure(measured: Any, wanted: float, chance: float) -> float:
    """Write a measured number as the wanted one, if no more than chance is between them."""
    return wanted if abs(measured - wanted) <= chance else float(f"{measured:.2g}")


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    sizes = st.integers(1, 5)
    return st.tuples(sizes, sizes, st.sampled_from([0.5, 2.0, 0.02]), st.integers(0, 9))


def probes() -> list[Arguments]:
    return [(3, 2, 0.02, 0), (*LARGE, 0.5, 1), (*LARGE, 0.02, 2)]


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


def std_for_the_mean(inputs: int, outputs: int, std: float, rng: np.random.Generator) -> Array:
    return rng.normal(std, size=(inputs, outputs)).astype(FLOAT)


def smaller_for_many_inputs(
    inputs: int, outputs: int, std: float, rng: np.random.Generator
) -> Array:
    return (rng.normal(0.0, std, (inputs, outputs)) / np.sqrt(inputs)).astype(FLOAT)


def cut_at_two_std(inputs: int, outputs: int, std: float, rng: np.random.Generator) -> Array:
    return np.clip(rng.normal(0.0, std, (inputs, outputs)), -2 * std, 2 * std).astype(FLOAT)


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
        std_for_the_mean,
        smaller_for_many_inputs,
        cut_at_two_std,
        only_positive,
        outputs_first,
        in_float64,
        its_own_seed,
        no_generator,
    ),
    others=(in_one_row, column_by_column),
)
