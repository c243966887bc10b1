"""gradcheck: does backward agree with finite differences? In float64, over every element.

Leaves out: float32, second derivatives. Who calls it: tests of operations, learners, the course.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinyllm.autograd.finite_difference import STEP, Point, random_vectors, unit_vectors
from tinyllm.errors import GradientError, OptionError
from tinyllm.types import Array, Rng, Shape, generator


@dataclass(frozen=True)
class GradcheckReport:
    """How many numbers were compared, and the pair that is furthest apart.

    unit:        what was compared: "elements", or random "directions"
    input:       the input that the pair belongs to, counted from 0
    index:       the element of that input; or the number of the direction
    backward:    what `backward` gave
    difference:  what the finite difference gave
    """

    checked: int
    unit: str
    input: int
    index: Shape
    backward: float
    difference: float

    @property
    def absolute_error(self) -> float:
        """|backward - difference|."""
        return abs(self.backward - self.difference)

    @property
    def relative_error(self) -> float:
        """|backward - difference| / |difference|; 0 where the two are equal."""
        error = self.absolute_error
        return error / max(abs(self.difference), 1e-300) if error else 0.0

    @property
    def worst(self) -> str:
        """The pair in words."""
        index = list(self.index)
        place = f"at {index}" if self.unit == "elements" else f"along direction {index[0]}"
        return (
            f"input {self.input} {place}: backward gives {self.backward:.9g}, "
            f"the finite difference is {self.difference:.9g}"
        )

    def __str__(self) -> str:
        return (
            f"gradcheck: {self.checked} of {self.checked} {self.unit} agree; worst: {self.worst} "
            f"(absolute error {self.absolute_error:.1e}, relative {self.relative_error:.1e})"
        )


def gradcheck(
    function: Callable[..., Any],
    *inputs: Any,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    step: float = STEP,
    directions: int | None = None,
    rng: Rng = 0,
) -> GradcheckReport:
    """Compare `backward` with finite differences; say which element is furthest off, and by what.

    Forward:   s(x) = sum_j u_j f_j(x), with random fixed u: a scalar that all outputs enter
    Backward:  ds/dx_i must be (s(x + h e_i) - s(x - h e_i)) / 2h, with h = step max(1, |x_i|),
               up to atol + rtol |difference|
    Shapes:    inputs any: floats become float64 Tensors and are checked, all else is handed on
               as it is; `function` returns a Tensor of any shape, or a tuple of them
    Units:     cost: two evaluations an element. For large inputs directions=k: two for each of k
               random directions v of length 1 in each input; ds/dx . v is compared then
    Raises:    GradientError if the numbers disagree or are not finite, or no gradient arrives;
               DtypeError or OptionError if there is nothing that can be checked

    >>> report = gradcheck(lambda x, w: x @ w, np.eye(2), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    >>> report.checked, report.relative_error < 1e-8
    (10, True)
    """
    if directions is not None and directions < 1:
        raise OptionError(f"gradcheck: directions must be at least 1; got {directions}.")
    random = generator(rng)
    point = Point(function, inputs, random)
    comparisons = []
    for i, gradient in point.gradients.items():
        if directions is None:
            shape, ways = gradient.shape, unit_vectors(gradient.shape)
        else:
            shape, ways = (directions,), random_vectors(gradient.shape, directions, random)
        if gradient.size:
            pairs = np.array([((gradient * v).sum(), point.slope(i, v, step)) for v in ways])
            backward, difference = pairs[:, 0].reshape(shape), pairs[:, 1].reshape(shape)
            excess = np.abs(backward - difference) / (atol + rtol * np.abs(difference))
            comparisons.append(Comparison(i, backward, difference, excess))
    return judge(comparisons, point, step, "elements" if directions is None else "directions")


@dataclass(frozen=True)
class Comparison:
    """The two sets of numbers for one input; `excess` is their distance over what is tolerated."""

    input: int
    backward: Array
    difference: Array
    excess: Array


def judge(comparisons: list[Comparison], point: Point, step: float, unit: str) -> GradcheckReport:
    """Report the pair that is furthest apart; raise if it is too far."""
    worst = max(comparisons, key=lambda c: c.excess.max())
    index = tuple(int(n) for n in np.unravel_index(worst.excess.argmax(), worst.excess.shape))
    report = GradcheckReport(
        checked=sum(c.excess.size for c in comparisons),
        unit=unit,
        input=worst.input,
        index=index,
        backward=float(worst.backward[index]),
        difference=float(worst.difference[index]),
    )
    wrong = sum(int((c.excess > 1).sum()) for c in comparisons)
    if wrong:
        hint = ""
        if unit == "elements":
            hint = f" Hint: {kink_hint(point, report, step) or pattern_hint(worst)}"
        raise GradientError(
            f"gradcheck: {wrong} of {report.checked} {unit} disagree; worst: {report.worst}.{hint}"
        )
    return report


# -------------------------------------------------------------------- guessing what is wrong
def kink_hint(point: Point, report: GradcheckReport, step: float) -> str:
    """Notice a place where the function has two slopes, so that neither number is the gradient."""
    v = np.zeros(point.gradients[report.input].shape)
    v[report.index] = 1
    right = point.slope(report.input, v, step, sides=(1, 0))
    left = point.slope(report.input, v, step, sides=(0, -1))
    if abs(right - left) < 1e-2 * max(abs(right), abs(left)):
        return ""
    return f"a kink, the slopes beside it are {left:.4g} and {right:.4g}: choose another point."


def pattern_hint(worst: Comparison) -> str:
    """Guess the mistake from the pattern that the two sets of numbers make."""
    backward, difference = worst.backward, worst.difference
    if not backward.any():
        return "no gradient arrives at this input: detached, or does backward return None?"
    factor = common_factor(backward, difference)
    if factor is not None:
        return factor_hint(factor)
    square = backward.ndim > 1 and backward.shape[-1] == backward.shape[-2]
    if square and alike(backward.swapaxes(-1, -2), difference):
        return "this is the transpose of what it should be: are two axes exchanged?"
    if alike(np.sort(backward, axis=None), np.sort(difference, axis=None)):
        return "the right numbers in the wrong places: is an axis or an index mixed up?"
    right = int((worst.excess <= 1).sum())
    if right:
        return (
            f"{right} elements of this input agree; what is special about the others? A value "
            "that is used several times gets the sum of all its parts, not the last one."
        )
    return "no element of this input agrees: compare the formula, and the axes it sums over."


def alike(a: Array, b: Array) -> bool:
    """Whether two sets of numbers are the same, up to what finite differences lose."""
    return np.allclose(a, b, rtol=1e-4, atol=1e-6)


def common_factor(backward: Array, difference: Array) -> float | None:
    """Return c where backward = c difference in all elements, else None."""
    norm = float((difference * difference).sum())
    factor = float((backward * difference).sum()) / norm if norm else 0.0
    return factor if factor and alike(backward, factor * difference) else None


def factor_hint(factor: float) -> str:
    """Say what a constant factor often means."""
    if abs(factor + 1) < 1e-4:
        return "all have the wrong sign."
    if factor > 1 and abs(factor - round(factor)) < 1e-4 * factor:
        return f"all are {round(factor)} times too large: a missing 1/n, with n = {round(factor)}?"
    return f"all are off by the same factor, {factor:.6g}."
