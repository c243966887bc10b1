"""Those parts of `tinyllm course` that are for whoever teaches, or writes exercises."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from tinyllm.course import dev, grade
from tinyllm.course.chapters import EXERCISES
from tinyllm.errors import OptionError

Line = Callable[[str], None]


def graded(args: argparse.Namespace, line: Line) -> int:
    """Grade submissions, and write what was asked for."""
    grades: list[grade.Grade] = []
    folders = [Path(folder) for folder in args.folders]
    seed = grade.SEED if args.seed is None else args.seed
    for one in grade.grade(folders, seed, by_student=args.by_student):
        grades.append(one)
        line(grade.summary(one))
    for file, write in {
        args.out: grade.write_csv,
        args.json: grade.write_report,
        args.junit: grade.write_junit,
    }.items():
        if file:
            write(Path(file), grades)
    return 0


def dev_check(args: argparse.Namespace, line: Line) -> int:
    """Say what is wrong with the course, and how many mistakes are recognised."""
    for name in args.names:
        if name not in EXERCISES:
            raise OptionError(f"course: there is no exercise {name!r}.")
    start, found = time.perf_counter(), []
    for finding in dev.findings(args.names):
        found.append(finding)
        if finding.problem or not finding.named:
            problem = finding.problem or "refused, but not recognised by its name"
            line(f"{finding.exercise}: {finding.what}: {problem}")
    mistakes = [one for one in found if one.is_mistake]
    refused, named = sum(not m.problem for m in mistakes), sum(m.named for m in mistakes)
    problems = [*dev.left_over(), *(one for one in found if one.problem)]
    names = {finding.exercise for finding in mistakes}
    variants = sum(len(EXERCISES[name].variants) for name in names)
    line(
        f"{len(names)} exercises, {variants} variants; {refused} of {len(mistakes)} mistakes "
        f"refused, {named} by their name; {len(problems)} problems; "
        f"{time.perf_counter() - start:.0f} s"
    )
    return 1 if problems else 0


VERBS: dict[str, Callable[[argparse.Namespace, Line], int]] = {"grade": graded, "dev": dev_check}
