"""What an exercise is: a function of the library that a learner writes anew.

Leaves out: what is said about it (texts/), how it is checked (checker.py). Who calls it: chapters.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

Arguments = tuple[Any, ...]


def call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Use a function as it is."""
    return function(*arguments)


def plainly(function: Callable[..., Any]) -> Callable[..., Any]:
    """Leave a solution as it is: no variant."""
    return function


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What is different for some of a class, so that one file does not serve all.

    text:    {language: what is different}, sentences of the task, with one worked number
    change:  a right solution of the plain exercise -> one of this variant; it makes this variant's
             mistakes of the plain ones, too. It is called like the function, and knows no more
    """

    text: dict[str, str]
    change: Callable[[Callable[..., Any]], Callable[..., Any]]


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """A function or method of the library, inputs to try it on, and how learners get it wrong.

    The texts that go with it lie in texts/LANGUAGE/NAME.md: the task, hints, and an explanation for
    each mistake, under the name of its function.
    """

    name: str  # "softmax": what the learner's file and the texts are called
    target: str  # "tinyllm.kernels.softmax:forward_numpy": what the learner's function stands for
    cases: Callable[[], Any]  # returns a Hypothesis strategy for the tuple of arguments
    probes: Callable[[], list[Arguments]]  # inputs on which each mistake below shows its own face
    mistakes: tuple[Callable[..., Any], ...]  # wrong solutions that learners really write
    others: tuple[Callable[..., Any], ...] = ()  # other right solutions, to hold the checker to
    use: Callable[..., Any] = call  # use(function, *arguments) -> what is compared
    hidden: tuple[str, ...] = ()  # other names in the library that would give the answer away
    imports: str = "import numpy as np"  # what the learner's file begins with
    tolerance: float = 1e-5
    points: int = 1
    variants: tuple[Variant, ...] = ()  # only where `use` calls the function itself
    change: Callable[[Callable[..., Any]], Callable[..., Any]] = (
        plainly  # of the variant that it is
    )

    @property
    def function(self) -> str:
        """What the learner's function is called."""
        return self.target.rpartition(":")[2].rpartition(".")[2]


def variant_of(exercise: Exercise, student: str | None) -> Variant | None:
    """Return the variant of a student, by a number or a name; None: the plain exercise."""
    if student is None or not exercise.variants:
        return None
    digest = hashlib.sha256(f"{student} {exercise.name}".encode()).digest()
    return exercise.variants[digest[0] % len(exercise.variants)]


def as_variant(exercise: Exercise, student: str | None) -> Exercise:
    """Return the exercise as a student has it."""
    variant = variant_of(exercise, student)
    return exercise if variant is None else in_variant(exercise, variant)


def in_variant(exercise: Exercise, variant: Variant) -> Exercise:
    """Return the exercise as a variant has it, with the variant's mistakes."""
    mistakes = tuple(mistake_of(exercise, variant, mistake) for mistake in exercise.mistakes)
    return replace(exercise, mistakes=mistakes, change=variant.change)


def mistake_of(
    exercise: Exercise, variant: Variant, mistake: Callable[..., Any]
) -> Callable[..., Any]:
    """Make a variant's mistake of a plain one.

    A change may work on copies of the arguments. So a mistake that writes into them also sees
    them itself.
    """
    changed = variant.change(mistake)

    def of_the_variant(*arguments: Any) -> Any:
        result = changed(*copy.deepcopy(arguments))
        with suppress(Exception):
            mistake(*arguments)
        return result

    function = of_the_variant if exercise.use is call else changed
    function.__name__ = mistake.__name__
    return function


Points = list[tuple[float, float]]
Curves = dict[str, Points]  # by name


@dataclass(frozen=True, kw_only=True)
class Boss:
    """A real model, trained or changed in less than two minutes with what the chapter taught.

    run:         run(say) -> points of a curve, or of several; it says in short lines how far it is.
                 It is called twice, with the learner's functions in the library and without
    across, up:  what the axes of the curve are; what the last point's figure is
    """

    run: Callable[[Callable[[str], None]], Points | Curves]
    across: str = "step"
    up: str = "loss"


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """Exercises in order, and the boss."""

    name: str  # "kernels"; its texts are texts/LANGUAGE/chapter-NAME.md
    exercises: tuple[Exercise, ...] = ()
    boss: Boss | None = None
