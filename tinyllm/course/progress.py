"""course.json: how far somebody is with a course. One command at a time writes it, and whole.

Leaves out: the files with the answers (folder.py), which inherits this.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinyllm import __version__
from tinyllm.course.texts import checked_language
from tinyllm.errors import DataError
from tinyllm.files import write_json

PROGRESS, LOCK = "course.json", ".saving"
VERSION = 1
STALE, WAIT = 5.0, 0.02  # seconds: after which a lock was left behind; between two looks at it


@dataclass
class Progress:
    """What course.json says."""

    path: Path  # the folder in which it lies
    language: str
    student: str | None = None  # whose variants of the exercises these are
    passed: dict[str, str] = field(default_factory=dict)  # exercise: when
    hints: dict[str, int] = field(default_factory=dict)  # exercise: how many were shown
    given_up: list[str] = field(default_factory=list)

    def read(self) -> None:
        """Take over what the file says.

        Raises:    DataError if it is broken, or of a later version
        """
        file = self.path / PROGRESS
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            version = int(content.pop("version"))
            content.pop("tinyllm", None)
            vars(self).update(vars(checked(Progress(self.path, **content))))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DataError(
                f"course: {str(file)!r} is broken. Hint: your answers are safe. Write "
                '{"version": 1, "language": "en"} into that file, and check them again.'
            ) from error
        if version > VERSION:
            raise DataError(f"course: {str(file)!r} is of a newer tinyllm. Hint: update tinyllm.")

    def save(self) -> None:
        """Write the file, whole or not at all."""
        head: dict[str, Any] = {"version": VERSION, "tinyllm": __version__}
        own = {name: value for name, value in vars(self).items() if name != "path"}
        write_json(self.path / PROGRESS, head | own)

    @contextmanager
    def changing(self) -> Generator[None]:
        """Read the file anew, let the caller change what it says, and write it.

        Other commands may run at the same time, `watch` all day long. A lock makes them wait for
        each other for these few milliseconds. So what one notes is not lost by another.
        """
        file, end = self.path / LOCK, time.monotonic() + STALE
        while True:
            try:
                os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
                break
            except FileExistsError:
                if time.monotonic() > end:  # who made it is gone
                    file.unlink(missing_ok=True)
                time.sleep(WAIT)
            except OSError as error:
                raise DataError(f"cannot write {str(file)!r}: {error.strerror}.") from error
        try:
            self.read()
            yield
            self.save()
        finally:
            file.unlink(missing_ok=True)


def checked(progress: Progress) -> Progress:
    """Take what has the right kinds of values.

    Raises:    OptionError for another language; TypeError for a value of another kind
    """
    checked_language(progress.language)
    if not (
        isinstance(progress.student, str | None)
        and isinstance(progress.passed, dict)
        and isinstance(progress.hints, dict)
        and all(isinstance(count, int) for count in progress.hints.values())
        and isinstance(progress.given_up, list)
    ):
        raise TypeError("a value of another kind")
    return progress
