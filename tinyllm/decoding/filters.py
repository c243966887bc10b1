"""Filters on scores: each takes logits (..., V) and returns logits (..., V).

A token that a filter refuses gets -inf: after softmax its probability is 0. They are pure
functions of arrays, so that they can be plotted and put one after the other.
"""

from __future__ import annotations

import numpy as np

from tinyllm.errors import OptionError
from tinyllm.types import Array


def temperature(logits: Array, value: float) -> Array:
    """Divide the scores by `value`: below 1 the likely becomes likelier, above 1 all get alike.

    Raises:  OptionError unless value > 0; greedy choice is `generate(temperature=0)`

    >>> temperature(np.array([1.0, 2.0]), 0.5).tolist()
    [2.0, 4.0]
    """
    if not value > 0:
        raise OptionError(f"temperature: must be above 0; got {value}. Hint: 0 means greedy.")
    return logits / value


def top_k(logits: Array, k: int) -> Array:
    """Keep the k best scores of each row; where several tie for the last place, all of them.

    Raises:  OptionError unless k >= 1
    Source:  Fan, Lewis and Dauphin 2018, Hierarchical Neural Story Generation, section 5.4

    >>> top_k(np.array([1.0, 3.0, 2.0]), 2).tolist()
    [-inf, 3.0, 2.0]
    """
    if k < 1:
        raise OptionError(f"top_k: must be at least 1; got {k}.")
    if k >= logits.shape[-1]:
        return logits
    last = np.partition(logits, -k, axis=-1)[..., -k, None]  # the k-th best of each row
    return np.where(logits >= last, logits, -np.inf)


def top_p(logits: Array, p: float) -> Array:
    """Keep the fewest tokens whose probabilities together reach p; always at least the best.

    Raises:  OptionError unless 0 < p <= 1
    Source:  Holtzman et al. 2020, The Curious Case of Neural Text Degeneration, section 3.1

    >>> top_p(np.log(np.array([0.5, 0.3, 0.2])), 0.7).round(2).tolist()
    [-0.69, -1.2, -inf]
    """
    if not 0 < p <= 1:
        raise OptionError(f"top_p: must be above 0 and at most 1; got {p}.")
    if p == 1:
        return logits
    order = np.argsort(-logits, axis=-1, kind="stable")
    best_first = np.take_along_axis(logits, order, axis=-1).astype(np.float64)
    share = np.exp(best_first - best_first[..., :1])
    share /= share.sum(axis=-1, keepdims=True)
    before = np.cumsum(share, axis=-1) - share  # what better tokens have reached already
    kept = np.where(before < p, np.take_along_axis(logits, order, axis=-1), -np.inf)
    result = np.empty_like(kept)
    np.put_along_axis(result, order, kept, axis=-1)
    return result
