"""Filters on scores: each takes logits (..., V) and returns logits (..., V).

A token that a filter refuses gets -inf: after softmax its probability is 0. They are pure
functions of arrays, so that they can be plotted and put one after the other: docs/decoding.md
does. Leaves out: which come in what order, and the draw (sampling.py).
"""

from __future__ import annotations

import numpy as np

from tinyllm.errors import OptionError
from tinyllm.types import Array

ROUNDING = 1e-12  # tenths that are added up may lack so much of a sum: eight of them reach 0.8


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

    Of tokens that tie for the last place, those with the lower ids are kept.

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
    lacking = before < p * (1 - ROUNDING)
    kept = np.where(lacking, np.take_along_axis(logits, order, axis=-1), -np.inf)
    result = np.empty_like(kept)
    np.put_along_axis(result, order, kept, axis=-1)
    return result


def min_p(logits: Array, p: float) -> Array:
    """Keep the tokens that are at least p times as likely as the best of their row.

    Raises:  OptionError unless 0 <= p <= 1; 0 keeps all, 1 those that tie with the best
    Source:  Nguyen et al. 2024, Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM
             Outputs, section 3

    >>> min_p(np.log(np.array([0.5, 0.3, 0.2])), 0.5).round(2).tolist()
    [-0.69, -1.2, -inf]
    """
    if not 0 <= p <= 1:
        raise OptionError(f"min_p: must be at least 0 and at most 1; got {p}.")
    with np.errstate(over="ignore"):  # of two scores that far apart, one has no probability
        below_best = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    return np.where(np.exp(below_best) >= p * (1 - ROUNDING), logits, -np.inf)


def repetition_penalty(logits: Array, seen: Array, penalty: float) -> Array:
    """Make the tokens that were seen less likely: scores above 0 are divided, others multiplied.

    The paper divides all; that would raise a score below 0. Only here does it matter where 0 is:
    scores that differ by a constant have the same softmax, and are not changed alike. A token that
    was seen twice is changed once.

    Shapes:  logits (..., V), seen (..., T) ids, T >= 0 -> (..., V)
    Raises:  OptionError unless penalty is above 0 and finite; 1 changes nothing
    Source:  Keskar et al. 2019, CTRL: A Conditional Transformer Language Model for Controllable
             Generation, section 4.1, where 1.2 is found to work well

    >>> repetition_penalty(np.array([2.0, -1.0, 2.0, -1.0]), np.array([0, 1, 1]), 2.0).tolist()
    [1.0, -2.0, 2.0, -1.0]
    """
    if not 0 < penalty < np.inf:
        raise OptionError(f"repetition_penalty: must be above 0 and finite; got {penalty}.")
    was_seen = np.zeros(logits.shape, bool)
    np.put_along_axis(was_seen, seen, True, axis=-1)
    changed = np.where(logits > 0, logits / penalty, logits * penalty)
    return np.where(was_seen, changed, logits)
