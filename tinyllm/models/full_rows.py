"""Smoothing on full rows: the definitions that smoothing.py's sparse tables are held to.

A row belongs to one context h, and has a number for each of the V tokens that may follow. Most are
0, so this takes too much memory for long contexts and many tokens; smoothing.py keeps what was
seen. Who calls it: the tests, the course, whoever wants to see a method whole.
"""

from __future__ import annotations

import numpy as np

from tinyllm.models.smoothing import discounts
from tinyllm.types import Array


def add_k(counts: Array, k: float) -> Array:
    """P(w | h) = (c(h w) + k) / (c(h) + k V).

    Shapes:    counts (..., V), k > 0 -> (..., V) float64, sums to 1
    Source:    Chen and Goodman 1999, section 2.1

    >>> add_k(np.array([[3, 1], [0, 0]]), k=1.0)
    array([[0.66666667, 0.33333333],
           [0.5       , 0.5       ]])
    """
    V = counts.shape[-1]
    return (counts + k) / (counts.sum(axis=-1, keepdims=True) + k * V)


def interpolation(counts: Array, weights: Array) -> Array:
    """P(w | h) = weights[0] / V + sum over n of weights[n + 1] * c(g w) / c(g).

    g are the last n tokens of h, and counts[n] has the rows of these. Where g is new, its row is 0,
    and the other weights of that h are scaled up to sum to 1.

    Shapes:    counts (L, ..., V), weights (L + 1,), weights[0] > 0 -> (..., V), sums to 1
    Source:    Jelinek and Mercer 1980; Chen and Goodman 1999, section 2.3

    >>> interpolation(np.array([[3, 1], [0, 2]]), weights=np.array([0.2, 0.4, 0.4]))
    array([0.4, 0.6])
    >>> interpolation(np.array([[3, 1], [0, 0]]), weights=np.array([0.2, 0.4, 0.4]))
    array([0.66666667, 0.33333333])
    """
    V = counts.shape[-1]
    probability = np.full(counts.shape[1:], weights[0] / V)  # (..., V)
    used = np.full((*counts.shape[1:-1], 1), weights[0])  # (..., 1)
    for row, weight in zip(counts, weights[1:], strict=True):
        total = row.sum(axis=-1, keepdims=True)  # (..., 1)
        seen = total > 0
        probability = probability + weight * row / np.where(seen, total, 1)
        used = used + weight * seen
    return probability / used


def kneser_ney(counts: Array, below: Array) -> Array:
    """P(w | h) = (c(h w) - D(c)) / c(h) + (sum of D) / c(h) * P(w | h'); P(w | h') for a new h.

    Modified and interpolated. D is 0 for a count of 0, and differs for 1, 2, and 3 or more. The
    caller hands in plain counts for the longest n-grams, and for the shorter ones how many distinct
    tokens stand before them.

    below:     P(w | h'), h' being h without its first token: a row for each h
    Shapes:    counts (N, V) integers: all N contexts of a length, below (N, V) -> (N, V), sums to 1
    Source:    Chen and Goodman 1999, section 3, "Modified Kneser-Ney smoothing"

    >>> kneser_ney(np.array([[2, 2], [0, 0]]), below=np.full((2, 2), 0.5))
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    D = discounts(counts.ravel())[np.minimum(counts, 3)]  # (N, V)
    total = counts.sum(axis=-1, keepdims=True)  # (N, 1)
    divisor = np.where(total > 0, total, 1)
    left_over = np.where(total > 0, D.sum(axis=-1, keepdims=True) / divisor, 1.0)
    return (counts - D) / divisor + left_over * below
