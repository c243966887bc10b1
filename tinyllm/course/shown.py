"""Values as a learner sees them: short, laid out, and with the place in sight at which they differ.

Leaves out: the sentences around them (feedback.py, which calls this).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any
from unicodedata import east_asian_width

import numpy as np

from tinyllm.course.outcome import same
from tinyllm.types import Array

ROWS, COLUMNS, WIDTH = 12, 16, 90  # what is shown whole: lines, numbers and letters in a line
MOST = 2 * ROWS  # lines of all entries together
DIGITS = 7  # of a number that stands alone
BEFORE, AFTER = 2, 4  # rows and numbers around a difference, where not all are shown
PRINT = {"precision": 5, "suppress": True, "edgeitems": 3, "linewidth": WIDTH}
Parts = dict[Any, Any] | list[Any] | tuple[Any, ...]


def shown(value: Any, other: Any = None, tolerance: float = 0.0) -> str:
    """Write a value as one would type it, but short.

    other:     what it is compared with. Where not all is shown, what differs is

    >>> print(shown({"a": 1, "b": [2, 3]}))
    {'a': 1,
     'b': [2, 3]}
    >>> print(shown("the cat", "the kat"))
    'the cat'
         ^
    """
    match value:
        case np.ndarray():
            return array_shown(value, other, tolerance)
        case dict() | list() | tuple():
            return parts_shown(value, other, tolerance)
        case str() | bytes() if type(value) in (str, bytes):
            return text_shown(value, other)
        case float() | np.floating():
            return repr(float(f"{value:.{DIGITS}g}"))
    return str(value) if isinstance(value, np.generic) else repr(value)


def array_shown(value: Array, other: Any, tolerance: float) -> str:
    """Show an array in NumPy's layout; of a large one the part around the first difference."""
    place = next(array_places(value, other, tolerance), None)
    whole = math.prod(value.shape[:-1]) <= ROWS and math.prod(value.shape[-1:]) <= COLUMNS
    head = ""
    if not whole and place is not None:
        part = part_around(value.shape, place)
        head = f"[{', '.join(map(slice_shown, part))}]  shape={value.shape}\n"
        value, whole = value[part], True
    text = layout(value, whole)
    return head + (text if value.dtype == np.float32 else f"{text}  ({value.dtype})")


def layout(value: Array, whole: bool = True) -> str:
    """Write an array as NumPy does."""
    with np.printoptions(**PRINT, threshold=value.size + 1 if whole else 0):  # pyright: ignore
        text = np.array2string(value, separator=", ")
    return re.sub("\n{3,}", "\n\n", text)  # NumPy has two empty lines between blocks of blocks


def part_around(shape: tuple[int, ...], place: tuple[int, ...]) -> tuple[int | slice, ...]:
    """Choose a part of an array: a window in its last two axes, one index in all before."""
    windows = [
        slice(max(0, i - BEFORE), min(size, i + AFTER + 1))
        for i, size in zip(place[-2:], shape[-2:], strict=True)
    ]
    return (*place[:-2], *windows)


def slice_shown(index: int | slice) -> str:
    """Write an index as in brackets."""
    return f"{index.start}:{index.stop}" if isinstance(index, slice) else str(index)


def parts_shown(value: Parts, other: Any, tolerance: float) -> str:
    """Show a dict, a list or a tuple: a list on one line if it fits, else an entry a line.

    Where these are too many, those are shown that differ, and no more than fit on a screen.
    """
    mine, theirs = parts(value), parts(other)
    if not mine or (not isinstance(value, dict) and on_one_line(value)):
        return on_one_line(value) if mine else repr(value)
    lines, heights = {}, {}
    for label, entry in mine.items():
        head = f"{label[1:-1]}: " if isinstance(value, dict) else f"{label}: "
        there = theirs.get(label)
        both = shown(entry, there, tolerance), shown(there, entry, tolerance)
        lines[label] = hanging(head, both[0])
        heights[label] = max(text.count("\n") + 1 for text in both)
    kept = list(lines)
    if theirs and sum(heights.values()) > ROWS:
        kept = [k for k in kept if k not in theirs or not agree(mine[k], theirs[k], tolerance)]
    while len(kept) > 1 and sum(heights[label] for label in kept) > MOST:
        kept.pop()
    texts = [lines[label] for label in kept]
    if len(texts) < len(value):
        texts.append(f"…  ({len(value)})")
    if not isinstance(value, dict):
        return "\n".join(texts)
    return hanging("{", "\n".join([*map(with_comma, texts[:-1]), texts[-1]]) + "}")


