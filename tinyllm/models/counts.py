"""Counts: how often each n-gram stands in a text, in one sorted table a length.

Leaves out: what becomes of the counts (smoothing.py). Who calls it: ngram.py.

An n-gram has the key `row of its context * V + last token`, where the row is its place in the
table one shorter. So keys stay below N * V at any order, and a look-up is one binary search a
length, for all positions of a text at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tinyllm.errors import DataError
from tinyllm.types import Array

UNSEEN = -1  # the row of an n-gram that the text does not have


@dataclass(frozen=True)
class Table:
    """The G distinct n-grams of one length, sorted by key."""

    keys: Array  # (G,) row of the context * V + last token
    counts: Array  # (G,) how often it stands in the text
    suffixes: Array  # (G,) row of the n-gram without its first token, one table below
    contexts: Array  # (G,) row of the n-gram without its last token, one table below
    size_below: int

    def find(self, contexts: Array, tokens: Array, vocabulary: int) -> Array:
        """Give the row of each n-gram, or UNSEEN. An unseen context makes a negative key."""
        wanted = contexts * vocabulary + tokens
        rows = np.minimum(np.searchsorted(self.keys, wanted), self.keys.size - 1)
        return np.where(self.keys[rows] == wanted, rows, UNSEEN)


def count_ngrams(ids: Array, length: int) -> dict[tuple[int, ...], int]:
    """Count the n-grams of one length that stand wholly in the ids. No padding.

    This is the definition. The library's `count` has the same counts in arrays.

    Shapes:    ids (N,) -> {(first, ..., last): how often}; none where N < length

    >>> count_ngrams(np.array([0, 1, 0, 1]), length=2)
    {(0, 1): 2, (1, 0): 1}
    """
    counts: dict[tuple[int, ...], int] = {}
    tokens = ids.tolist()
    for start in range(len(tokens) - length + 1):
        gram = tuple(tokens[start : start + length])
        counts[gram] = counts.get(gram, 0) + 1
    return counts


def count_continuations(counts: dict[tuple[int, ...], int]) -> dict[tuple[int, ...], int]:
    """Count, for each n-gram one shorter, the distinct tokens that stand before it.

    How often they stand there does not matter: "Francisco" is frequent, but only after "San".

    Source:    Kneser and Ney 1995; Chen and Goodman 1999, section 2.7

    >>> count_continuations({(0, 2): 9, (1, 2): 1, (2, 0): 3})
    {(2,): 2, (0,): 1}
    """
    before: dict[tuple[int, ...], int] = {}
    for gram in counts:
        before[gram[1:]] = before.get(gram[1:], 0) + 1
    return before


def count(ids: Array, order: int, vocabulary: int) -> list[Table]:
    """Count the n-grams of each length 1..order that stand wholly in the ids. No padding.

    Shapes:    ids (N,), N >= order -> one Table a length

    >>> [table.counts.tolist() for table in count(np.array([0, 1, 0, 1]), order=2, vocabulary=2)]
    [[2, 2], [2, 1]]
    """
    tables: list[Table] = []
    rows = np.zeros(ids.size + 1, np.int64)  # of the context that starts at each place
    for length in range(1, order + 1):
        keys = rows[:-1] * vocabulary + ids[length - 1 :]
        keys, rows, counts = np.unique(keys, return_inverse=True, return_counts=True)
        tables.append(table_above(tables, keys, counts, vocabulary))
    return tables


def table_above(shorter: list[Table], keys: Array, counts: Array, vocabulary: int) -> Table:
    """Build the table one longer than the last of `shorter`.

    The suffix of "abc" is "bc": the suffix of its context "ab" is "b", and after that stands "c".

    Raises:    DataError if these cannot be the n-grams above the shorter ones
    """
    size_below = shorter[-1].keys.size if shorter else 1  # 1: the empty context
    contexts, tokens = np.divmod(keys, vocabulary)
    fits = keys.ndim == 1 and keys.shape == counts.shape and keys.size > 0
    if not fits or not ((keys >= 0) & (contexts < size_below) & (counts > 0)).all():
        raise DataError("the counts must be those of n-grams whose contexts are counted, too.")
    suffixes = np.zeros_like(keys)  # of one token: the empty n-gram
    if shorter:
        below = shorter[-1]
        suffixes = below.find(below.suffixes[contexts], tokens, vocabulary)
    if (suffixes == UNSEEN).any() or (keys[1:] <= keys[:-1]).any():
        raise DataError("the n-grams must be sorted, and their ends counted, too.")
    return Table(keys, counts, suffixes, contexts, size_below)


def look_up(tables: list[Table], ids: Array, vocabulary: int) -> Iterator[tuple[Array, Array]]:
    """For each length n, yield the rows of contexts and of n-grams that end at each place.

    The first n - 1 places have too little before them: both arrays start at place n - 1.

    Shapes:    ids (T,) -> contexts (T - n + 1,), n-grams (T - n + 1,) for each n

    >>> tables = count(np.array([0, 1, 0, 1]), order=2, vocabulary=3)
    >>> [grams.tolist() for _, grams in look_up(tables, np.array([1, 0, 2]), vocabulary=3)]
    [[1, 0, -1], [1, -1]]
    """
    rows = np.zeros(ids.size + 1, np.int64)  # of the contexts that start at each place
    for length, table in enumerate(tables, start=1):
        contexts = rows[:-1]
        rows = table.find(contexts, ids[length - 1 :], vocabulary)
        yield contexts, rows
