"""Exercise fit-power-law: a straight line through logarithms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.course.exercise import Arguments, Exercise


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    def points(count: int) -> Any:
        sizes = st.permutations([10.0, 100.0, 1000.0, 10000.0][:count]).map(np.array)
        losses = st.sampled_from([(4.0, 2.0, 1.0), (8.0, 4.0, 1.0), (4.0, 3.0, 2.0)])
        return st.tuples(sizes, losses.map(lambda drawn: drawn[:count])).map(
            lambda pair: (pair[0], np.array(sorted(pair[1], reverse=True))[pair[0].argsort()])
        )

    return st.integers(2, 3).flatmap(points)


def probes() -> list[Arguments]:
    return [
        (np.array([100.0, 400.0, 1600.0]), np.array([4.0, 2.0, 1.0])),
        (np.array([1e3, 1e4, 1e5, 1e6]), np.array([3.5, 2.5, 2.25, 1.5])),
        (np.array([2e3, 5e2, 8e3]), np.array([2.0, 3.0, 1.25])),
    ]


def line(x: Any, y: Any) -> tuple[float, float]:
    slope, intercept = np.polyfit(x, y, 1)
    return float(slope), float(intercept)


def sign_of_the_slope(sizes: ArrayLike, losses: ArrayLike) -> tuple[float, float]:
    slope, intercept = line(np.log(sizes), np.log(losses))
    return math.exp(-intercept / slope), slope


def intercept_as_it_is(sizes: ArrayLike, losses: ArrayLike) -> tuple[float, float]:
    slope, intercept = line(np.log(sizes), np.log(losses))
    return intercept, -slope


def exp_of_the_intercept(sizes: ArrayLike, losses: ArrayLike) -> tuple[float, float]:
    slope, intercept = line(np.log(sizes), np.log(losses))
    return math.exp(intercept), -slope


def other_way_round(sizes: ArrayLike, losses: ArrayLike) -> tuple[float, float]:
    slope, intercept = line(np.log(sizes), np.log(losses))
    return -slope, math.exp(-intercept / slope)


def base_ten_then_exp(sizes: ArrayLike, losses: ArrayLike) -> tuple[float, float]:
    slope, intercept = line(np.log10(sizes), np.log10(losses))
    return math.exp(-intercept / slope), -slope


def log_of_the_sizes_only(sizes: ArrayLike, losses: ArrayLike) -> tuple[float, float]:
    slope, intercept = line(np.log(sizes), losses)
    return math.exp(-intercept / slope), -slope


def no_logarithms(sizes: ArrayLike, losses: ArrayLike) -> tuple[float, float]:
    slope, intercept = line(sizes, losses)
    return -intercept / slope, -slope


def first_and_last_only(sizes: ArrayLike, losses: ArrayLike) -> tuple[float, float]:
    N, L = np.asarray(sizes), np.asarray(losses)
    slope, intercept = line(np.log(N[[0, -1]]), np.log(L[[0, -1]]))
    return math.exp(-intercept / slope), -slope


def axes_swapped(sizes: ArrayLike, losses: ArrayLike) -> tuple[float, float]:
    slope, intercept = line(np.log(losses), np.log(sizes))
    return math.exp(intercept), -1 / slope


def through_the_origin(sizes: ArrayLike, losses: ArrayLike) -> tuple[float, float]:
    x, y = np.log(sizes), np.log(losses)
    slope = float((x * y).sum() / (x * x).sum())
    return 1.0, -slope


def with_polyfit(sizes: ArrayLike, losses: ArrayLike) -> tuple[float, float]:
    slope, intercept = line(np.log(sizes), np.log(losses))
    return math.exp(-intercept / slope), -slope


def with_base_two(sizes: ArrayLike, losses: ArrayLike) -> Any:
    slope, intercept = np.polyfit(np.log2(sizes), np.log2(losses), 1)
    return 2 ** (-intercept / slope), -slope


def with_lstsq(sizes: ArrayLike, losses: ArrayLike) -> Any:
    x, y = np.log(sizes), np.log(losses)
    known = np.stack([np.ones_like(x), -x], axis=1)
    (constant, exponent), *_ = np.linalg.lstsq(known, y)
    return np.exp(constant / exponent), exponent


def with_loops(sizes: ArrayLike, losses: ArrayLike) -> tuple[float, float]:
    x = [math.log(size) for size in np.asarray(sizes).tolist()]
    y = [math.log(loss) for loss in np.asarray(losses).tolist()]
    n, sx, sy = len(x), sum(x), sum(y)
    sxy, sxx = sum(a * b for a, b in zip(x, y, strict=True)), sum(a * a for a in x)
    slope = (n * sxy - sx * sy) / (n * sxx - sx * sx)
    return math.exp(-(sy - slope * sx) / n / slope), -slope


FIT_POWER_LAW = Exercise(
    name="fit-power-law",
    target="tinyllm.analysis.scaling:fit_power_law",
    cases=cases,
    probes=probes,
    mistakes=(
        sign_of_the_slope,
        intercept_as_it_is,
        exp_of_the_intercept,
        other_way_round,
        base_ten_then_exp,
        log_of_the_sizes_only,
        no_logarithms,
        first_and_last_only,
        axes_swapped,
        through_the_origin,
    ),
    others=(with_polyfit, with_base_two, with_lstsq, with_loops),
    imports="import numpy as np\nfrom numpy.typing import ArrayLike",
)
