"""The exercise beam-step: of all continuations of all open texts, the best."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array

Places = tuple[Array, Array]


def cases() -> Any:
    from tinyllm.course.draws import arrays, shapes, st  # noqa: PLC0415

    scores = st.integers(-8, 0).map(lambda i: i / 2) | st.just(-np.inf)
    return st.tuples(arrays(shapes((1, 3), (1, 4)), scores), st.integers(1, 5))


def probes() -> list[Arguments]:
    return [
        (np.array([[-1.0, -9.0, -2.0], [-3.0, -1.5, -0.5]], FLOAT), 3),
        (np.array([[-1.0, -2.0, -1.0], [-2.0, -1.0, -3.0]], FLOAT), 4),
        (np.array([[-np.inf, -1.0], [-2.0, -np.inf], [-np.inf, -3.0]], FLOAT), 5),
        (np.array([[-0.5, -1.0, -1.5, -2.0]], FLOAT), 2),
    ]


def best_places(joint: Array, count: int) -> Array:
    flat = joint.ravel()
    order = np.argsort(-flat, kind="stable")
    return order[flat[order] > -np.inf][:count]


def one_for_each_row(joint: Array, count: int) -> Places:
    token, row = joint.argmax(axis=1), np.arange(len(joint))
    order = np.argsort(-joint[row, token], kind="stable")
    order = order[joint[row, token][order] > -np.inf][:count]
    return row[order], token[order]


def count_for_each_row(joint: Array, count: int) -> Places:
    token = np.argsort(-joint, axis=1, kind="stable")[:, :count]
    row = np.repeat(np.arange(len(joint)), token.shape[1])
    kept = joint[row, token.ravel()] > -np.inf
    return row[kept], token.ravel()[kept]


def worst_first(joint: Array, count: int) -> Places:
    order = np.argsort(joint.ravel(), kind="stable")
    order = order[joint.ravel()[order] > -np.inf]
    row, column = np.divmod(order[:count], joint.shape[1])
    return row, column


def best_last(joint: Array, count: int) -> Places:
    row, column = np.divmod(best_places(joint, count)[::-1], joint.shape[1])
    return row, column


def last_of_equals(joint: Array, count: int) -> Places:
    order = np.argsort(joint.ravel(), kind="stable")[::-1]
    order = order[joint.ravel()[order] > -np.inf][:count]
    row, column = np.divmod(order, joint.shape[1])
    return row, column


def keeps_the_impossible(joint: Array, count: int) -> Places:
    row, column = np.divmod(np.argsort(-joint.ravel(), kind="stable")[:count], joint.shape[1])
    return row, column


def rows_and_columns_exchanged(joint: Array, count: int) -> Places:
    row, column = np.divmod(best_places(joint, count), joint.shape[1])
    return column, row


def divided_by_the_rows(joint: Array, count: int) -> Places:
    row, column = np.divmod(best_places(joint, count), joint.shape[0])
    return row, column


def places_in_one_long_row(joint: Array, count: int) -> Array:
    return best_places(joint, count)


def one_after_the_other(joint: Array, count: int) -> Places:
    left, rows, columns = joint.copy(), list[int](), list[int]()
    while len(rows) < count and left.size and left.max() > -np.inf:
        row, column = np.unravel_index(left.argmax(), left.shape)
        left[row, column] = -np.inf
        rows.append(int(row))
        columns.append(int(column))
    return np.array(rows, np.int64), np.array(columns, np.int64)


def sorted_as_python_does(joint: Array, count: int) -> Places:
    B, V = joint.shape
    table = [(-joint[b, v], b, v) for b in range(B) for v in range(V) if joint[b, v] > -np.inf]
    best = np.array([entry[1:] for entry in sorted(table)[:count]], np.int64).reshape(-1, 2)
    return best[:, 0], best[:, 1]


def with_lexsort(joint: Array, count: int) -> Places:
    row, column = np.nonzero(joint > -np.inf)
    order = np.lexsort((column, row, -joint[row, column]))[:count]
    return row[order], column[order]


BEAM_STEP = Exercise(
    name="beam-step",
    target="tinyllm.decoding.beam:best_first",
    imports="import numpy as np\n\nfrom tinyllm.types import Array",
    cases=cases,
    probes=probes,
    mistakes=(
        one_for_each_row,
        count_for_each_row,
        worst_first,
        best_last,
        last_of_equals,
        keeps_the_impossible,
        rows_and_columns_exchanged,
        divided_by_the_rows,
        places_in_one_long_row,
    ),
    others=(one_after_the_other, sorted_as_python_does, with_lexsort),
    points=2,
)
