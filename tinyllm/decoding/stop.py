"""Where a text ends: at ids, which a model writes, and at strings, which a reader sees.

A stop string may be parts of several tokens, so it is looked for in the text, not in the ids.
Who calls it: generate.py and beam.py take ids, `tinyllm generate --stop` strings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.errors import OptionError
from tinyllm.types import Array


def checked_stop(stop: ArrayLike | None) -> Array:
    """Take one id, several, or None.

    Raises:  OptionError if they are no integers of at least 0

    >>> checked_stop(5).tolist(), checked_stop([5, 6]).tolist(), checked_stop(None).tolist()
    ([5], [5, 6], [])
    """
    ids = np.atleast_1d(np.asarray(() if stop is None else stop))
    if ids.size == 0:
        return ids.astype(np.int64)
    if ids.ndim > 1 or ids.dtype.kind not in "iu" or ids.min() < 0:
        hint = "strings go to tinyllm.decoding.until_stop"
        raise OptionError(f"stop: takes an id or a list of ids; got {stop!r}. Hint: {hint}.")
    return ids


def until_stop_id(row: Array, length: int, stop: ArrayLike | None) -> Array:
    """Cut a row after its first stop id that is not in the prompt, its first `length` ids.

    >>> until_stop_id(np.array([7, 1, 2, 7, 3]), 1, stop=7).tolist()
    [7, 1, 2, 7]
    """
    found = np.flatnonzero(np.isin(row[length:], checked_stop(stop)))
    return row[: length + found[0] + 1] if found.size else row


def until_stop(pieces: Iterable[str], stop: Iterable[str]) -> Iterator[str]:
    r"""Yield a text that comes in pieces, as far as the first stop string.

    What may be the beginning of a stop string is held back until the next pieces decide. The first
    one is that which ends first; of those that end at the same place, the longest.

    Raises:  OptionError if a stop string is empty, or no str

    >>> list(until_stop(["a\n", "b", "\n", "\nc", "d"], ["\n\n"]))
    ['a', '\nb']
    """
    stops = checked_strings(stop)
    held = ""
    for piece in pieces:
        held += piece
        ends = [(held.find(s) + len(s), -len(s)) for s in stops if s in held]
        if ends:
            end, length = min(ends)
            held = held[: end + length]
            break
        free = len(held) - max((overlap(held, s) for s in stops), default=0)
        if free:
            yield held[:free]
        held = held[free:]
    if held:
        yield held


def overlap(text: str, stop: str) -> int:
    """Count the last characters of a text that `stop` begins with; `stop` as a whole is no match.

    >>> overlap("to be", "be quiet"), overlap("to be", "or"), overlap("aaa", "aab")
    (2, 0, 2)
    """
    most = min(len(text), len(stop) - 1)
    return next((n for n in range(most, 0, -1) if text.endswith(stop[:n])), 0)


def checked_strings(stop: Iterable[str]) -> list[str]:
    """Take a list of stop strings, or one."""
    strings = [stop] if isinstance(stop, str) else list(stop)
    if not all(isinstance(string, str) and string for string in strings):
        raise OptionError(f"stop: takes strings of at least one character; got {stop!r}.")
    return strings
