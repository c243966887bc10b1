"""Beam search: of all continuations, the ones that the model finds likeliest, or nearly.

Leaves out: chance (generate.py). docs/decoding.md walks through one by hand.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.decoding.generate import rows_of
from tinyllm.decoding.scores import CachedModel, CachedScores, NextScores, with_cache
from tinyllm.decoding.stop import checked_stop
from tinyllm.errors import OptionError, shape_error
from tinyllm.kernels import softmax
from tinyllm.types import Array


class Hypothesis(NamedTuple):
    """A text that has ended, and how good it is."""

    ids: Array  # prompt and continuation, with the stop id that ended it
    score: float  # log P(continuation) / length^length_penalty, in nats


def beam_search(
    model: CachedModel | NextScores,
    prompt: Any,
    max_new_tokens: int,
    *,
    beams: int = 4,
    length_penalty: float = 1.0,
    n_best: int = 1,
    stop: ArrayLike | None = None,
) -> list[Hypothesis]:
    """Return the n best continuations that were found, the best first.

    Up to `beams` texts are open. Each is continued by every token. Of all that come out, the best
    stay open, and those of the best that have ended are put aside. It goes on until no open text
    can become one of the n best. beams=1 is greedy: there the first to end is the only one.

    Forward:  score = log P(continuation | prompt) / length^length_penalty, length in new tokens
    Shapes:   prompt (T,) integers, T >= 1 -> n_best times ids (T + N,), N at most max_new_tokens
    length_penalty:  0 ranks by probability, so that short texts win; 1 by the mean of a token
    n_best:   at most `beams`; fewer come where fewer texts have a probability above 0
    stop:     an id, or several, that end a text; without, all have max_new_tokens
    Units:    nats
    Raises:   OptionError for a value out of range, ShapeError for an empty prompt
    Source:   Wu et al. 2016, Google's Neural Machine Translation System, section 7; their penalty
              is ((5 + length) / 6)^alpha. The plain power is Hugging Face's, whose `generate` finds
              the same with early_stopping="never"

    >>> from tinyllm.models import NGramLM
    >>> model = NGramLM(2, 3, "add-k").fit([0, 1, 0, 1, 2, 2, 0])
    >>> for ids, score in beam_search(model, [0], 2, n_best=2, length_penalty=0):
    ...     print(ids, np.exp(score).round(2))
    [0 1 0] 0.24
    [0 1 2] 0.24
    """
    seen, _ = rows_of(prompt, "beam_search")  # a row for each open text
    check_options(seen, max_new_tokens, beams, length_penalty, n_best)
    stop_ids, scores = checked_stop(stop), with_cache(model, seen)
    total = np.zeros(1)  # log P of each open text
    ended = [] if max_new_tokens else [Hypothesis(seen[0], 0.0)]
    for length in range(1, max_new_tokens + 1):
        joint = total[:, None] + log_softmax(scores.next_scores(seen))
        # each stop id ends `beams` texts at most: so many have `beams` that go on among them
        row, token = best_first(joint, beams * (1 + stop_ids.size))
        texts, total = np.concatenate([seen[row], token[:, None]], axis=1), joint[row, token]
        over = np.isin(token, stop_ids) | (length == max_new_tokens)
        among_best = np.flatnonzero(over[:beams])
        ended += [Hypothesis(texts[i], total[i] / length**length_penalty) for i in among_best]
        ended = sorted(ended, key=lambda text: -text.score)[:n_best]
        still = np.flatnonzero(~over)[:beams]
        seen, total = texts[still], total[still]
        # log P only falls, so an open text is best at the length that divides it most kindly
        kindest = max_new_tokens if length_penalty > 0 else length + 1
        hopeful = still.size and (
            len(ended) < n_best or total[0] / kindest**length_penalty > ended[-1].score
        )
        if not hopeful or (beams == 1 and ended):
            break
        if isinstance(scores, CachedScores):
            scores.select(row[still])
    return ended


def log_softmax(scores: Array) -> Array:
    """Log P of each token: scores (B, V) -> (B, V) in float64; a sum of many keeps its digits."""
    return softmax.log_forward_numpy(scores.astype(np.float64))


def best_first(joint: Array, count: int) -> tuple[Array, Array]:
    """Find the best of a table, in order: its rows and columns. Of equals, the first; no -inf.

    >>> best_first(np.array([[-1.0, -9.0], [-np.inf, -1.0]]), 2)
    (array([0, 1]), array([0, 1]))
    """
    flat = joint.ravel()
    least = np.partition(flat, -count)[-count] if count < flat.size else -np.inf
    places = np.flatnonzero((flat >= least) & (flat > -np.inf))
    order = np.argsort(-flat[places], kind="stable")[:count]
    row, column = np.divmod(places[order], joint.shape[1])
    return row, column


def check_options(
    seen: Array, max_new_tokens: int, beams: int, length_penalty: float, n_best: int
) -> None:
    """Refuse what cannot be searched for, before anything is computed."""
    if len(seen) != 1:
        raise shape_error("beam_search", "takes one prompt", "call it for each", prompt=seen.shape)
    if max_new_tokens < 0:
        raise OptionError(f"beam_search: max_new_tokens must be at least 0; got {max_new_tokens}.")
    if beams < 1:
        raise OptionError(f"beam_search: beams must be at least 1; got {beams}.")
    if not 1 <= n_best <= beams:
        rule = f"n_best must be at least 1 and at most beams = {beams}"
        raise OptionError(f"beam_search: {rule}; got {n_best}. Hint: more beams?")
    if not np.isfinite(length_penalty):
        raise OptionError(f"beam_search: length_penalty must be finite; got {length_penalty}.")
