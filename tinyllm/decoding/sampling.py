"""From the scores of the next token to the token: which filters, in what order, and the draw.

Leaves out: the filters themselves (filters.py). Who calls it: generate.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinyllm.decoding import filters
from tinyllm.types import Array


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the next token is chosen; None leaves a filter out.

    Raises:  OptionError for a value out of range, before anything is computed
    """

    temperature: float = 1.0  # 0: the best token always (greedy)
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None

    def __post_init__(self) -> None:
        self.filtered(np.zeros((1, 1)), np.zeros((1, 0), int))  # each filter knows its range

    def filtered(self, scores: Array, seen: Array) -> Array:
        """Scores (B, V), given the ids (B, T) so far: penalty, temperature, k, p, min-p."""
        if self.repetition_penalty is not None:
            scores = filters.repetition_penalty(scores, seen, self.repetition_penalty)
        if self.temperature != 0:
            scores = filters.temperature(scores, self.temperature)
        if self.top_k is not None:
            scores = filters.top_k(scores, self.top_k)
        if self.top_p is not None:
            scores = filters.top_p(scores, self.top_p)
        if self.min_p is not None:
            scores = filters.min_p(scores, self.min_p)
        return scores


def choose(scores: Array, seen: Array, how: Sampling, rng: np.random.Generator) -> Array:
    """Take one token for each row: scores (B, V), seen (B, T) -> tokens (B)."""
    scores = how.filtered(scores, seen)
    return greedy(scores) if how.temperature == 0 else sample(scores, rng)


def greedy(logits: Array) -> Array:
    """Take the best token of each row; of equally good ones, that with the lowest id.

    Shapes:  logits (B, V) -> (B,) ids

    >>> greedy(np.array([[0.0, 2.0, 1.0], [3.0, 3.0, -np.inf]])).tolist()
    [1, 0]
    """
    return logits.argmax(axis=-1)


def sample(logits: Array, rng: np.random.Generator) -> Array:
    """Draw one token for each row of logits (B, V) -> (B,).

    A random point on a line of length 1, on which each token has as much room as it is likely.
    """
    weights = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    ends = np.cumsum(weights, axis=-1)
    points = rng.random((len(logits), 1)) * ends[:, -1:]
    return (ends <= points).sum(axis=-1)
