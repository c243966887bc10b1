"""Batches that go on where the last one ended: for models that carry a state from batch to batch.

Leaves out: windows that begin anywhere (corpus.py). Who calls it: train/run.py, evaluation/loss.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.errors import DataError
from tinyllm.text.corpus import as_ids, at_least_one
from tinyllm.types import NO_TARGET, Array


class Streams:
    """Batches without end: B readers walk through the text, T ids a step, each behind the other.

    The text is a ring: after its last id comes its first. So no reader ever has to begin anew, and
    row b of a batch continues row b of the batch before.

    Shapes:    ids (N,) -> each `next()` gives inputs (B, T), targets (B, T), both int64
    Raises:    DataError if N < T + 1; OptionError if T or B is below 1

    >>> streams = Streams(np.arange(8), context=3, batch=2)
    >>> next(streams)[0].tolist(), next(streams)[0].tolist()
    ([[0, 1, 2], [4, 5, 6]], [[3, 4, 5], [7, 0, 1]])
    """

    def __init__(self, ids: ArrayLike, context: int, batch: int) -> None:
        self.ids = as_ids(ids, "Streams")
        at_least_one("Streams", context=context, batch=batch)
        if self.ids.size < context + 1:
            raise DataError(
                f"Streams: needs at least context + 1 = {context + 1} ids; got {self.ids.size} ids "
                f"and context={context}. Hint: use a longer text or a smaller context."
            )
        self.context = context
        self.starts = np.arange(batch)[:, None] * self.ids.size // batch
        self.state = 0  # how far each reader has come; a checkpoint saves it

    def __iter__(self) -> Streams:
        return self

    def __next__(self) -> tuple[Array, Array]:
        N, T = self.ids.size, self.context
        places = (self.starts + self.state + np.arange(T + 1)) % N  # (B, T + 1)
        self.state = (self.state + T) % N
        return self.ids[places[:, :-1]], self.ids[places[:, 1:]]


def continued(ids: ArrayLike, context: int, rows: int) -> list[tuple[Array, Array]]:
    """Cut ids into rows side by side, and all rows into windows: each continues the one before.

    Each target is counted exactly once. Where the last rows are too short, NO_TARGET fills them.

    Shapes:    ids (N,) -> pairs of inputs (R, T), targets (R, T); the last pair may be shorter
    Raises:    DataError if N < 2; OptionError if T or R is below 1

    >>> for inputs, targets in continued(np.arange(8), context=2, rows=2):
    ...     print(inputs.tolist(), targets.tolist())
    [[0, 1], [4, 5]] [[1, 2], [5, 6]]
    [[2, 3], [6, 0]] [[3, 4], [7, -100]]
    """
    ids = as_ids(ids, "continued")
    at_least_one("continued", context=context, rows=rows)
    if ids.size < 2:
        raise DataError(
            f"continued: needs at least 2 ids, an input and its target; got {ids.size}."
        )
    length = -(-(ids.size - 1) // rows)
    inputs, targets = np.zeros(rows * length, np.int64), np.full(rows * length, NO_TARGET)
    inputs[: ids.size - 1], targets[: ids.size - 1] = ids[:-1], ids[1:]
    inputs, targets = inputs.reshape(rows, length), targets.reshape(rows, length)
    return [
        (inputs[:, start : start + context], targets[:, start : start + context])
        for start in range(0, length, context)
    ]
