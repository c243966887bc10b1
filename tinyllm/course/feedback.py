"""A verdict in words: what must hold, the smallest input that fails, the likely mistake.

It never shows the solution, nor how it is tested. Who calls it: the command.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np

from tinyllm.course.checker import Verdict, ours
from tinyllm.course.exercise import Exercise, call
from tinyllm.course.texts import Texts, reading, texts_of
from tinyllm.course.words import say

MOST = 8  # places that are listed
PRINT = {"precision": 5, "suppress": True, "threshold": 60, "edgeitems": 3, "linewidth": 90}
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
    return "\n\n".join(parts)


def what(exercise: Exercise, verdict: Verdict, file: Path, language: str) -> str:
    """Say in one line what is wrong."""
    got, kind = verdict.got, verdict.kind
    values: dict[str, object] = {"file": file, "function": exercise.function}
    if got is not None:
        message = got.message.replace("\n", " ")
        values |= {"error": got.error, "message": message or say(language, "nothing")}
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
    lines = [f"{name} = {shown(value)}" for name, value in zip(names, verdict.case, strict=True)]
    parts = [say(language, "smallest") + "\n" + indented("\n".join(lines))]
    got = verdict.got
    if got is not None and got.error is None and verdict.kind != "changed":
        both = [
            f"{say(language, 'expected-got')}\n{indented(shown(verdict.expected))}",
            f"{say(language, 'got')}\n{indented(shown(got.value))}",
        ]
        parts.append(indented("\n".join(both)))
        places = differing(got.value, verdict.expected, exercise.tolerance)
        if places:
            parts.append(say(language, "differs", places=places))
    return parts


def argument_names(exercise: Exercise, count: int) -> list[str]:
    """Name the arguments as the function does; or where `use` stands between, as that does."""
    try:
        if exercise.use is call:
            names = list(inspect.signature(ours(exercise)).parameters)
        else:
            names = list(inspect.signature(exercise.use).parameters)[1:]
    except (TypeError, ValueError):
        names = []
    return names if len(names) == count else [f"input {i + 1}" for i in range(count)]


def shown(value: Any) -> str:
    """Write a value as one would type it, but short."""
    with np.printoptions(**PRINT):  # pyright: ignore[reportArgumentType]
        if isinstance(value, np.ndarray):
            text = np.array2string(value, separator=", ")
            return text if value.dtype == np.float32 else f"{text}  ({value.dtype})"
        if isinstance(value, list | tuple) and any(isinstance(v, np.ndarray) for v in value):
            return "\n".join(shown(entry) for entry in value)
        return str(value) if isinstance(value, np.generic) else repr(value)


def differing(got: Any, expected: Any, tolerance: float) -> str:
    """List the places at which two arrays of one shape differ."""
    if not isinstance(expected, np.ndarray) or not expected.ndim:
        return ""
    got = np.asarray(got)
    if got.shape != expected.shape or got.dtype.kind not in "biuf":
        return ""
    with np.errstate(all="ignore"):
        wrong = ~np.isclose(got, expected, rtol=tolerance, atol=tolerance, equal_nan=True)
    places = [str(list(map(int, place))) for place in np.argwhere(wrong)]
    more = f", … ({len(places)})" if len(places) > MOST else ""
    return ", ".join(places[:MOST]) + more


def likely(verdict: Verdict, texts: Texts, language: str) -> list[str]:
    """Explain the mistake that was recognised, and say where to read."""
    if verdict.case is None:
        return []
    place = say(language, "read", place=reading(texts.read, language))
    if verdict.mistake is None:
        return [place]
    title, explanation = texts.mistakes[verdict.mistake]
    parts = [say(language, "likely", title=title) + "\n" + indented(explanation), place]
    return [*parts, say(language, "more")] if verdict.more else parts


def beginning(printed: str) -> str:
    """Return the first lines of what was printed, and of each no more than fits on a screen."""
    most, width = PRINTED
    lines = printed.strip().splitlines()
    cut = [line if len(line) <= width else line[:width] + "…" for line in lines[:most]]
    return "\n".join([*cut, "…"] if len(lines) > most else cut)


def indented(text: str) -> str:
    """Move a text to the right."""
    return "\n".join(f"  {line}" for line in text.splitlines())
