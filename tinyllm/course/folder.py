"""The learner's folder: a file for each exercise, and course.json, which knows how far one is.

    my-course/
      README.md
      course.json              language, what passed, hints taken
      02-kernels/01-softmax.py   ...

Nothing of the learner's is ever overwritten: `reset` keeps a copy, `upgrade` adds what is new.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from tinyllm import __version__
from tinyllm.course.chapters import CHAPTERS, EXERCISES
from tinyllm.course.exercise import Exercise, variant_of
from tinyllm.course.stubs import stub
from tinyllm.course.texts import chapter_texts, checked_language, texts_of
from tinyllm.course.words import say
from tinyllm.errors import DataError, OptionError
from tinyllm.files import make_folder, write_atomically, write_json

PROGRESS, README, LOCK = "course.json", "README.md", ".checking"
VERSION = 1
STALE = 300.0  # seconds after which a lock was left behind


@dataclass
class Folder:
    """A course that somebody has begun."""

    path: Path
    language: str
    student: str | None = None  # whose variants of the exercises these are
    passed: dict[str, str] = field(default_factory=dict)  # exercise: when
    hints: dict[str, int] = field(default_factory=dict)  # exercise: how many were shown
    given_up: list[str] = field(default_factory=list)

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
        folder.add_missing()
        return folder

    @classmethod
    def open(cls, path: str | os.PathLike[str] = ".") -> Folder:
        """Open the course in this folder, or in the nearest folder above it.

        Raises:    DataError if there is none, or its course.json is broken
        """
        here = Path(path).resolve()
        for candidate in (here, *here.parents):
            if (candidate / PROGRESS).is_file():
                return cls.read(candidate)
        raise DataError(
            f"course: {str(path)!r} is no course. Hint: `tinyllm course start my-course` makes "
            "one; then cd into it."
        )

    @classmethod
    def read(cls, path: Path) -> Folder:
        """Read course.json; an older version gets what is new.

        Raises:    DataError if it is broken, or of a later version
        """
        file = path / PROGRESS
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            version = content.pop("version")
            content.pop("tinyllm", None)
            folder = cls(path, **content)
            checked_language(folder.language)
        except (OSError, ValueError, KeyError, TypeError, OptionError) as error:
            raise DataError(
                f"course: {str(file)!r} is broken. Hint: your answers are safe; move them away, "
                "start a new course, and copy them into it."
            ) from error
        if version > VERSION:
            raise DataError(f"course: {str(file)!r} is of a newer tinyllm. Hint: update tinyllm.")
        if any(not folder.file(exercise).exists() for exercise in EXERCISES.values()):
            folder.add_missing()
        return folder

    def add_missing(self) -> None:
        """Write the files that are not there, and leave all others alone."""
        for number, chapter in enumerate(CHAPTERS, start=1):
            make_folder(self.path / f"{number:02}-{chapter.name}")
        for exercise in EXERCISES.values():
            if not self.file(exercise).exists():
                write_atomically(self.file(exercise), self.untouched(exercise).encode())
        write_atomically(self.path / README, self.readme().encode())
        self.save()

    def save(self) -> None:
        """Write course.json, whole or not at all."""
        head: dict[str, Any] = {"version": VERSION, "tinyllm": __version__}
        own = {name: value for name, value in vars(self).items() if name != "path"}
        write_json(self.path / PROGRESS, head | own)

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
        """Look an exercise up; None: the first that has not passed yet.

        Raises:    OptionError that names the near ones
        """
        if name is None:
            left = [e for e in EXERCISES.values() if e.name not in self.passed]
            return left[0] if left else list(EXERCISES.values())[-1]
        if name not in EXERCISES:
            near = get_close_matches(name, EXERCISES, n=3, cutoff=0.4)
            hint = f"did you mean {' or '.join(near)}?" if near else "`tinyllm course status`"
            raise OptionError(f"course: there is no exercise {name!r}. Hint: {hint}")
        return EXERCISES[name]

    def next_after(self, exercise: Exercise) -> Exercise | None:
        """Return the next exercise that has not passed, after this one and then from the start."""
        order = list(EXERCISES.values())
        place = order.index(exercise) + 1
        left = [e for e in order[place:] + order[:place] if e.name not in self.passed]
        return left[0] if left else None

    def note_pass(self, exercise: Exercise) -> None:
        """Keep that an exercise passed."""
        self.passed.setdefault(exercise.name, time.strftime("%Y-%m-%d %H:%M"))
        self.save()

    def note_given_up(self, exercise: Exercise) -> None:
        """Keep that a solution was shown before a pass."""
        if exercise.name not in self.given_up:
            self.given_up.append(exercise.name)
            self.save()

    @contextmanager
    def only_check(self) -> Generator[None]:
        """Hold a lock, so that two checks do not write the same progress.

        Raises:    OptionError if another one is running
        """
        file = self.path / LOCK
        with suppress(OSError):
            if time.time() - file.stat().st_mtime > STALE:
                file.unlink()
        try:
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError as error:
            raise OptionError(f"course: {say(self.language, 'busy')}") from error
        except OSError as error:
            raise DataError(f"cannot write {str(file)!r}: {error.strerror}.") from error
        try:
            yield
        finally:
            file.unlink(missing_ok=True)

    def next_hint(self, exercise: Exercise) -> tuple[int, str]:
        """Return the next hint and its number; after the last one, the last one again."""
        hints = texts_of(exercise.name, self.language).hints
        number = min(self.hints.get(exercise.name, 0) + 1, len(hints))
        self.hints[exercise.name] = number
        self.save()
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
        self.passed.pop(exercise.name, None)
        self.save()
        return kept


def place_of(exercise: Exercise) -> Path:
    """Where in a course an exercise's file lies: 02-kernels/01-softmax.py."""
    for number, chapter in enumerate(CHAPTERS, start=1):
        if exercise in chapter.exercises:
            place = chapter.exercises.index(exercise) + 1
            return Path(f"{number:02}-{chapter.name}") / f"{place:02}-{exercise.name}.py"
    raise KeyError(exercise.name)
