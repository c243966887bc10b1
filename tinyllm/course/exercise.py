"""What an exercise is: a function of the library that a learner writes anew.

Leaves out: what is said about it (texts/), how it is checked (checker.py). Who calls it: chapters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Arguments = tuple[Any, ...]


def call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Use a function as it is."""
    return function(*arguments)


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

    @property
    def function(self) -> str:
        """What the learner's function is called."""
        return self.target.rpartition(":")[2].rpartition(".")[2]


Points = list[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Boss:
    """A real model, trained or changed in less than two minutes with what the chapter taught.

    run:         run(say) -> points of a curve; it says in short lines how far it is. It is called
                 twice, with the learner's functions in the library and without
    across, up:  what the axes of the curve are
    """

    run: Callable[[Callable[[str], None]], Points]
    across: str = "step"
    up: str = "loss"


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """Exercises in order, and the boss."""

    name: str  # "kernels"; its texts are texts/LANGUAGE/chapter-NAME.md
    exercises: tuple[Exercise, ...] = ()
    boss: Boss | None = None
