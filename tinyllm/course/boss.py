"""A chapter's boss: a model that is trained with the learner's functions, and once without them.

    python -m tinyllm.course.boss CHAPTER [EXERCISE=FILE ...]

This is the process that trains; `fight` starts it twice. Who calls it: the command.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tinyllm.course import library, runner
from tinyllm.course.chapters import CHAPTERS, EXERCISES
from tinyllm.course.exercise import Chapter, Points
from tinyllm.errors import TrainingError
from tinyllm.train.figure import draw_comparison

OWN, LIBRARY = "yours", "library"


def main(arguments: list[str]) -> None:
    """Put the learner's functions into the library, train, and write the points as JSON."""
    name, *files = arguments
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what is printed on the way goes to the screen
    chapter = next(c for c in CHAPTERS if c.name == name)
    assert chapter.boss is not None
    library.load_all()
    own = dict(entry.split("=", 1) for entry in files)
    for exercise, file in own.items():
        _, problem = runner.learners_function(EXERCISES[exercise], Path(file))
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
    json.dump(points, answers)
    answers.flush()


def fight(
    chapter: Chapter, own: dict[str, Path], figure: Path, say: Callable[[str], None]
) -> dict[str, Points]:
    """Train with the learner's functions, and with the library's; draw both curves.

    own:     {exercise: file} of those that have passed
    Raises:  TrainingError if one of the two fails
    """
    curves: dict[str, Points] = {}
    for name, files in ((OWN, own), (LIBRARY, {})) if own else ((LIBRARY, {}),):
        say(f"{name}:")
        entries = [f"{exercise}={file.resolve()}" for exercise, file in files.items()]
        points = trained([chapter.name, *entries])
        if points is None:
            hint = f" Hint: `tinyllm course check NAME` says more: {', '.join(own)}."
            raise TrainingError(
                f"course: the boss failed with the functions that are {name}."
                + (hint if name == OWN else "")
            )
        curves[name] = points
    assert chapter.boss is not None
    draw_comparison(figure, curves, chapter.boss.across, chapter.boss.up)
    return curves


def trained(arguments: list[str]) -> Points | None:
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
            return [(float(x), float(y)) for x, y in json.loads(process.stdout.read())]
        except (ValueError, TypeError):
            return None
        finally:
            process.kill()


if __name__ == "__main__":
    main(sys.argv[1:])
