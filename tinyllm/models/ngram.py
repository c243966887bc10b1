"""NGramLM: the next token by counting. What every neural model has to beat.

Leaves out: text (ids come in), pruning. Who calls it: the commands, as a baseline.

Every method has one form. h is the context, w the next token, h' is h without its first:
    P(w | h) = share(h w) + left_over(h) * P(w | h')        below the empty context: 1 / V
counts.py counts, smoothing.py makes the two from the counts, and this file adds them up.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.errors import CheckpointError, DataError, DtypeError, OptionError, ShapeError
from tinyllm.models import smoothing
from tinyllm.models.counts import Table, count, look_up
from tinyllm.models.ngram_files import Folder, read_config, read_counts, write_counts
from tinyllm.models.perplexity import perplexity
from tinyllm.models.smoothing import METHODS, Estimate
from tinyllm.types import Array


class NGramLM:
    """A language model of counts: the next token given the order - 1 tokens before it.

    "maximum-likelihood":  c(h w) / c(h); an unseen h backs off to h', an unseen w gets 0
    "add-k":               (c(h w) + k) / (c(h) + k V); an unseen h is uniform
    "interpolation":       a weighted mean of all lengths; `fit` finds the weights, or takes yours
    "stupid-backoff":      c(h w) / c(h), else 0.4 times the same for h'; divided by their sum
    "kneser-ney":          interpolated and modified: the best of these

    weights:   order + 1 numbers that sum to 1: of 1 / V, of single tokens, of pairs, ...
    Units:     nats a token
    Raises:    OptionError for an order or vocabulary below 1, an unknown method, useless options
    Source:    smoothing.py has one for each method (k = 1 if not given: Laplace's rule)

    >>> model = NGramLM(order=2, vocabulary=3, method="add-k", k=1.0).fit([0, 1, 0, 1, 0, 2])
    >>> model.probabilities([0])
    array([0.16666667, 0.5       , 0.33333333])
    """

    def __init__(
        self,
        order: int,
        vocabulary: int,
        method: str = "kneser-ney",
        *,
        k: float | None = None,
        weights: ArrayLike | None = None,
    ) -> None:
        for name, value in {"order": order, "vocabulary": vocabulary}.items():
            if not isinstance(value, int | np.integer) or value < 1:
                raise OptionError(f"NGramLM: {name} must be an integer >= 1; got {value!r}.")
        if method not in METHODS:
            raise OptionError(f"NGramLM: method must be one of {METHODS}; got {method!r}.")
        for name, value, owner in (("k", k, "add-k"), ("weights", weights, "interpolation")):
            if value is not None and method != owner:
                rule = f"only method={owner!r} takes {name}"
                raise OptionError(f"NGramLM: {rule}; got {name}={value!r} for {method!r}.")
        self.k = 1.0 if k is None else k
        if not isinstance(self.k, int | float | np.number) or not 0.0 < self.k < np.inf:
            raise OptionError(f"NGramLM: k must be a finite number above 0; got {k!r}.")
        self.order, self.vocabulary, self.method = int(order), int(vocabulary), method
        self.given_weights = None if weights is None else checked_weights(weights, self.order)
        self.weights = self.given_weights  # `fit` finds them if none are given
        self.tables: list[Table] = []  # the n-grams of length 1, 2, ... order
        self.estimates: list[Estimate] = []

    def fit(self, ids: ArrayLike, held_out: ArrayLike | None = None) -> NGramLM:
        """Count a text. What was counted before is forgotten.

        Shapes:    ids (N,) integers in 0..V-1, N >= order
        held_out:  for "interpolation" without weights: the text that they are fitted to. If none
                   is given, it is the last tenth of the ids; then all are counted
        Raises:    DataError if there are too few ids, or one is outside of the vocabulary
        """
        ids = self._checked(ids, "fit")
        tables, weights = self._count(ids), self.given_weights
        if self.method == "interpolation" and weights is None:
            weights = self._fitted_weights(ids, tables, held_out)
        elif held_out is not None:
            rule = "only method='interpolation' without weights takes held_out"
            raise OptionError(f"NGramLM.fit: {rule}; got method={self.method!r}.")
        self._set(tables, weights)
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
        """Score each token of a text, given the tokens before it: the log of `probabilities`.

        The first tokens have a shorter context, unless `context_before` says what came before.

        Shapes:    ids (T,), context_before (S,) -> (T,) float64
        Units:     nats, log P(token | context); -inf where maximum likelihood says never
        Raises:    DataError before `fit`, or if an id is outside of the vocabulary
        """
        ids = self._checked(ids, "log_prob")
        before = self._tail(self._checked(context_before, "log_prob"))
        stream = np.concatenate([before, ids])  # (S + T,)
        probability = np.full(stream.size, 1.0 / self.vocabulary)
        rows = look_up(self.tables, stream, self.vocabulary)
        for start, (known, (contexts, grams)) in enumerate(zip(self.estimates, rows, strict=True)):
            below = 1.0 / self.vocabulary if self.method == "add-k" else probability[start:]
            probability[start:] = known.share[grams] + known.left_over[contexts] * below
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
        return perplexity(self.log_prob(ids, context_before))

    def next_scores(self, ids: Array) -> Array:
        """ids (B, T) -> scores (B, V) of the next token: log P. This is what decoding asks for."""
        with np.errstate(divide="ignore"):  # log 0 = -inf is meant
            return np.log([self.probabilities(row) for row in ids])

    def save(self, folder: Folder, training: dict[str, Any] | None = None) -> None:
        """Write the counts and the options to a folder of its own: see ngram_files.py.

        training:  what was counted; kept in config.json under that name
        Raises:    DataError before `fit`, or if the folder cannot be written
        """
        self._checked((), "save")
        options = {"order": self.order, "vocabulary": self.vocabulary, "method": self.method}
        if self.method == "add-k":
            options["k"] = float(self.k)
        if self.given_weights is not None:
            options["weights"] = self.given_weights.tolist()
        write_counts(folder, options, self.tables, self.weights, training)

    @classmethod
    def load(cls, folder: Folder) -> NGramLM:
        """Read what `save` wrote: the same probabilities, to the last bit.

        Raises:    CheckpointError, in one line, if a file is missing, broken, or of another model
        """
        config = read_config(folder)
        try:
            model = cls(**config["model"])
            model._set(*read_counts(folder, config, model.order, model.vocabulary))
        except (TypeError, OptionError, DataError) as error:
            raise CheckpointError(f"load: {str(folder)!r} is not whole: {error}") from error
        return model

    def _set(self, tables: list[Table], weights: Array | None) -> None:
        """Take counts, and estimate from them."""
        match self.method:
            case "maximum-likelihood":
                estimates = smoothing.maximum_likelihood(tables)
            case "add-k":
                estimates = smoothing.add_k(tables, self.k, self.vocabulary)
            case "interpolation":
                weights = checked_weights(weights, self.order)
                estimates = smoothing.interpolation(tables, weights)
            case "stupid-backoff":
                estimates = smoothing.stupid_backoff(tables, self.vocabulary)
            case _:
                estimates = smoothing.kneser_ney(tables)
        self.tables, self.weights, self.estimates = tables, weights, estimates

    def _count(self, ids: Array) -> list[Table]:
        if ids.size < self.order:
            rule = f"needs at least order = {self.order} ids; got {ids.size}"
            raise DataError(f"NGramLM.fit: {rule}. Hint: a longer text, or a smaller order?")
        return count(ids, self.order, self.vocabulary)

    def _fitted_weights(self, ids: Array, tables: list[Table], held_out: ArrayLike | None) -> Array:
        if held_out is None:
            cut = ids.size * 9 // 10
            if cut < self.order:
                rule = f"needs order = {self.order} ids beside the last tenth, which is held out"
                hint = "pass weights, or a text to fit them to as held_out"
                raise DataError(f"NGramLM.fit: {rule}; got {ids.size} ids. Hint: {hint}.")
            tables, held_out = self._count(ids[:cut]), ids[cut:]
        held_out = self._checked(held_out, "fit")
        if held_out.size == 0:
            raise DataError("NGramLM.fit: held_out needs at least one id; got none.")
        return smoothing.estimate_weights(tables, held_out, self.vocabulary)

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


def checked_weights(weights: Any, order: int) -> Array:
    """Take the weights of "interpolation".

    Raises:    OptionError unless they are order + 1 numbers >= 0 that sum to 1, the first above 0
    """
    try:
        array = np.asarray(weights, np.float64)
    except (TypeError, ValueError):
        array = np.zeros(0)
    fits = array.shape == (order + 1,) and (array >= 0).all() and array[0] > 0
    if not fits or abs(array.sum() - 1.0) > 1e-6:
        raise OptionError(
            f"NGramLM: weights must be order + 1 = {order + 1} numbers >= 0 that sum to 1, the "
            f"first above 0; got {weights!r}. Hint: the first is that of 1 / V."
        )
    return array
