"""The exercise greedy: the best token of each row."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    return st.tuples(arrays(shapes((1, 3), (1, 4)), nice() | st.just(-np.inf)))


def probes() -> list[Arguments]:
    return [
        (np.array([[0.0, 2.0, 1.0, 2.0], [-1.0, -3.0, -0.5, -2.0]], FLOAT),),
        (np.array([[3.0, 1.0], [0.0, 4.0], [5.0, 5.0]], FLOAT),),
        (np.array([[-np.inf, -7.0, 1.0, 1.0]], FLOAT),),
    ]


def wrong_axis(logits: Array) -> Array:
    return logits.argmax(axis=0)


def of_the_whole_array(logits: Array) -> Any:
    return logits.argmax()


def the_score_not_the_id(logits: Array) -> Array:
    return logits.max(axis=-1)


def the_worst(logits: Array) -> Array:
    return logits.argmin(axis=-1)


def last_of_equals(logits: Array) -> Array:
    return logits.argsort(axis=-1, kind="stable")[:, -1]


def keeps_the_axis(logits: Array) -> Array:
    return logits.argmax(axis=-1, keepdims=True)


def best_of_the_first_row(logits: Array) -> Array:
    return np.full(len(logits), logits[0].argmax())


def largest_size(logits: Array) -> Array:
    return np.abs(logits).argmax(axis=-1)


def row_by_row(logits: Array) -> Array:
    return np.array([max(range(len(row)), key=row.__getitem__) for row in logits.tolist()])


def sorted_downwards(logits: Array) -> Array:
    return np.argsort(-logits, axis=-1, kind="stable")[:, 0]


def where_it_equals_the_maximum(logits: Array) -> Array:
    found = np.zeros(len(logits), np.int64)
    for i, row in enumerate(logits):
        found[i] = np.flatnonzero(row == row.max())[0]
    return found


GREEDY = Exercise(
    name="greedy",
    target="tinyllm.decoding.sampling:greedy",
    imports="import numpy as np\n\nfrom tinyllm.types import Array",
    cases=cases,
    probes=probes,
    mistakes=(
        wrong_axis,
        of_the_whole_array,
        the_score_not_the_id,
        the_worst,
        last_of_equals,
        keeps_the_axis,
        best_of_the_first_row,
        largest_size,
    ),
    others=(row_by_row, sorted_downwards, where_it_equals_the_maximum),
)
