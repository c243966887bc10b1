"""Outcome: what a function did with some arguments; and whether two outcomes are the same.

Who calls it: runner.py for the learner's function, checker.py for ours and for the mistakes.
"""

from __future__ import annotations

import copy
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import tinyllm


@dataclass(frozen=True)
class Outcome:
    """A value, or an error; and whether the arguments are still what they were."""

    value: Any = None
    error: str | None = None  # the type of the exception
    message: str = ""
    lines: str = ""  # the traceback, the learner's own lines of it
    changed: Sequence[int] = ()  # which arguments were written into
    printed: str = ""


def outcome(use: Callable[..., Any], function: Callable[..., Any], arguments: Any) -> Outcome:
    """Call use(function, *arguments) on a copy of the arguments.

    All kernels are the definitions: they hold the learner's function where that is one of them.
    """
    given = copy.deepcopy(arguments)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(), tinyllm.backend("numpy"):
            warnings.simplefilter("ignore")
            value = use(function, *given)
    except Exception as error:
        return Outcome(error=type(error).__name__, message=str(error))
    pairs = zip(given, arguments, strict=True)
    changed = [i for i, pair in enumerate(pairs) if not same(*pair, tolerance=0.0)]
    return Outcome(value=value, changed=changed)


def alike(one: Outcome, two: Outcome, tolerance: float) -> bool:
    """Whether two functions did the same."""
    if one.error or two.error:
        return one.error == two.error and blanked(one.message) == blanked(two.message)
    return [*one.changed] == [*two.changed] and same(one.value, two.value, tolerance)


def blanked(message: str) -> str:
    """Leave out of an error's message what differs between two programs: names and numbers.

    >>> blanked("f() takes 1 positional argument but 'x' has 2")
    '· takes · positional argument but · has ·'
    """
    return re.sub(r"[\w.<>]+\(\)|'[^']*'|\d+", "·", message)


def same(one: Any, two: Any, tolerance: float) -> bool:
    """Whether two values are equal, numbers up to a tolerance, NaN to NaN."""
    return difference(one, two, tolerance) is None


def difference(got: Any, expected: Any, tolerance: float) -> str | None:
    """Say how a value differs: "type", "length", "shape", "dtype", "nan" or "values"; None if not.

    Whole numbers and fractions are two kinds; float32 and float64 are one, unless both are arrays.
    """
    if isinstance(expected, list | tuple):
        if not isinstance(got, list | tuple):
            return "type"
        if len(got) != len(expected):
            return "length"
        found = [difference(*pair, tolerance) for pair in zip(got, expected, strict=True)]
        return next((kind for kind in found if kind), None)
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return "type"
        if got.keys() != expected.keys():
            return "values"
        return difference(list(got[k] for k in expected), list(expected.values()), tolerance)
    if expected is None or isinstance(expected, str | bytes):
        return None if type(got) is type(expected) and got == expected else kind_of(got, expected)
    if got is None or isinstance(got, str | bytes | list | tuple | dict):
        return "type"
    return numbers_differ(np.asarray(got), np.asarray(expected), tolerance)


def kind_of(got: Any, expected: Any) -> str:
    """Say whether two values that differ are at least of one type."""
    return "values" if type(got) is type(expected) else "type"


def numbers_differ(got: np.ndarray, expected: np.ndarray, tolerance: float) -> str | None:
    """Compare numbers: as `difference`."""
    if got.shape != expected.shape:
        return "shape"
    if "O" in got.dtype.kind + expected.dtype.kind:  # a whole number beyond 64 bits, or an object
        return None if np.array_equal(got, expected) else "type"
    wanted = expected.dtype.kind
    if (got.dtype.kind == "f") != (wanted == "f") and not (wanted == "f" and got.ndim == 0):
        return "dtype"
    if got.ndim and wanted == "f" and got.dtype != expected.dtype:
        return "dtype"
    if (got.dtype.kind == "b") != (wanted == "b"):
        return "dtype"
    if not np.issubdtype(got.dtype, np.number) or not np.issubdtype(expected.dtype, np.number):
        return None if np.array_equal(got, expected) else "values"
    with np.errstate(all="ignore"):
        close = np.isclose(got, expected, rtol=tolerance, atol=tolerance, equal_nan=True)
    if close.all():
        return None
    return "nan" if (np.isnan(got) & ~np.isnan(expected)).any() else "values"
