"""NGramLM: the next token by counting. What every neural model has to beat.

Leaves out: text (ids come in), saving, pruning. Who calls it: the commands, as a baseline.

All three methods have one form. h is the context, w the next token, h' is h without its first:
    P(w | h) = share(h w) + left_over(h) * P(w | h')        below the empty context: 1 / V
Counts are kept in one table a length. An n-gram has the key `row of its context * V + last token`,
where the row is its place in the table one shorter. So keys stay below N * V at any order, and
a look-up is one binary search a length, for all positions of a text at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.errors import DataError, DtypeError, OptionError, ShapeError
from tinyllm.types import Array

METHODS = ("maximum-likelihood", "add-k", "kneser-ney")
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


def count(ids: Array, order: int, vocabulary: int) -> list[Table]:
    """Count the n-grams of each length 1..order that stand wholly in the ids. No padding.

    Shapes:    ids (N,), N >= order -> one Table a length

    >>> [table.counts.tolist() for table in count(np.array([0, 1, 0, 1]), order=2, vocabulary=2)]
    [[2, 2], [2, 1]]
    """
    tables = []
    rows = np.zeros(ids.size + 1, np.int64)  # of the context that starts at each place
    size_below = 1  # the empty context
    for length in range(1, order + 1):
        keys = rows[:-1] * vocabulary + ids[length - 1 :]
        keys, first, longer_rows, counts = np.unique(
            keys, return_index=True, return_inverse=True, return_counts=True
        )
        tables.append(Table(keys, counts, rows[first + 1], keys // vocabulary, size_below))
        rows, size_below = longer_rows, keys.size
    return tables


@dataclass(frozen=True)
class Estimate:
    """`share` and `left_over` of one length. One more entry ends both: index UNSEEN reads it."""

    share: Array  # (G + 1,) of each n-gram; 0 if unseen
    left_over: Array  # (size_below + 1,) of each context; 1 if unseen


def estimate(table: Table, counts: Array, discount: Array | float, added: float) -> Estimate:
    """Take `discount` from each count, add `added` to each context, divide by the context's total.

    What was taken and added is left over. A context without a total leaves everything over.
    """
    discount = np.broadcast_to(discount, counts.shape)
    total = np.bincount(table.contexts, counts, minlength=table.size_below) + added
    taken = np.bincount(table.contexts, discount, minlength=table.size_below) + added
    divisor = np.where(total > 0, total, 1.0)
    share = (counts - discount) / divisor[table.contexts]
    left_over = np.where(total > 0, taken / divisor, 1.0)
    return Estimate(np.append(share, 0.0), np.append(left_over, 1.0))


def kneser_ney(table: Table, longer: Table | None) -> Estimate:
    """P(w | h) = (c - D(c)) / total + (sum of D) / total * P(w | h'): modified and interpolated.

    The longest n-grams have their counts. A shorter one has its continuation count: how many
    distinct tokens stand before it. "Francisco" is frequent, but only after "San".

    Source:    Chen and Goodman 1999, section 3, "Modified Kneser-Ney smoothing"
    """
    counts = table.counts
    if longer is not None:
        counts = np.bincount(longer.suffixes, minlength=table.keys.size)
    return estimate(table, counts, discounts(counts)[np.minimum(counts, 3)], added=0.0)


def discounts(counts: Array) -> Array:
    """Give D(0), D(1), D(2) and D(3 and more) from how many n-grams have count 1, 2, 3, 4.

    Forward:   D(j) = j - (j + 1) Y n_{j+1} / n_j  with  Y = n_1 / (n_1 + 2 n_2)
               0.5, 1.0, 1.5 instead, all three, unless n_1, n_2, n_3 > 0 and each 0 < D(j) <= j
    Shapes:    counts (G,) integers >= 0 -> (4,)
    Source:    Chen and Goodman 1998 (report TR-10-98), eq. 26; the way out is KenLM's

    >>> discounts(np.array([1, 1, 1, 1, 2, 2, 3, 4]))[1:]
    array([0.5 , 1.25, 1.  ])
    """
    n = np.bincount(np.minimum(counts, 5), minlength=6)
    j = np.arange(1, 4)
    if n[1:4].all():
        found = j - (j + 1) * n[1] / (n[1] + 2 * n[2]) * n[2:5] / n[1:4]
        if ((found > 0) & (found <= j)).all():  # at 0 nothing would be left over
            return np.append(0.0, found)
    return np.array([0.0, 0.5, 1.0, 1.5])


class NGramLM:
    """A language model of counts: the next token given the order - 1 tokens before it.

    "maximum-likelihood":  c(h w) / c(h); an unseen h backs off to h', an unseen w gets 0
    "add-k":               (c(h w) + k) / (c(h) + k V); an unseen h is uniform
    "kneser-ney":          see `kneser_ney`

    Units:     nats a token
    Raises:    OptionError for an order or vocabulary below 1, an unknown method, a useless k
    Source:    Chen and Goodman 1999, section 2.1 for add-k (k = 1 if not given: Laplace's rule)

    >>> model = NGramLM(order=2, vocabulary=3, method="add-k", k=1.0).fit([0, 1, 0, 1, 0, 2])
    >>> model.probabilities([0])
    array([0.16666667, 0.5       , 0.33333333])
    """

    def __init__(
        self, order: int, vocabulary: int, method: str = "kneser-ney", *, k: float | None = None
    ) -> None:
        for name, value in {"order": order, "vocabulary": vocabulary}.items():
            if not isinstance(value, int | np.integer) or value < 1:
                raise OptionError(f"NGramLM: {name} must be an integer >= 1; got {value!r}.")
        if method not in METHODS:
            raise OptionError(f"NGramLM: method must be one of {METHODS}; got {method!r}.")
        if k is not None and method != "add-k":
            raise OptionError(f"NGramLM: only method='add-k' takes k; got k={k!r} for {method!r}.")
        self.k = 1.0 if k is None else k
        if not 0.0 < self.k < np.inf:
            raise OptionError(f"NGramLM: k must be a finite number above 0; got {k!r}.")
        self.order, self.vocabulary, self.method = int(order), int(vocabulary), method
        self.tables: list[Table] = []  # the n-grams of length 1, 2, ... order
        self.estimates: list[Estimate] = []

    def fit(self, ids: ArrayLike) -> NGramLM:
        """Count a text. What was counted before is forgotten.

        Shapes:    ids (N,) integers in 0..V-1, N >= order
        Raises:    DataError if there are too few ids, or one is outside of the vocabulary
        """
        ids = self._checked(ids, "fit")
        if ids.size < self.order:
            rule = f"needs at least order = {self.order} ids; got {ids.size}"
            raise DataError(f"NGramLM.fit: {rule}. Hint: a longer text, or a smaller order?")
        self.tables = count(ids, self.order, self.vocabulary)
        longer = [*self.tables[1:], None]
        self.estimates = [self._estimate(*pair) for pair in zip(self.tables, longer, strict=True)]
        return self

    def probabilities(self, context: ArrayLike) -> Array:
        """Give the distribution of the next token. Only the last order - 1 ids count.

        Shapes:    context (S,) ids, S >= 0 -> (V,) float64, sums to 1
        Raises:    DataError before `fit`, or if an id is outside of the vocabulary
        """
        context = self._tail(self._checked(context, "probabilities"))
        probability = uniform = np.full(self.vocabulary, 1.0 / self.vocabulary)
        rows = np.zeros(context.size + 1, np.int64)  # of the contexts that start at each place
        for length in range(context.size + 1):
            table, known = self.tables[length], self.estimates[length]
            row = rows[-1]  # of the last `length` ids
            below = uniform if self.method == "add-k" else probability
            probability = known.left_over[row] * below  # (V,)
            # Keys are sorted, so the tokens seen after one context lie side by side.
            first_key = row * self.vocabulary
            start, stop = np.searchsorted(table.keys, [first_key, first_key + self.vocabulary])
            probability[table.keys[start:stop] - first_key] += known.share[start:stop]
            rows = table.find(rows[:-1], context[length:], self.vocabulary)
        return probability

    def log_prob(self, ids: ArrayLike, context_before: ArrayLike = ()) -> Array:
        """Score each token of a text, given the tokens before it.

        The first tokens have a shorter context, unless `context_before` says what came before.

        Shapes:    ids (T,), context_before (S,) -> (T,) float64
        Units:     nats, log P(token | context); -inf where maximum likelihood says never
        Raises:    DataError before `fit`, or if an id is outside of the vocabulary
        """
        ids = self._checked(ids, "log_prob")
        before = self._tail(self._checked(context_before, "log_prob"))
        stream = np.concatenate([before, ids])  # (S + T,)
        probability = np.full(stream.size, 1.0 / self.vocabulary)
        rows = np.zeros(stream.size + 1, np.int64)  # of the contexts that start at each place
        for length, (table, known) in enumerate(zip(self.tables, self.estimates, strict=True)):
            contexts, tokens = rows[:-1], stream[length:]
            rows = table.find(contexts, tokens, self.vocabulary)
            below = 1.0 / self.vocabulary if self.method == "add-k" else probability[length:]
            probability[length:] = known.share[rows] + known.left_over[contexts] * below
        with np.errstate(divide="ignore"):  # log 0 = -inf is meant
            return np.log(probability[before.size :])

    def loss(self, ids: ArrayLike, context_before: ArrayLike = ()) -> float:
        """Average -log P over the tokens of a text.

        Units:     nats a token; inf if one token has probability 0
        Raises:    DataError if there are no ids, and as `log_prob`
        """
        log_probabilities = self.log_prob(ids, context_before)
        if log_probabilities.size == 0:
            raise DataError("NGramLM.loss: needs at least one id; got none.")
        return -float(log_probabilities.mean())

    def perplexity(self, ids: ArrayLike, context_before: ArrayLike = ()) -> float:
        """Give exp(loss): as if each token were a choice among that many equal ones."""
        return float(np.exp(self.loss(ids, context_before)))

    def _estimate(self, table: Table, longer: Table | None) -> Estimate:
        if self.method == "kneser-ney":
            return kneser_ney(table, longer)
        added = self.k * self.vocabulary if self.method == "add-k" else 0.0
        return estimate(table, table.counts, discount=0.0, added=added)

    def _tail(self, context: Array) -> Array:
        return context[max(0, context.size - (self.order - 1)) :]

    def _checked(self, ids: ArrayLike, operation: str) -> Array:
        if not self.tables and operation != "fit":
            raise DataError(f"NGramLM.{operation}: nothing is counted yet. Hint: call fit(ids).")
        array = np.asarray(ids)
        if array.ndim != 1:
            raise ShapeError(f"NGramLM.{operation}: takes one row of ids; got ids={array.shape}.")
        if array.size and array.dtype.kind not in "iu":
            raise DtypeError(f"NGramLM.{operation}: ids must be integers; got {array.dtype}.")
        outside = (array < 0) | (array >= self.vocabulary)
        if outside.any():
            position = int(np.argmax(outside))
            rule = f"ids must lie in 0..{self.vocabulary - 1}"
            found = f"{array[position]} at position {position}"
            raise DataError(f"NGramLM.{operation}: {rule}; got {found}. Hint: whose ids are these?")
        return array.astype(np.int64, copy=False)
