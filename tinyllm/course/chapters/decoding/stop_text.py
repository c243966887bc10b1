"""The exercise stop-text: a stop string may lie across pieces, and no reader may see half of it.

`use` reads what the generator yields, and notes how much of it is out before each piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.decoding.stop import overlap


def use(until_stop: Callable[..., Any], pieces: list[str], stop: list[str]) -> list[str]:
    """List what a reader has seen after each piece, and at the end."""
    seen = ""
    after: list[str] = []

    def read() -> Iterator[str]:
        for number, piece in enumerate(pieces):
            if number:
                after.append(seen)
            yield piece
        after.append(seen)

    for text in until_stop(read(), stop):
        seen += text
    return [*after, seen]


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    pieces = st.lists(st.text("a.b", min_size=1, max_size=2), min_size=1, max_size=4)
    stops = st.sampled_from([["."], [".."], ["b", ".b"], ["a.", "."], ["..b", "b."], ["a.b", "."]])
    return st.tuples(pieces, stops)


def probes() -> list[Arguments]:
    return [
        (["to ", "be.", ". or", " not"], [".."]),
        (["a", "b", "c", "d"], ["bcx", "d"]),
        (["ab", "cd"], ["d", "bc"]),
        (["one", ".", "two", "."], ["!"]),
        (["xab", "y"], ["b", "ab"]),
        (["so", "."], [".."]),
        (["a|b", "|c"], ["|"]),
        (["xabcd"], ["abcd", "bc"]),
        (["it ", "is ab", "cde"], ["abcd", "c"]),
    ]


def first_end(held: str, stop: list[str]) -> int | None:
    """Say where the text ends, before the first stop string; None if there is none."""
    ends = [(held.find(s) + len(s), -len(s)) for s in stop if s in held]
    return sum(min(ends)) if ends else None


def as_it_grows(
    pieces: Iterable[str], stop: list[str], end_in: Callable[..., int | None] = first_end
) -> Iterator[str]:
    """Do it right, but for where the text ends: end_in(what is held, stop)."""
    held = ""
    for piece in pieces:
        held += piece
        end = end_in(held, stop)
        if end is not None:
            yield held[:end]
            return
        free = len(held) - max(overlap(held, s) for s in stop)
        yield held[:free]
        held = held[free:]
    yield held


def in_each_piece_alone(pieces: Iterable[str], stop: list[str]) -> Iterator[str]:
    for piece in pieces:
        ends = [piece.find(s) for s in stop if s in piece]
        if ends:
            if min(ends):
                yield piece[: min(ends)]
            return
        yield piece


def all_at_the_end(pieces: Iterable[str], stop: list[str]) -> Iterator[str]:
    text = "".join(pieces)
    yield text[: first_end(text, stop)]


def nothing_is_held_back(pieces: Iterable[str], stop: list[str]) -> Iterator[str]:
    text, shown = "", 0
    for piece in pieces:
        text += piece
        end = first_end(text, stop)
        yield text[shown:end]
        if end is not None:
            return
        shown = len(text)


def the_rest_is_lost(pieces: Iterable[str], stop: list[str]) -> Iterator[str]:
    held = ""
    for piece in pieces:
        held += piece
        end = first_end(held, stop)
        if end is not None:
            yield held[:end]
            return
        free = len(held) - max(overlap(held, s) for s in stop)
        yield held[:free]
        held = held[free:]


def with_the_stop_string(pieces: Iterable[str], stop: list[str]) -> Iterator[str]:
    def end_in(held: str, stop: list[str]) -> int | None:
        return min((held.find(s) + len(s) for s in stop if s in held), default=None)

    return as_it_grows(pieces, stop, end_in)


def first_of_the_list(pieces: Iterable[str], stop: list[str]) -> Iterator[str]:
    def end_in(held: str, stop: list[str]) -> int | None:
        return next((held.find(s) for s in stop if s in held), None)

    return as_it_grows(pieces, stop, end_in)


def goes_on_after_it(pieces: Iterable[str], stop: list[str]) -> Iterator[str]:
    held = ""
    for piece in pieces:
        held += piece
        for s in stop:
            held = held.replace(s, "")
        free = len(held) - max(overlap(held, s) for s in stop)
        yield held[:free]
        held = held[free:]
    yield held


def begins_first(pieces: Iterable[str], stop: list[str]) -> Iterator[str]:
    def end_in(held: str, stop: list[str]) -> int | None:
        return min((held.find(s) for s in stop if s in held), default=None)

    return as_it_grows(pieces, stop, end_in)


def shorter_of_two(pieces: Iterable[str], stop: list[str]) -> Iterator[str]:
    def end_in(held: str, stop: list[str]) -> int | None:
        ends = [(held.find(s) + len(s), len(s)) for s in stop if s in held]
        return min(ends)[0] - min(ends)[1] if ends else None

    return as_it_grows(pieces, stop, end_in)


def returned_not_yielded(pieces: Iterable[str], stop: list[str]) -> Any:
    held = ""
    for piece in pieces:
        held += piece
        end = first_end(held, stop)
        if end is not None:
            return held[:end]
        free = len(held) - max(overlap(held, s) for s in stop)
        yield held[:free]
        held = held[free:]
    yield held


def a_list_of_all(pieces: Iterable[str], stop: list[str]) -> list[str]:
    return list(as_it_grows(pieces, stop))


def keeps_minus_zero(pieces: Iterable[str], stop: list[str]) -> Iterator[str]:
    held = ""
    for piece in pieces:
        held += piece
        end = first_end(held, stop)
        if end is not None:
            yield held[:end]
            return
        keep = max(overlap(held, s) for s in stop)
        yield held[:-keep]
        held = held[-keep:]
    yield held


def longest_is_held_back(pieces: Iterable[str], stop: list[str]) -> Iterator[str]:
    held, keep = "", max(len(s) for s in stop)
    for piece in pieces:
        held += piece
        end = first_end(held, stop)
        if end is not None:
            yield held[:end]
            return
        yield held[:-keep]
        held = held[-keep:]
    yield held


def letter_by_letter(pieces: Iterable[str], stop: list[str]) -> Iterator[str]:
    text, shown = "", 0
    for piece in pieces:
        for letter in piece:
            text += letter
            hits = [len(s) for s in stop if text.endswith(s)]
            if hits:
                yield text[shown : len(text) - max(hits)]
                return
        free = shown
        while not any(s.startswith(text[free:]) for s in stop):
            free += 1
        yield text[shown:free]
        shown = free
    yield text[shown:]


STOP_TEXT = Exercise(
    name="stop-text",
    target="tinyllm.decoding.stop:until_stop",
    use=use,
    imports="""\
from collections.abc import Iterable, Iterator

from tinyllm.decoding.stop import overlap""",
    cases=cases,
    probes=probes,
    mistakes=(
        in_each_piece_alone,
        all_at_the_end,
        nothing_is_held_back,
        the_rest_is_lost,
        with_the_stop_string,
        first_of_the_list,
        goes_on_after_it,
        begins_first,
        shorter_of_two,
        returned_not_yielded,
        a_list_of_all,
        keeps_minus_zero,
        longest_is_held_back,
    ),
    others=(letter_by_letter,),
    points=2,
)
