"""From a prompt to a text: one token after the other, for one text or many at once.

Leaves out: the scores (scores.py), the choice (sampling.py), the likeliest text (beam.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.decoding.sampling import Sampling, choose
from tinyllm.decoding.scores import CachedModel, NextScores, with_cache
from tinyllm.decoding.stop import checked_stop, until_stop_id
from tinyllm.errors import DtypeError, OptionError, shape_error
from tinyllm.text import pad
from tinyllm.types import Array, Rng, generator


def generate(
    model: CachedModel | NextScores,
    prompt: Any,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    repetition_penalty: float | None = None,
    stop: ArrayLike | None = None,
    rng: Rng = 0,
) -> Any:
    """Continue a prompt; return prompt and continuation.

    Shapes:  prompt (T,) or (B, T) integers, T >= 1 -> (T + N,) or (B, T + N), N new tokens
             prompts of different lengths -> a list of rows, each with its own continuation
    temperature:    below 1 safer, above 1 wilder; 0 takes the best token always (greedy)
    top_k, top_p, min_p, repetition_penalty:   see filters.py; sampling.py has their order
    stop:           an id, or several: a text ends after it. In (B, T + N), rows that have ended
                    repeat it until all have; of prompts of different lengths, each row ends there
    rng:            a seed or a Generator; it draws for all rows at once, so what a row gets
                    depends on the rows beside it. A greedy row is what it would be alone
    Raises:  OptionError for a value out of range, ShapeError for an empty prompt
    """
    options = {
        "temperature": temperature,
        "top_k": top_k,
        "top_p": top_p,
        "min_p": min_p,
        "repetition_penalty": repetition_penalty,
        "stop": stop,
        "rng": rng,
    }
    ids, lengths = rows_of(prompt)
    shortest = lengths.min()
    new = list(stream(model, prompt, max_new_tokens, **options))
    whole = np.concatenate([ids[:, :shortest], *(token[:, None] for token in new)], axis=1)
    if shortest < lengths.max():
        ends = lengths + max_new_tokens
        texts = [row[:end] for row, end in zip(whole, ends, strict=True)]
        return [until_stop_id(*pair, stop) for pair in zip(texts, lengths, strict=True)]
    return whole if np.ndim(prompt[0]) else whole[0]


def stream(
    model: CachedModel | NextScores,
    prompt: Any,
    max_new_tokens: int,
    *,
    stop: ArrayLike | None = None,
    rng: Rng = 0,
    **how: Any,
) -> Iterator[Array]:
    """Yield the next token (B,) of each row, one after the other; arguments as in `generate`.

    The rows go in step. Of prompts of different lengths, all are read as far as the shortest goes,
    and a longer one yields what is left of it before it is continued. So nothing is ever padding:
    every place has its token, and every row the places that it would have alone.
    """
    ids, lengths = rows_of(prompt)
    if max_new_tokens < 0:
        raise OptionError(f"generate: max_new_tokens must be at least 0; got {max_new_tokens}.")
    sampling, stop_ids = Sampling(**how), checked_stop(stop)
    random, scores = generator(rng), with_cache(model, ids)
    shortest, longest = int(lengths.min()), ids.shape[1]
    seen, ended = ids[:, :shortest], np.zeros(len(ids), bool)
    for place in range(shortest, longest + max_new_tokens):
        token = choose(scores.next_scores(seen), seen, sampling, random)  # (B,)
        if place < longest:
            token = np.where(place < lengths, ids[:, place], token)  # (B,)
        if stop_ids.size:
            token = np.where(ended, seen[:, -1], token)  # (B,)
            ended |= np.isin(token, stop_ids) & (place >= lengths)
        seen = np.concatenate([seen, token[:, None]], axis=1)
        yield token
        if stop_ids.size and (ended | (place + 1 >= lengths + max_new_tokens)).all():
            return


def rows_of(prompt: Any, operation: str = "generate") -> tuple[Array, Array]:
    """One prompt, a batch, or prompts of different lengths: ids (B, T), and the B lengths.

    Raises:  ShapeError if there is no prompt, or one without a token; DtypeError for fractions
    """
    try:
        ids = np.asarray(prompt)
    except ValueError:  # different lengths: what is filled up here is not read
        ids, given = pad(prompt, padding=0)
        lengths = given.sum(axis=1)
    else:
        ids = ids if ids.ndim == 2 else ids[None]
        lengths = np.full(len(ids), ids.shape[-1])
    if ids.ndim != 2 or ids.size == 0 or lengths.min() == 0:
        raise shape_error(operation, "the prompt needs at least one token", prompt=ids.shape)
    if ids.dtype.kind not in "iu":
        raise DtypeError(f"{operation}: ids must be integers; got {ids.dtype}.")
    return ids, lengths
