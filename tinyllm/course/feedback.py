"""A verdict in words: what must hold, the smallest input that fails, the likely mistake.

It never shows the solution, nor how it is tested. Who calls it: the command.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tinyllm.course.checker import FORGOTTEN, Verdict, ours
from tinyllm.course.exercise import Exercise
from tinyllm.course.shown import hanging, places, shown
from tinyllm.course.texts import Texts, reading, texts_of
from tinyllm.course.words import say

MOST = 6  # places that are listed
PRINTED = 10, 100  # lines of what the learner prints, and letters of each
OWN_WORDS = ("RecursionError", "EOFError", "Foreign")  # errors with a sentence of their own


def feedback(exercise: Exercise, verdict: Verdict, file: Path, language: str) -> str:
    """Say what came out of a check."""
    texts = texts_of(exercise.name, language)
    if verdict.passed:
        return "\n\n".join([say(language, "passed", name=texts.title), texts.after])
    parts = [say(language, "failed", name=texts.title), what(exercise, verdict, file, language)]
    if verdict.case is not None:
        parts.insert(1, say(language, "expected", text=texts.expected))
    if verdict.got is not None and verdict.got.lines:
        parts.append(indented(verdict.got.lines))
    if verdict.case is not None:
        parts += example(exercise, verdict, language)
    if verdict.got is not None and verdict.got.printed.strip():
        parts.append(say(language, "printed") + "\n" + indented(beginning(verdict.got.printed)))
    parts += likely(verdict, texts, language)
    return "\n\n".join(part for part in parts if part)


def what(exercise: Exercise, verdict: Verdict, file: Path, language: str) -> str:
    """Say in one line what is wrong."""
    got, kind = verdict.got, verdict.kind
    values: dict[str, object] = {"file": file, "function": exercise.function}
    if got is not None:
        message = got.message.replace("\n", " ")
        values |= {"error": got.error, "message": message or say(language, "nothing")}
        if kind == "changed" and verdict.case is not None:
            names = dict(enumerate(argument_names(exercise, len(verdict.case))))
            values["arguments"] = ", ".join(names[i] for i in got.changed if i in names)
        if kind in ("error", "type") and got.error in OWN_WORDS:
            kind = got.error
        elif kind == "error" and verdict.case is None:
            kind = "error-in-file"
        elif kind in ("type", "length", "shape", "dtype"):
            pairs = first_difference(got.value, verdict.expected)
            values |= {"expected": look(pairs[1], kind), "got": look(pairs[0], kind)}
    return say(language, kind, **values)


def first_difference(got: Any, expected: Any) -> tuple[Any, Any]:
    """Go down into lists, tuples and dicts, to the first part that has another look."""
    if isinstance(expected, dict) and isinstance(got, dict):
        got, expected = [got.get(key) for key in expected], list(expected.values())
    if isinstance(expected, list | tuple) and isinstance(got, list | tuple):
        if len(got) != len(expected):
            return got, expected
        for pair in zip(got, expected, strict=True):
            one, two = first_difference(*pair)
            if any(look(one, k) != look(two, k) for k in ("type", "length", "shape", "dtype")):
                return one, two
    return got, expected


def look(value: Any, kind: str) -> str:
    """Show a value's type, length, shape or dtype."""
    if kind == "length":
        return str(len(value)) if isinstance(value, list | tuple) else "1"
    if kind == "type" or value is None or isinstance(value, str | list | tuple | dict):
        return type(value).__name__
    array = np.asarray(value)
    return str(array.shape) if kind == "shape" else str(array.dtype)


def example(exercise: Exercise, verdict: Verdict, language: str) -> list[str]:
    """Show the arguments, what was expected and what came."""
    assert verdict.case is not None
    names = argument_names(exercise, len(verdict.case))
    pairs = zip(names, verdict.case, strict=True)
    lines = [hanging(f"{name} = ", shown(value)) for name, value in pairs]
    parts = [say(language, "smallest") + "\n" + indented("\n".join(lines))]
    got = verdict.got
    if got is not None and got.error is None and verdict.kind != "changed":
        one = shown(verdict.expected, got.value, exercise.tolerance)
        two = shown(got.value, verdict.expected, exercise.tolerance)
        both = [
            f"{say(language, 'expected-got')}\n{indented(one)}",
            f"{say(language, 'got')}\n{indented(two)}",
        ]
        parts.append(indented("\n".join(both)))
        parts.append(where(got.value, verdict.expected, exercise.tolerance, language))
    return parts


def argument_names(exercise: Exercise, count: int) -> list[str]:
    """Name the arguments as `use` does, or the function itself; the last ones may be left out."""
    use, own = names_of(exercise.use)[1:], names_of(ours(exercise))[:count]
    found = use if len(use) == count else own
    return found if len(found) == count else [f"input {i + 1}" for i in range(count)]


def names_of(function: Callable[..., Any]) -> list[str]:
    """Return the names of a function's arguments, without `*arguments`."""
    parameters = inspect.signature(function).parameters.values()
    return [p.name for p in parameters if p.kind != p.VAR_POSITIONAL]


def where(got: Any, expected: Any, tolerance: float, language: str) -> str:
    """List the places at which two values differ; "" if there is nothing to list."""
    found = [place for place in places(got, expected, tolerance) if place]
    more = f", … ({len(found)})" if len(found) > MOST else ""
    return say(language, "differs", places=", ".join(found[:MOST]) + more) if found else ""


def likely(verdict: Verdict, texts: Texts, language: str) -> list[str]:
    """Explain the mistake that was recognised, and say where to read."""
    if verdict.case is None:
        return []
    place = say(language, "read", place=reading(texts.read, language))
    if verdict.mistake is None:
        return [place]
    if verdict.mistake == FORGOTTEN:
        return [say(language, FORGOTTEN), place]
    title, explanation = texts.mistakes[verdict.mistake]
    parts = [say(language, "likely", title=title) + "\n" + indented(explanation), place]
    return [*parts, say(language, "more")] if verdict.more else parts


def beginning(printed: str) -> str:
    """Return the first lines of what was printed, and of each no more than fits on a screen."""
    most, width = PRINTED
    lines = printed.strip().splitlines()
    cut = [line if len(line) <= width else line[:width] + "…" for line in lines[:most]]
    return "\n".join([*cut, f"…  ({len(lines)})"] if len(lines) > most else cut)


def indented(text: str) -> str:
    """Move a text to the right."""
    return "\n".join(f"  {line}" for line in text.splitlines())
