"""Batches of texts that differ in length: which ones go together, and how they are filled up.

Leaves out: windows of one long text (corpus.py). Who calls it: what trains classifiers and
translators.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.errors import DataError, DtypeError, ShapeError
from tinyllm.text.corpus import as_ids, at_least_one
from tinyllm.types import NO_TARGET, Array, Rng, generator


def pad(rows: Sequence[ArrayLike], padding: int) -> tuple[Array, Array]:
    """Fill rows of ids up to the longest, on the right. The mask says what is no padding.

    padding:   the id that fills up, as `tokenizer.special["<pad>"]`
    Shapes:    B rows of ids -> ids (B, T) int64, mask (B, T) bool, T the longest row
    Raises:    DataError if there is no row; ShapeError, DtypeError if one is no row of integers

    >>> ids, mask = pad([[5, 6, 7], [8]], padding=0)
    >>> ids.tolist(), mask.tolist()
    ([[5, 6, 7], [8, 0, 0]], [[True, True, True], [True, False, False]])
    """
    arrays = [as_ids(row, "pad") for row in rows]
    if not arrays:
        raise DataError("pad: needs at least one row of ids; got none.")
    lengths = np.array([array.size for array in arrays])
    mask = np.arange(lengths.max()) < lengths[:, None]  # (B, T)
    ids = np.full(mask.shape, padding, dtype=np.int64)  # (B, T)
    ids[mask] = np.concatenate(arrays)
    return ids, mask


def answer_targets(ids: Array, prompts: Array, mask: Array) -> tuple[Array, Array]:
    """Let a model that reads a prompt and its answer as one text learn the answer alone.

    At each place it is to guess the next token. That counts where the next token is a part of the
    answer: neither of the prompt, nor padding. So the last token of a prompt guesses the first one
    of its answer.

    prompts:   how many tokens of each row are its prompt
    Shapes:    ids (B, T), prompts (B,), mask (B, T), as `pad` makes it -> inputs (B, T - 1) and
               targets (B, T - 1), which are -100 where nothing is to be guessed

    >>> ids, mask = pad([[7, 8, 3, 4], [9, 5]], padding=0)
    >>> inputs, targets = answer_targets(ids, np.array([2, 1]), mask)
    >>> inputs.tolist(), targets.tolist()
    ([[7, 8, 3], [9, 5, 0]], [[-100, 3, 4], [5, -100, -100]])
    """
    is_answer = (np.arange(ids.shape[1]) >= prompts[:, None]) & mask  # (B, T)
    return ids[:, :-1], np.where(is_answer, ids, NO_TARGET)[:, 1:]


def by_length(lengths: ArrayLike, batch: int, rng: Rng | None = None) -> list[Array]:
    """Put texts of like length together: each text is in exactly one batch.

    Sorted by length, the texts are cut into batches; the last one, of the longest, may be smaller.
    With an rng, equally long texts are in random order, and so are the batches.

    lengths:   one a text, or a row a text: its source's, then its target's
    Shapes:    lengths (N,) or (N, K) -> arrays of places in 0..N-1, each (B,) or shorter
    Raises:    DataError if there is no text

    >>> [chosen.tolist() for chosen in by_length([9, 2, 8, 1, 5], batch=2)]
    [[3, 1], [4, 2], [0]]
    """
    at_least_one("by_length", batch=batch)
    table = as_lengths(lengths, "by_length")
    N = len(table)
    order = np.arange(N) if rng is None else generator(rng).permutation(N)
    # lexsort is stable and takes the most important key last: what is equal stays in order
    order = order[np.lexsort(table[order].T[::-1])]
    batches = [order[start : start + batch] for start in range(0, N, batch)]
    if rng is not None:
        batches = [batches[i] for i in generator(rng).permutation(len(batches))]
    return batches


class LengthBatches:
    """Batches without end: `by_length`, and when all texts were seen, anew in another order.

    Each `next()` gives places. What lies there is the caller's: ids, labels, both sides of a pair.

    Shapes:    lengths (N,) or (N, K) -> each `next()` gives places (B,), or fewer
    Raises:    DataError if there is no text; OptionError if B is below 1

    >>> batches = LengthBatches([3, 1, 2, 1], batch=2, rng=0)
    >>> sorted(np.concatenate([next(batches), next(batches)]).tolist())
    [0, 1, 2, 3]
    """

    def __init__(self, lengths: ArrayLike, batch: int, rng: Rng) -> None:
        self.lengths, self.batch = as_lengths(lengths, "LengthBatches"), batch
        self.rng = generator(rng)
        self._begin()

    def _begin(self) -> None:
        self._rng_before = self.rng.bit_generator.state
        self._batches = by_length(self.lengths, self.batch, self.rng)
        self._done = 0

    @property
    def state(self) -> Any:
        """What a checkpoint saves, so that the next batch is the same."""
        return {"rng": self._rng_before, "done": self._done}

    @state.setter
    def state(self, state: Any) -> None:
        self.rng.bit_generator.state = state["rng"]
        self._begin()
        self._done = state["done"]

    def __len__(self) -> int:
        """How many batches see all texts once."""
        return len(self._batches)

    def __iter__(self) -> LengthBatches:
        return self

    def __next__(self) -> Array:
        if self._done == len(self._batches):
            self._begin()
        self._done += 1
        return self._batches[self._done - 1]


def padding_share(lengths: ArrayLike, batches: Iterable[Array]) -> float:
    """Say which share of all positions in these batches is padding, and so computed for nothing.

    Forward:   1 - sum of lengths / sum of B T,  T the longest of each batch and column
    Units:     a share, 0 to 1

    >>> padding_share([9, 1, 9, 1], [np.array([0, 1]), np.array([2, 3])])
    0.4444444444444444
    >>> padding_share([9, 1, 9, 1], by_length([9, 1, 9, 1], batch=2))
    0.0
    """
    table = as_lengths(lengths, "padding_share")
    filled = positions = 0
    for chosen in batches:
        filled += int(table[chosen].sum())
        positions += int(table[chosen].max(axis=0).sum()) * len(chosen)
    return 1.0 - filled / positions if positions else 0.0


def as_lengths(lengths: ArrayLike, operation: str) -> Array:
    """Take lengths as a table, one row a text.

    Raises:    ShapeError, DtypeError, DataError if they are not at least one row of integers
    """
    array = np.asarray(lengths)
    if array.ndim not in (1, 2):
        raise ShapeError(f"{operation}: lengths must be (N,) or (N, K); got {array.shape}.")
    if array.size == 0:
        raise DataError(f"{operation}: needs the length of at least one text; got none.")
    if array.dtype.kind not in "iu":
        raise DtypeError(f"{operation}: lengths must be integers; got {array.dtype}.")
    return array.reshape(len(array), -1)
