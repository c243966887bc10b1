"""Smoothing: from counts to probabilities, also for what was never seen. One function a method.

Leaves out: counting (counts.py), scoring a text (ngram.py). Who calls it: ngram.py.

All methods have one form. h is the context, w the next token, h' is h without its first:
    P(w | h) = share(h w) + left_over(h) * P(w | h')        below the empty context: 1 / V
A method is what it makes of `share` and `left_over`: one `Estimate` a length.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tinyllm.models.counts import Table, look_up
from tinyllm.types import Array

METHODS = ("maximum-likelihood", "add-k", "interpolation", "stupid-backoff", "kneser-ney")
BACKOFF = 0.4  # what stupid backoff multiplies by at each step down
ROUNDS = 100  # of EM; on tiny Shakespeare, order 6, 300 give the same loss to six decimals


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


def maximum_likelihood(tables: list[Table]) -> list[Estimate]:
    """P(w | h) = c(h w) / c(h). Nothing is left over, except after a context that is new."""
    return [estimate(table, table.counts, discount=0.0, added=0.0) for table in tables]


def add_k(tables: list[Table], k: float, vocabulary: int) -> list[Estimate]:
    """P(w | h) = (c(h w) + k) / (c(h) + k V).

    Alone among the methods, it gives what is left over to 1 / V at once, not to P(w | h').

    Source:    Chen and Goodman 1999, section 2.1
    """
    return [estimate(table, table.counts, discount=0.0, added=k * vocabulary) for table in tables]


def interpolation(tables: list[Table], weights: Array) -> list[Estimate]:
    """P(w | h) = weights[0] / V + sum over n of weights[n] * c(g w) / c(g).

    g are the last n - 1 tokens of h. Where g is new, the other weights are scaled up to sum to 1.

    Source:    Jelinek and Mercer 1980; Chen and Goodman 1999, section 2.3
    """
    kept = weights / np.cumsum(weights)  # of all that reaches a length, the share that stays there
    return [
        Estimate(keep * known.share, 1.0 - keep * (1.0 - known.left_over))
        for keep, known in zip(kept[1:], maximum_likelihood(tables), strict=True)
    ]


def estimate_weights(tables: list[Table], held_out: Array, vocabulary: int) -> Array:
    """Find the weights that make a held-out text likely. It must not be the text that was counted.

    EM. Think of each token as made by one length: from the longest down, each keeps it or passes
    it on. E: how much of each token was made by which length, if the weights are right?
    M: a length keeps as much of what reaches it as it has made. Each round makes the text
    likelier. One token kept and one passed on are added, so that no weight becomes 0.

    Shapes:    held_out (T,) -> (order + 1,), sums to 1
    Source:    Dempster, Laird and Rubin 1977 for EM
    """
    share, seen = likelihoods(tables, held_out, vocabulary)
    keep = np.append(1.0, np.full(len(tables), 0.5))  # the share that each length keeps
    for _ in range(ROUNDS):
        kept = np.where(seen, keep[:, None], 0.0)
        mixed = [share[0]]  # P of each token, up to each length
        for n in range(1, keep.size):
            mixed.append(kept[n] * share[n] + (1.0 - kept[n]) * mixed[-1])
        reached = np.ones(held_out.size)
        for n in range(len(tables), 0, -1):
            made = reached * kept[n] * share[n] / mixed[n]
            keep[n] = (made.sum() + 1.0) / (reached[seen[n]].sum() + 2.0)
            reached = reached - made
    passed_on = np.cumprod(np.append(1.0, 1.0 - keep[:0:-1]))[::-1]  # by all that are longer
    return keep * passed_on


def likelihoods(tables: list[Table], ids: Array, vocabulary: int) -> tuple[Array, Array]:
    """For each length 0..order: P(token) by that length alone, and whether its context was seen.

    Shapes:    ids (T,) -> (order + 1, T) float64, (order + 1, T) bool
    """
    share = np.zeros((len(tables) + 1, ids.size))
    seen = np.zeros(share.shape, bool)
    share[0], seen[0] = 1.0 / vocabulary, True
    rows = look_up(tables, ids, vocabulary)
    for n, known in enumerate(maximum_likelihood(tables), start=1):
        contexts, grams = next(rows)
        share[n, n - 1 :], seen[n, n - 1 :] = known.share[grams], known.left_over[contexts] == 0
    return share, seen


def stupid_backoff(tables: list[Table], vocabulary: int) -> list[Estimate]:
    """P(w | h) = S(w | h) / sum of S(. | h), with S(w | h) = c(h w) / c(h), else 0.4 S(w | h').

    The paper leaves the scores S as they are. They do not sum to 1, so a loss in nats would mean
    nothing: here they are divided by their sum. S of a token that was never seen is 0.4 / V.

    To fit the one form, a seen n-gram has the share c(h w) / c(h) - 0.4 S(w | h'): with what is
    left over it makes c(h w) / c(h) again. The sums come from those one shorter.

    Source:    Brants et al. 2007, section 4, "Stupid Backoff"
    """
    estimates = []
    score_below, sum_below = np.array([1.0 / vocabulary]), np.ones(1)
    shorter = np.zeros(1, np.int64)  # of each context: the row of the one without its first
    for table, known in zip(tables, maximum_likelihood(tables), strict=True):
        score = known.share[:-1]
        gained = score - BACKOFF * score_below[table.suffixes]
        backed_off = BACKOFF * sum_below[shorter]
        total = np.bincount(table.contexts, gained, minlength=table.size_below) + backed_off
        share, left_over = gained / total[table.contexts], backed_off / total
        estimates.append(Estimate(np.append(share, 0.0), np.append(left_over, 1.0)))
        score_below, sum_below, shorter = score, total, table.suffixes
    return estimates


def kneser_ney(tables: list[Table]) -> list[Estimate]:
    """P(w | h) = (c - D(c)) / total + (sum of D) / total * P(w | h'): modified and interpolated.

    The longest n-grams have their counts. A shorter one has its continuation count: how many
    distinct tokens stand before it. "Francisco" is frequent, but only after "San".

    Source:    Chen and Goodman 1999, section 3, "Modified Kneser-Ney smoothing"
    """
    counts = [
        np.bincount(longer.suffixes, minlength=table.keys.size)
        for table, longer in pairwise(tables)
    ]
    return [
        estimate(table, c, discounts(c)[np.minimum(c, 3)], added=0.0)
        for table, c in zip(tables, [*counts, tables[-1].counts], strict=True)
    ]


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
