"""How long the course lets a learner wait: into docs/results.md.

    python -m tests.benchmarks.course

Each command is a process of its own, and its seconds count from its start. The answers are the
library's own: so this is how long the course takes, not how long a person thinks.
"""

import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from tests.benchmarks.report import DOCS, measured_with, write_section
from tinyllm.course.chapters import CHAPTERS, EXERCISES
from tinyllm.course.dev import own_source
from tinyllm.course.folder import Folder


def seconds(folder, *words):
    """Run `tinyllm course ...` in a folder; return its seconds. It must succeed."""
    start = perf_counter()
    line = [sys.executable, "-m", "tinyllm", "course", *words]
    subprocess.run(line, cwd=folder, check=True, capture_output=True)
    return perf_counter() - start


def answer(course, exercise):
    """Write the library's own solution into the learner's file."""
    course.file(exercise).write_text(own_source(exercise), encoding="utf-8")


def from_start_to_pass(folder):
    """Start a course, write the first answer at once, and check it."""
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")  # nothing is kept from before
    started = seconds(folder, "start", "course")
    course = Folder.open(folder / "course")
    answer(course, next(iter(EXERCISES.values())))
    return started, seconds(course.path, "check")


def measure():
    """Return the table."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        started, first = from_start_to_pass(folder)
        course = Folder.open(folder / "course")
        checks = {}
        for chapter in CHAPTERS:
            for exercise in chapter.exercises:
                answer(course, exercise)
                checks[exercise.name] = seconds(course.path, "check", exercise.name)
            print(chapter.name, flush=True)
    slowest = max(checks, key=lambda name: checks[name])
    rows = [
        ("`tinyllm course start`", f"{started:.1f}"),
        ("from `start` to the first pass, the answer written at once", f"{started + first:.1f}"),
        (
            f"a check that passes, median of {len(checks)} exercises",
            f"{median(checks.values()):.1f}",
        ),
        (f"the slowest one, {slowest}", f"{checks[slowest]:.1f}"),
    ]
    lines = ["| what | seconds |", "|---|---:|", *(f"| {what} | {s} |" for what, s in rows)]
    return "\n".join(lines)


if __name__ == "__main__":
    text = measure()
    write_section(
        DOCS / "results.md",
        "course",
        f"{text}\n\n{measured_with('python -m tests.benchmarks.course')}",
    )
