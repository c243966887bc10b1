"""Perplexity: a loss as a number that one can picture. Who calls it: ngram.py, and the course."""

from __future__ import annotations

import numpy as np

from tinyllm.errors import DataError
from tinyllm.types import Array


def perplexity(log_probabilities: Array) -> float:
    """Give exp of the mean of -log P: as if each token were a choice among that many equal ones.

    Shapes:    log_probabilities (T,), of the tokens that came
    Units:     takes nats; inf if one token has probability 0
    Raises:    DataError if there are none
    Source:    Jelinek, Mercer, Bahl and Baker 1977

    >>> perplexity(np.log([0.25, 0.25, 0.25]))
    4.0
    """
    if log_probabilities.size == 0:
        raise DataError("perplexity: needs at least one log probability; got none.")
    return float(np.exp(-log_probabilities.mean()))
