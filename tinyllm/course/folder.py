"""The learner's folder: a file for each exercise, and course.json, which knows how far one is.

    my-course/
      README.md
      course.json              language, what passed, hints taken
      02-kernels/01-softmax.py   ...

Nothing of the learner's is ever overwritten. `reset` keeps a copy. A folder of an older version
gets what is new, and what has another place now is moved there.
"""

from __future__ import annotations

import os
import re
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path

from tinyllm.course.chapters import CHAPTERS, EXERCISES
from tinyllm.course.exercise import Exercise, variant_of
from tinyllm.course.progress import PROGRESS, Progress
from tinyllm.course.stubs import stub
from tinyllm.course.texts import chapter_texts, checked_language, texts_of
from tinyllm.course.words import say
from tinyllm.errors import DataError, OptionError
from tinyllm.files import make_folder, write_atomically

README = "README.md"


class Folder(Progress):
    """A course that somebody has begun."""

    @classmethod
    def start(
        cls, path: str | os.PathLike[str], language: str = "en", student: str | None = None
    ) -> Folder:
        """Write a new course.

        student:   a number or a name; some exercises are then a little different for each
        Raises:    OptionError for a folder that is taken, or another language; DataError if it
                   cannot be written
        """
        folder = cls(Path(path), checked_language(language), student)
        if folder.path.exists() and (not folder.path.is_dir() or any(folder.path.iterdir())):
            raise OptionError(
                f"course: {str(path)!r} is there already. Hint: choose another name, or go on in "
                "it: cd there, and `tinyllm course status`."
            )
        make_folder(folder.path)
        folder.save()  # first: a course that was cut off here is completed when it is opened
        folder.add_missing()
        return folder

    @classmethod
    def open(cls, path: str | os.PathLike[str] = ".") -> Folder:
        """Open the course in this folder, or in the nearest folder above it.

        One of an older version gets what is new.

        Raises:    DataError if there is none, or its course.json is broken or of a later version
        """
        here = Path(path).resolve()
        places = [folder for folder in (here, *here.parents) if (folder / PROGRESS).is_file()]
        if not places:
            raise DataError(
                f"course: {str(path)!r} is no course. Hint: `tinyllm course start my-course` makes "
                "one; then cd into it."
            )
        folder = cls(places[0], "en")
        folder.read()
        folder.move_along()
        if any(not folder.file(exercise).exists() for exercise in EXERCISES.values()):
            folder.add_missing()
        return folder

    def move_along(self) -> None:
        """Move files that an older version wrote at another place, with the copies beside them.

        An editor may still have such a file open, and save it where it was. Then there are two, and
        a warning says which one counts.
        """
        for exercise in EXERCISES.values():
            file = self.file(exercise)
            for old in earlier(self.path, exercise):
                values = {"old": old.relative_to(self.path), "new": file.relative_to(self.path)}
                if file.exists():
                    warnings.warn(say(self.language, "two-files", **values), stacklevel=2)
                    continue
                make_folder(file.parent)
                for part in list(old.parent.glob(f"{old.stem}.*")):
                    target = file.with_suffix("".join(part.suffixes))
                    if not target.exists():
                        os.replace(part, target)
                with suppress(OSError):  # it is not empty
                    old.parent.rmdir()
                warnings.warn(say(self.language, "moved", **values), stacklevel=2)

    def add_missing(self) -> None:
        """Write the files that are not there, and leave all others alone."""
        for number, chapter in enumerate(CHAPTERS, start=1):
            make_folder(self.path / f"{number:02}-{chapter.name}")
        for exercise in EXERCISES.values():
            if not self.file(exercise).exists():
                write_atomically(self.file(exercise), self.untouched(exercise).encode())
        write_atomically(self.path / README, self.readme().encode())

    def file(self, exercise: Exercise) -> Path:
        """Where a learner writes an exercise."""
        return self.path / place_of(exercise)

    def untouched(self, exercise: Exercise) -> str:
        """Return the file as the course writes it."""
        texts = texts_of(exercise.name, self.language)
        lines = [say(self.language, "check-it", name=exercise.name)]
        variant = variant_of(exercise, self.student)
        if variant is not None:
            lines.insert(0, say(self.language, "variant", text=variant.text[self.language]) + "\n")
        return stub(exercise, texts, "\n".join(lines))

    def readme(self) -> str:
        """Write what this folder is, and the chapters."""
        lines = [say(self.language, "readme-head")]
        for number, chapter in enumerate(CHAPTERS, start=1):
            title, about, boss = chapter_texts(chapter.name, self.language)
            lines.append(f"## {number} {title}\n\n{about}\n")
            for exercise in chapter.exercises:
                words = texts_of(exercise.name, self.language).title
                lines.append(f"- `{exercise.name}`: {words}")
            lines.append(f"\n{boss}\n")
        return "\n".join(lines) + "\n"

    def exercise(self, name: str | None) -> Exercise:
        """Look an exercise up; None: the next one after the latest pass that has not passed yet.

        Raises:    OptionError that names the near ones
        """
        if name is None:
            order = list(EXERCISES.values())
            last = next((e for e in reversed(order) if e.name == self.latest()), order[-1])
            return self.next_after(last) or last
        word = re.sub(r"^\d+-", "", Path(name).stem.lower()).replace("_", "-")  # or its file
        if word in EXERCISES:
            return EXERCISES[word]
        near = get_close_matches(word, EXERCISES, n=2, cutoff=0.6)
        hint = f"did you mean {' or '.join(near)}?" if near else "`tinyllm course status`"
        raise OptionError(f"course: there is no exercise {name!r}. Hint: {hint}")

    def latest(self) -> str | None:
        """Return the name of the exercise that passed last."""
        return next(reversed(self.passed), None)

    def next_after(self, exercise: Exercise) -> Exercise | None:
        """Return the next exercise that has not passed, after this one and then from the start."""
        order = list(EXERCISES.values())
        place = order.index(exercise) + 1
        left = [e for e in order[place:] + order[:place] if e.name not in self.passed]
        return left[0] if left else None

    def note_pass(self, exercise: Exercise) -> None:
        """Keep that an exercise passed."""
        with self.changing():
            when = self.passed.pop(exercise.name, time.strftime("%Y-%m-%d %H:%M"))
            self.passed[exercise.name] = when  # at the end: it is the latest

    def forget_pass(self, exercise: Exercise) -> None:
        """Take a pass back: the file as it is now does not pass."""
        if exercise.name in self.passed:
            with self.changing():
                self.passed.pop(exercise.name, None)

    def note_given_up(self, exercise: Exercise) -> None:
        """Keep that a solution was shown before a pass."""
        with self.changing():
            self.given_up = sorted({*self.given_up, exercise.name})

    def next_hint(self, exercise: Exercise) -> tuple[int, str]:
        """Return the next hint and its number; after the last one, the last one again."""
        hints = texts_of(exercise.name, self.language).hints
        with self.changing():
            number = min(self.hints.get(exercise.name, 0) + 1, len(hints))
            self.hints[exercise.name] = number
        return number, hints[number - 1]

    def reset(self, exercise: Exercise) -> Path:
        """Begin an exercise anew; return where the old file went."""
        file = self.file(exercise)
        count = 1
        while (kept := file.with_suffix(f".{count}.bak")).exists():
            count += 1
        if file.exists():
            os.replace(file, kept)
        write_atomically(file, self.untouched(exercise).encode())
        with self.changing():
            self.passed.pop(exercise.name, None)
        return kept


def place_of(exercise: Exercise) -> Path:
    """Where in a course an exercise's file lies: 02-kernels/01-softmax.py."""
    for number, chapter in enumerate(CHAPTERS, start=1):
        if exercise in chapter.exercises:
            place = chapter.exercises.index(exercise) + 1
            return Path(f"{number:02}-{chapter.name}") / f"{place:02}-{exercise.name}.py"
    raise KeyError(exercise.name)


def file_of(course: Path, exercise: Exercise) -> Path:
    """Where the file of an exercise is: at its place, or where an older version has put it."""
    place = course / place_of(exercise)
    return place if place.exists() else next(earlier(course, exercise), place)


def earlier(course: Path, exercise: Exercise) -> Iterator[Path]:
    """Find the files of an exercise at other places than its own, in whatever chapter."""
    for file in sorted(course.glob(f"[0-9][0-9]-*/[0-9][0-9]-{exercise.name}.py")):
        if file != course / place_of(exercise):
            yield file
