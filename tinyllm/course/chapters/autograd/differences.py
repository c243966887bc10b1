"""The exercise finite-differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array

Formula = Callable[[Array], float]

FUNCTIONS: dict[str, Formula] = {
    "x -> (x**2).sum()": lambda x: float((x**2).sum()),
    "x -> (x**3).sum()": lambda x: float((x**3).sum()),
    "x -> x.prod()": lambda x: float(x.prod()),
    "x -> x.sum() ** 2": lambda x: float(x.sum()) ** 2,
    "x -> np.tanh(x).sum()": lambda x: float(np.tanh(x).sum()),
}


def use(central_differences: Callable[..., Array], function: str, x: Array, step: float) -> Any:
    """Call it with the function that a text stands for."""
    return central_differences(FUNCTIONS[function], x, step)


def cases() -> Any:
    from tinyllm.course.chapters.autograd.broadcasting import few  # noqa: PLC0415
    from tinyllm.course.draws import arrays, st  # noqa: PLC0415

    shape = st.sampled_from([(1,), (2,), (3,), (2, 2), (1, 3), ()])
    whole = st.sampled_from([1, 2, 3, -1])
    x = arrays(shape, few(), np.float64) | arrays(shape, whole, np.int64)
    return st.tuples(st.sampled_from(list(FUNCTIONS)), x, st.sampled_from([1.0, 0.5, 1e-3]))


def probes() -> list[Arguments]:
    square, cube, product, *_ = FUNCTIONS
    return [
        (square, np.array([1.0, -2.0]), 0.5),
        (cube, np.array([1.0, 2.0, -0.5]), 0.5),
        (product, np.array([[1.0, 2.0], [3.0, 4.0]]), 0.5),
        (cube, np.array([1, 2]), 0.25),
        (square, np.array([1.0, 2.0, 3.0], FLOAT), 2.0**-26),
        (square, np.array(3.0), 0.5),
        (product, np.array([[1.0, 2.0, 3.0]]), 1e-3),
    ]


def one_side_only(function: Formula, x: Array, step: float) -> Array:
    x = np.array(x, np.float64)
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        moved = x.copy()
        moved[place] += step
        slopes[place] = (function(moved) - function(x)) / step
    return slopes


def divided_by_one_step(function: Formula, x: Array, step: float) -> Array:
    return 2 * by_loop(function, x, step)


def not_divided(function: Formula, x: Array, step: float) -> Array:
    return 2 * step * by_loop(function, x, step)


def all_moved_at_once(function: Formula, x: Array, step: float) -> Array:
    x = np.array(x, np.float64)
    slope = (function(x + step) - function(x - step)) / (2 * step)
    return np.full(x.shape, slope)


def not_moved_back(function: Formula, x: Array, step: float) -> Array:
    x = np.array(x, np.float64)
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        x[place] += step
        above = function(x)
        x[place] -= 2 * step
        slopes[place] = (above - function(x)) / (2 * step)
    return slopes


def keeps_the_dtype(function: Formula, x: Array, step: float) -> Array:
    slopes = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[place] = x[place] + step
        below[place] = x[place] - step
        slopes[place] = (function(above) - function(below)) / (2 * step)
    return slopes


def moved_in_the_dtype_of_x(function: Formula, x: Array, step: float) -> Array:
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[place] = x[place] + step
        below[place] = x[place] - step
        slopes[place] = (function(above) - function(below)) / (2 * step)
    return slopes


def flat_result(function: Formula, x: Array, step: float) -> Array:
    return by_loop(function, x, step).reshape(-1)


def rows_instead_of_elements(function: Formula, x: Array, step: float) -> Array:
    x = np.array(x, np.float64)
    slopes = np.zeros(x.shape)
    for i in range(len(x)):
        above, below = x.copy(), x.copy()
        above[i] += step
        below[i] -= step
        slopes[i] = (function(above) - function(below)) / (2 * step)
    return slopes


def writes_into_x(function: Formula, x: Array, step: float) -> Array:
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        x[place] += step
        above = function(x)
        x[place] -= 2 * step
        slopes[place] = (above - function(x)) / (2 * step)
    return slopes


def signs_exchanged(function: Formula, x: Array, step: float) -> Array:
    return -by_loop(function, x, step)


def by_loop(function: Formula, x: Array, step: float) -> Array:
    x = np.array(x, np.float64)
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        old = x[place]
        x[place] = old + step
        above = function(x)
        x[place] = old - step
        slopes[place] = (above - function(x)) / (2 * step)
        x[place] = old
    return slopes


def by_flat_index(function: Formula, x: Array, step: float) -> Array:
    flat = np.asarray(x, np.float64).reshape(-1)
    moves = np.eye(flat.size) * step
    pairs = [((flat + v).reshape(x.shape), (flat - v).reshape(x.shape)) for v in moves]
    slopes = [(function(above) - function(below)) / (2 * step) for above, below in pairs]
    return np.array(slopes).reshape(x.shape)


def mean_of_both_sides(function: Formula, x: Array, step: float) -> Array:
    x = np.array(x, np.float64)
    right, left = one_side_only(function, x, step), one_side_only(function, x, -step)
    return (right + left) / 2


FINITE_DIFFERENCES = Exercise(
    name="finite-differences",
    target="tinyllm.autograd.finite_difference:central_differences",
    use=use,
    cases=cases,
    probes=probes,
    mistakes=(
        one_side_only,
        divided_by_one_step,
        not_divided,
        all_moved_at_once,
        not_moved_back,
        keeps_the_dtype,
        moved_in_the_dtype_of_x,
        flat_result,
        rows_instead_of_elements,
        writes_into_x,
        signs_exchanged,
    ),
    others=(by_loop, by_flat_index, mean_of_both_sides),
)
