"""Points for what learners handed in: as a table, as JSON, and as JUnit XML for other platforms.

A submission is checked by its code alone: what its course.json says does not count. Who calls it:
`tinyllm course grade`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from tinyllm.course.chapters import CHAPTERS, EXERCISES
from tinyllm.course.checker import Verdict, check
from tinyllm.course.exercise import Exercise
from tinyllm.course.folder import file_of
from tinyllm.files import write_atomically, write_json


@dataclass
class Grade:
    """One submission."""

    folder: str
    problem: str | None = None  # why there is nothing to grade
    verdicts: dict[str, Verdict] = field(default_factory=dict)

    @property
    def points(self) -> dict[str, int]:
        """Points for each exercise."""
        return {n: EXERCISES[n].points if v.passed else 0 for n, v in self.verdicts.items()}

    @property
    def total(self) -> int:
        """All points together."""
        return sum(self.points.values())


SEED = 20_260  # of the drawn inputs, where a lecturer does not give one; `check` has 0


def possible() -> int:
    """How many points there are."""
    return sum(exercise.points for exercise in EXERCISES.values())


def grade(
    folders: Iterable[Path], seed: int = SEED, *, by_student: bool = False
) -> Iterator[Grade]:
    """Check every exercise of every folder.

    seed:        of the inputs that are drawn: another one than that of `check`, the same for all
    by_student:  whether each folder is called after its student, who has variants of his own. What
                 course.json says of that does not count
    """
    for path in folders:
        result = Grade(path.resolve().name)
        if not path.is_dir():
            result.problem = "there is no such folder"
        elif not any(file_of(path, e).exists() for e in EXERCISES.values()):
            result.problem = "it has no file of the course"
        else:
            for exercise in EXERCISES.values():
                file, student = file_of(path, exercise), result.folder if by_student else None
                result.verdicts[exercise.name] = graded(exercise, file, seed, student)
        yield result


def graded(exercise: Exercise, file: Path, seed: int, student: str | None) -> Verdict:
    """Check one file; one that is missing was not begun."""
    if not file.is_file():
        return Verdict("untouched")
    return check(exercise, file, seed, student=student)


def write_csv(file: Path, grades: list[Grade]) -> None:
    """Write a row a submission, a column an exercise."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["folder", "points", "of", *EXERCISES, "problem"])
    for one in grades:
        points = [one.points.get(name, 0) for name in EXERCISES]
        rows.writerow([one.folder, one.total, possible(), *points, one.problem or ""])
    write_atomically(file, text.getvalue().encode())


def write_report(file: Path, grades: list[Grade]) -> None:
    """Write JSON: for each submission its points, and for each exercise the kind of verdict."""
    content = [
        {
            "folder": one.folder,
            "points": one.total,
            "of": possible(),
            "problem": one.problem,
            "exercises": {
                name: {"points": one.points[name], "verdict": v.kind, "mistake": v.mistake}
                for name, v in one.verdicts.items()
            },
        }
        for one in grades
    ]
    write_json(file, content)


def write_junit(file: Path, grades: list[Grade]) -> None:
    """Write JUnit XML, which GitHub Classroom, GitLab and Gradescope's adapters read."""
    root = ElementTree.Element("testsuites")
    for one in grades:
        suite = ElementTree.SubElement(root, "testsuite", name=one.folder)
        failures = 0
        for chapter in CHAPTERS:
            for exercise in chapter.exercises:
                name = f"{chapter.name}.{exercise.name}"
                case = ElementTree.SubElement(suite, "testcase", name=name, classname=one.folder)
                verdict = one.verdicts.get(exercise.name)
                if verdict is None or not verdict.passed:
                    failures += 1
                    kind = one.problem if verdict is None else verdict.kind
                    ElementTree.SubElement(case, "failure", message=str(kind))
        suite.set("tests", str(len(EXERCISES)))
        suite.set("failures", str(failures))
    write_atomically(file, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def summary(one: Grade) -> str:
    """One line for a submission."""
    return f"{one.folder}: {one.problem or f'{one.total} of {possible()} points'}"
