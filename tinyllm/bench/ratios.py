"""From raw figures to ratios with their spread, and whether the machine was steady enough."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from tinyllm.bench.compare import Measurement
from tinyllm.bench.peers import OURS

SPREAD = 0.15  # of the ratios, from round to round: more is too noisy to trust
SLOWDOWN = 1.3  # the median over the best


def values_of(measured: Measurement, side: str) -> list[float]:
    """Return a side's figures of all rounds."""
    return [value for part in measured["sides"].get(side, ()) for value in part["values"]]


def ratios(measured: Measurement, peer: str) -> list[float]:
    """Return the peer's median over tinyllm's, round by round, sorted.

    Above 1, tinyllm needs less.
    """
    rounds = zip(measured["sides"][OURS], measured["sides"][peer], strict=True)
    medians = [[median(side["values"]) for side in both] for both in rounds]
    return sorted(theirs / ours for ours, theirs in medians)


def exponent(sizes: Sequence[float], figures: Sequence[float]) -> float | None:
    """Return p of figure = c size^p, by least squares on the logarithms; None for fewer than two.

    >>> exponent([1, 2, 4], [3.0, 12.0, 48.0])
    2.0
    """
    if len(sizes) < 2:
        return None
    x, y = [math.log(size) for size in sizes], [math.log(figure) for figure in figures]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    above = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return round(above / sum((a - mean_x) ** 2 for a in x), 9)


def verdict(measurements: Iterable[Measurement]) -> list[str]:
    """Say plainly whether the figures can be trusted: one line each."""
    measured = [m for m in measurements if any(values_of(m, side) for side in m["sides"])]
    problems = [problem for m in measured for problem in noise(m)]
    if problems:
        return ["Too noisy to trust, measure again on a quiet machine:", *problems]
    if all(len(m["sides"][OURS]) < 2 for m in measured):
        return ["One round: how much the ratios spread is not known."]
    return [f"Steady: no ratio spreads by more than {SPREAD:.0%} from round to round."]


def noise(measured: Measurement) -> Iterator[str]:
    """Yield what is unsteady about one measurement."""
    for side in measured["sides"]:
        values = values_of(measured, side)
        if values and (slower := median(values) / min(values)) > SLOWDOWN:
            yield f"  {measured['name']}: {side}'s median is {slower:.2f} times its best"
        if side == OURS or not values or not values_of(measured, OURS):
            continue
        found = ratios(measured, side)
        if (spread := (found[-1] - found[0]) / median(found)) > SPREAD:
            yield f"  {measured['name']}: the ratios to {side} spread by {spread:.0%}"