def with_comma(text: str) -> str:
    """Put a comma behind an entry, and not behind the caret below it."""
    entry, _, caret = text.rpartition("\n") if text.endswith("^") else (text, "", "")
    return f"{entry},\n{caret}" if caret else f"{entry},"


def on_one_line(value: Parts) -> str:
    """Write a list or tuple on one line; "" if it is too long, or holds dicts."""
    if len(value) > WIDTH or any(isinstance(entry, dict) for entry in value):
        return ""
    begin, end = "[]" if isinstance(value, list) else ("(", ",)" if len(value) == 1 else ")")
    texts = [layout(entry) if isinstance(entry, np.ndarray) else shown(entry) for entry in value]
    line = begin + ", ".join(texts) + end
    return line if len(line) <= WIDTH and "\n" not in line else ""


def parts(value: Any) -> dict[str, Any]:
    """Return the entries of a dict, a list or a tuple, by what one would type to get them."""
    if isinstance(value, dict):
        return {f"[{key!r}]": entry for key, entry in value.items()}
    return {f"[{i}]": e for i, e in enumerate(value)} if isinstance(value, list | tuple) else {}


def text_shown(value: str | bytes, other: Any) -> str:
    """Show a text in quotes, with a caret where the other one differs."""
    text = repr(value)
    if type(other) is not type(value) or other == value:
        return text if len(text) <= WIDTH else f"{text[:WIDTH]}…  ({len(value)})"
    two = repr(other)
    if text[-1] != two[-1]:
        text, two = quoted(value), quoted(other)
    pairs = zip(text, two, strict=False)
    first = next((i for i, (one, two) in enumerate(pairs) if one != two), 0)
    start = 0 if len(text) <= WIDTH else max(0, first - WIDTH // 3)
    before = ("…" if start else "") + text[start:first]
    after = text[first : start + WIDTH] + ("…" if len(text) > start + WIDTH else "")
    columns = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in before)
    return f"{before}{after}\n{' ' * columns}^"


def quoted(value: str | bytes) -> str:
    """Write a text in single quotes, whichever it holds, so that two texts stay in step.

    A double quote in front makes Python choose single ones; it is taken away again.
    """
    if isinstance(value, bytes):
        return "b'" + repr(b'"' + value)[3:]
    return "'" + repr('"' + value)[2:]


def hanging(head: str, text: str) -> str:
    """Put a word before a text of several lines, which stay in line with each other."""
    return head + text.replace("\n", "\n" + " " * len(head))


def agree(one: Any, two: Any, tolerance: float) -> bool:
    """Whether two values are the same, whichever of the two was expected."""
    return same(one, two, tolerance) and same(two, one, tolerance)


def places(got: Any, expected: Any, tolerance: float) -> Iterator[str]:
    """Go to each place at which two values of one form differ: what one would type to get there.

    >>> list(places([1, {"a": 2}], [1, {"a": 3}], 0.0))
    ["[1]['a']"]
    """
    ours, theirs = parts(expected), parts(got)
    if isinstance(expected, np.ndarray):
        yield from (str([*index]) for index in array_places(expected, got, tolerance))
    elif theirs and (isinstance(expected, dict) or len(ours) == len(theirs)):
        for label in ours | theirs:
            if label in ours and label in theirs:
                inner = places(theirs[label], ours[label], tolerance)
                yield from (label + place for place in inner)
            else:
                yield label
    elif not same(got, expected, tolerance):
        yield ""


def array_places(one: Array, two: Any, tolerance: float) -> Iterator[tuple[int, ...]]:
    """Go to each place at which an array differs from another one of its shape."""
    if not isinstance(two, np.ndarray) or not one.ndim or one.shape != two.shape:
        return
    if one.dtype.kind + two.dtype.kind not in NUMBERS:
        return
    with np.errstate(all="ignore"):
        close = np.isclose(two, one, rtol=tolerance, atol=tolerance, equal_nan=True)
    for place in np.argwhere(~close):
        yield tuple(map(int, place))


NUMBERS = {one + two for one in "biuf" for two in "biuf"}  # kinds of dtypes, in pairs
