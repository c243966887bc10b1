"""A chapter's boss: a model that is trained with the learner's functions, and once without them.

    python -m tinyllm.course.boss CHAPTER [EXERCISE=FILE ...]

This is the process that trains; `fight` starts it twice. Who calls it: the command.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

from tinyllm.course import library, runner
from tinyllm.course.chapters import CHAPTERS, EXERCISES
from tinyllm.course.exercise import Chapter, Curves
from tinyllm.errors import TrainingError
from tinyllm.train.figure import empty, write_png

OWN, LIBRARY = "yours", "library"


@dataclass(frozen=True)
class Fought:
    """What a boss left: the curves of both sides, and how often each of the learner's was called.

    calls:  {exercise: how often}; what cannot be counted, such as a class, is not in it
    """

    curves: dict[str, Curves]
    calls: dict[str, int]


def main(arguments: list[str]) -> None:
    """Put the learner's functions into the library, train, and write the points as JSON."""
    name, *files = arguments
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what is printed on the way goes to the screen
    chapter = next(c for c in CHAPTERS if c.name == name)
    assert chapter.boss is not None
    library.load_all()
    own = dict(entry.split("=", 1) for entry in files)
    calls: Counter[str] = Counter()
    for exercise, file in own.items():
        function, problem = runner.learners_function(EXERCISES[exercise], Path(file))
        if isinstance(function, FunctionType):
            calls[exercise] = 0
            library.put(function, counted(function, exercise, calls))
        if problem is not None:
            sys.exit(f"  {file}: {problem.error} {problem.message}\n{problem.lines}".rstrip())

    def say(line: str) -> None:
        sys.stderr.write(f"  {line}\n")
        sys.stderr.flush()

    try:
        points = chapter.boss.run(say)
    except Exception as error:
        if not own:
            raise
        say(f"{type(error).__name__}: {error}")
        for file in own.values():
            for line in runner.own_lines(error, file).splitlines():
                say(f"{file}, {line}")
        sys.exit(1)
    curves = points if isinstance(points, dict) else {"": points}
    json.dump({"curves": curves, "calls": calls}, answers)
    answers.flush()


def counted(function: FunctionType, name: str, calls: Counter[str]) -> Callable[..., Any]:
    """Return a function that does the same, and counts how often it is called."""

    @functools.wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        calls[name] += 1
        return function(*arguments, **options)

    return call


def fight(
    chapter: Chapter, own: dict[str, Path], figure: Path, say: Callable[[str], None]
) -> Fought:
    """Train with the learner's functions, and with the library's; draw both curves.

    own:     {exercise: file} of those that have passed
    Raises:  TrainingError if one of the two fails
    """
    curves: dict[str, Curves] = {}
    calls: dict[str, int] = {}
    for name, files in ((OWN, own), (LIBRARY, {})) if own else ((LIBRARY, {}),):
        say(f"{name}:")
        entries = [f"{exercise}={file.resolve()}" for exercise, file in files.items()]
        found = trained([chapter.name, *entries])
        if found is None:
            hint = f" Hint: `tinyllm course check NAME` says more: {', '.join(own)}."
            raise TrainingError(
                f"course: the boss failed with the functions that are {name}."
                + (hint if name == OWN else "")
            )
        curves[name] = {
            part: [(float(x), float(y)) for x, y in points]
            for part, points in found["curves"].items()
        }
        calls |= found["calls"]
    assert chapter.boss is not None
    draw(figure, curves, chapter.boss.across, chapter.boss.up)
    return Fought(curves, calls)


def draw(file: Path, curves: dict[str, Curves], across: str, up: str) -> None:
    """Draw the library's curves wide and pale, and the learner's thin on top of them."""
    figure, axes = empty()
    styles = {LIBRARY: {"linewidth": 6, "alpha": 0.35}, OWN: {"linewidth": 1.5, "marker": "."}}
    for side in (LIBRARY, OWN):
        for i, (name, points) in enumerate(curves.get(side, {}).items()):
            label = f"{side}: {name}" if name else side
            axes.plot(*zip(*points, strict=True), color=f"C{i}", label=label, **styles[side])
    axes.set(xlabel=across, ylabel=up)
    axes.xaxis.get_major_locator().set_params(integer=True)
    write_png(file, figure, axes)


def trained(arguments: list[str]) -> dict[str, Any] | None:
    """Start the process that trains, and show what it says; None if it failed.

    What it says comes through here: after Ctrl-C nobody wants to see where it was.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "tinyllm.course.boss", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            for line in process.stderr:
                sys.stderr.write(line)
                sys.stderr.flush()
            return json.loads(process.stdout.read())
        except ValueError:
            return None
        finally:
            process.kill()


if __name__ == "__main__":
    main(sys.argv[1:])
