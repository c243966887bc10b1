"""What is said about an exercise, in the learner's language.

A file texts/LANGUAGE/NAME.md has a title, and sections with fixed names:

    # Softmax
    ## Task          what to write: shapes, formula, worked numbers
    ## Expected      in words, what holds for a right solution
    ## Hint          three times, from a question to nearly the answer
    ## After         why it works, what the library does, one question
    ## Read          the place in the docs that explains it
    ## Mistake no_maximum: The maximum is not taken away
                     one for each mistake of the exercise

Who calls it: the command, feedback.py, stubs.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tinyllm.errors import OptionError

FOLDER = Path(__file__).with_name("texts")
PACKAGE = Path(__file__).parents[1]
LANGUAGES = ("en", "zh")
HINTS = 3
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


class TextError(ValueError):
    """A text lacks a section: a mistake of ours, found by `tinyllm course dev check`."""


@dataclass(frozen=True)
class Texts:
    """The sections of one file."""

    title: str
    task: str
    expected: str
    hints: tuple[str, ...]
    after: str
    read: str
    mistakes: dict[str, tuple[str, str]]  # function: (its name in words, the explanation)


@cache
def texts_of(name: str, language: str) -> Texts:
    """Read the texts of an exercise.

    Raises:    TextError if a section is missing or unknown
    """
    file = FOLDER / language / f"{name}.md"
    sections = read_sections(file)
    one: dict[str, str] = {}
    hints: list[str] = []
    mistakes: dict[str, tuple[str, str]] = {}
    for head, body in sections[1:]:
        if head == "Hint":
            hints.append(body)
        elif head.startswith("Mistake "):
            function, _, words = head.removeprefix("Mistake ").partition(": ")
            mistakes[function] = (words, body)
        else:
            one[head] = body
    wanted = {"Task", "Expected", "After", "Read"}
    if one.keys() != wanted or len(hints) != HINTS:
        raise TextError(
            f"{file.name} ({language}): needs the sections {', '.join(sorted(wanted))} and {HINTS} "
            f"hints; has {', '.join(sorted(one))} and {len(hints)}."
        )
    return Texts(
        title=sections[0][0],
        task=one["Task"],
        expected=one["Expected"],
        hints=tuple(hints),
        after=one["After"],
        read=one["Read"],
        mistakes=mistakes,
    )


def reading(place: str, language: str) -> str:
    """Say where a page lies on this machine, in the learner's language: docs/walk.md, 10 Loss."""

    def full(match: re.Match[str]) -> str:
        inside = PACKAGE / "docs"  # where the package is installed; in its source it lies beside
        folder = inside if inside.is_dir() else PACKAGE.parent / "docs"
        return str((folder if language == "en" else folder / language) / match[1])

    return re.sub(r"docs/(?:zh/)?([\w/-]+\.md)", full, place)


@cache
def chapter_texts(name: str, language: str) -> tuple[str, str, str]:
    """Read a chapter's title, what it is about, and what its boss is: texts/…/chapter-NAME.md.

    Raises:    TextError if a section is missing
    """
    sections = read_sections(FOLDER / language / f"chapter-{name}.md")
    found = dict(sections[1:])
    if found.keys() != {"About", "Boss"}:
        raise TextError(f"chapter-{name}.md ({language}): needs the sections About and Boss.")
    return sections[0][0], found["About"], found["Boss"]


def read_sections(file: Path) -> list[tuple[str, str]]:
    """Cut a file at its headings: [(title, ""), (heading, text), ...].

    Raises:    TextError if there is no file, or it has no title
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise TextError(f"there is no text {file.parent.name}/{file.name}.") from error
    title, *rest = SECTION.split(text)
    if not title.startswith("# "):
        raise TextError(f"{file.name}: the first line must be a title, '# ...'.")
    heads, bodies = rest[::2], rest[1::2]
    sections = [(h.strip(), b.strip()) for h, b in zip(heads, bodies, strict=True)]
    return [(title.removeprefix("# ").strip(), ""), *sections]


def checked_language(language: str) -> str:
    """Take a language.

    Raises:    OptionError for one that we do not speak
    """
    if language not in LANGUAGES:
        raise OptionError(f"course: --lang must be {' or '.join(LANGUAGES)}; got {language!r}.")
    return language
