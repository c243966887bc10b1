"""The exercise stop: a text ends with its first stop id that is not in the prompt."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import Array


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    def with_stop(marks: list[int | None]) -> Any:
        row = [place if mark is None else mark for place, mark in enumerate(marks, start=1)]
        stop = st.sampled_from([7, [7], [8, 7], None, 0, [0]])
        return st.tuples(st.just(np.array(row)), st.integers(1, len(row)), stop)

    return st.lists(st.sampled_from([None, 7, 8, 0]), min_size=1, max_size=5).flatmap(with_stop)


def probes() -> list[Arguments]:
    return [
        (np.array([7, 1, 2, 7, 3, 7]), 2, 7),
        (np.array([1, 2, 3, 4, 5, 3, 2]), 2, [5, 3]),
        (np.array([4, 7, 1, 2]), 2, [7]),
        (np.array([1, 2, 3]), 1, None),
        (np.array([1, 6, 2, 5, 3]), 1, [5, 6]),
        (np.array([7, 0, 3, 0]), 1, 0),
        (np.array([0, 4, 0, 2]), 1, [0]),
    ]


def found(row: Array, stop: Any) -> Array:
    """Return the places of the stop ids."""
    return np.flatnonzero(np.isin(row, [] if stop is None else stop))


def stops_in_the_prompt(row: Array, length: int, stop: Any) -> Array:
    places = found(row, stop)
    return row[: places[0] + 1] if places.size else row


def without_the_stop_id(row: Array, length: int, stop: Any) -> Array:
    places = found(row[length:], stop)
    return row[: length + places[0]] if places.size else row


def at_the_last_one(row: Array, length: int, stop: Any) -> Array:
    places = found(row[length:], stop)
    return row[: length + places[-1] + 1] if places.size else row


def counted_from_the_continuation(row: Array, length: int, stop: Any) -> Array:
    places = found(row[length:], stop)
    return row[: places[0] + 1] if places.size else row


def without_the_prompt(row: Array, length: int, stop: Any) -> Array:
    places = found(row[length:], stop)
    return row[length : length + places[0] + 1] if places.size else row[length:]


def one_stop_id_only(row: Array, length: int, stop: Any) -> Array:
    ids = np.atleast_1d([] if stop is None else stop)
    places = found(row[length:], ids[:1])
    return row[: length + places[0] + 1] if places.size else row


def cut_without_a_stop_id(row: Array, length: int, stop: Any) -> Array:
    hits = np.isin(row[length:], [] if stop is None else stop)
    return row[: length + (int(hits.argmax()) if hits.size else 0) + 1]


def last_of_the_prompt_counts(row: Array, length: int, stop: Any) -> Array:
    places = found(row[length - 1 :], stop)
    return row[: length + places[0]] if places.size else row


def zero_is_taken_for_none(row: Array, length: int, stop: Any) -> Array:
    if not stop:
        return row
    places = found(row[length:], stop)
    return row[: length + places[0] + 1] if places.size else row


def compares_with_the_list(row: Array, length: int, stop: Any) -> Array:
    for place in range(length, len(row)):
        if row[place] == stop:
            return row[: place + 1]
    return row


def first_written_id_skipped(row: Array, length: int, stop: Any) -> Array:
    places = found(row[length + 1 :], stop)
    return row[: length + places[0] + 2] if places.size else row


def token_by_token(row: Array, length: int, stop: Any) -> Array:
    stops = set(np.atleast_1d([] if stop is None else stop).tolist())
    for place in range(length, len(row)):
        if int(row[place]) in stops:
            return row[: place + 1]
    return row


def by_a_running_sum(row: Array, length: int, stop: Any) -> Array:
    hits = np.isin(row, [] if stop is None else stop)
    hits[:length] = False
    before = np.cumsum(hits) - hits
    return row[before == 0]


STOP = Exercise(
    name="stop",
    target="tinyllm.decoding.stop:until_stop_id",
    imports="""\
import numpy as np
from numpy.typing import ArrayLike

from tinyllm.types import Array""",
    cases=cases,
    probes=probes,
    mistakes=(
        stops_in_the_prompt,
        without_the_stop_id,
        at_the_last_one,
        counted_from_the_continuation,
        without_the_prompt,
        one_stop_id_only,
        cut_without_a_stop_id,
        last_of_the_prompt_counts,
        zero_is_taken_for_none,
        compares_with_the_list,
        first_written_id_skipped,
    ),
    others=(token_by_token, by_a_running_sum),
)
