"""From a prompt to a text: one token after the other. The filters are in decoding/filters.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

from tinyllm.autograd.grad_mode import no_grad
from tinyllm.decoding.filters import temperature as cool
from tinyllm.decoding.filters import top_k as keep_best
from tinyllm.decoding.filters import top_p as keep_share
from tinyllm.errors import OptionError, shape_error
from tinyllm.types import Array, Rng, generator


class NextScores(Protocol):
    """All that generation needs of a model: ids (B, T) -> scores (B, V) of the next token.

    `NGramLM` has it. For a model with a cache, `with_cache` makes it.
    """

    def next_scores(self, ids: Array) -> Array: ...


class CachedModel(Protocol):
    """A model that reads a token once: logits (B, T, V), a context, room for what was seen."""

    config: Any
    training: bool

    def __call__(self, ids: Array, caches: list[Any] | None = None) -> Any: ...
    def new_caches(self, batch: int = 1) -> list[Any]: ...
    def train(self, mode: bool = True) -> Any: ...


def generate(
    model: CachedModel | NextScores,
    prompt: Any,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    rng: Rng = 0,
) -> Array:
    """Continue a prompt; return prompt and continuation.

    Shapes:  prompt (T,) or (B, T) integers, T >= 1 -> (T + max_new_tokens,) or (B, ...)
    temperature:    below 1 safer, above 1 wilder; 0 takes the best token always (greedy)
    top_k, top_p:   see filters.py; first the temperature, then k, then p
    rng:            a seed or a Generator
    Raises:  OptionError for a value out of range, ShapeError for an empty prompt
    """
    ids = np.asarray(prompt)
    rows = ids if ids.ndim == 2 else ids[None]
    options = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "rng": rng}
    new = list(stream(model, rows, max_new_tokens, **options))
    whole = np.concatenate([rows, *(token[:, None] for token in new)], axis=1)
    return whole if ids.ndim == 2 else whole[0]


def stream(
    model: CachedModel | NextScores,
    prompt: Array,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    rng: Rng = 0,
) -> Iterator[Array]:
    """Yield the next token (B,) of each row of a prompt (B, T), one after the other."""
    if prompt.ndim != 2 or prompt.shape[1] == 0:
        raise shape_error("generate", "the prompt needs at least one token", prompt=prompt.shape)
    if max_new_tokens < 0:
        raise OptionError(f"generate: max_new_tokens must be at least 0; got {max_new_tokens}.")
    check_options(temperature, top_k, top_p)
    random, seen = generator(rng), prompt
    next_scores = getattr(model, "next_scores", None) or with_cache(model, len(prompt))
    for _ in range(max_new_tokens):
        scores = next_scores(seen)  # (B, V)
        token = choose(scores, temperature, top_k, top_p, random)  # (B,)
        seen = np.concatenate([seen, token[:, None]], axis=1)
        yield token


def with_cache(model: Any, batch: int) -> Callable[[Array], Array]:
    """Make `next_scores` of a CachedModel, for a text that only grows from call to call."""
    caches, read, shortcut = model.new_caches(batch), 0, shortcut_of(model)
    context = getattr(model, "reach", model.config.context)  # a recurrent model has no limit

    def next_scores(seen: Array) -> Array:
        nonlocal caches, read
        unread, read = seen[:, read:], seen.shape[1]
        if caches[0].length + unread.shape[1] > context:  # the window slides, and is read anew
            unread, caches = seen[:, -context:], model.new_caches(batch)
        if shortcut is not None and unread.shape == (1, 1):
            return shortcut(unread[0, 0], caches)[None]
        return last_scores(model, unread, caches)

    return next_scores


def shortcut_of(model: Any) -> Callable[[int, list[Any]], Array] | None:
    """Return the model's way to take one token in one piece, if it has one that is as good."""
    return model.token_scores if getattr(model, "is_plain", bool)() else None


def last_scores(model: CachedModel, ids: Array, caches: list[Any]) -> Array:
    """Scores (B, V) of the token after `ids` (B, T); without dropout, without a graph."""
    was_training = model.training
    model.train(False)
    try:
        with no_grad():
            return model(ids, caches).data[:, -1]
    finally:
        model.train(was_training)


def choose(
    scores: Array,
    temperature: float,
    top_k: int | None,
    top_p: float | None,
    rng: np.random.Generator,
) -> Array:
    """Scores (B, V) -> tokens (B): the best where temperature is 0, else drawn at random."""
    if temperature == 0:
        return scores.argmax(axis=-1)
    scores = cool(scores, temperature)
    if top_k is not None:
        scores = keep_best(scores, top_k)
    if top_p is not None:
        scores = keep_share(scores, top_p)
    return sample(scores, rng)


def sample(logits: Array, rng: np.random.Generator) -> Array:
    """Draw one token for each row of logits (B, V) -> (B,).

    A random point on a line of length 1, on which each token has as much room as it is likely.
    """
    weights = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    ends = np.cumsum(weights, axis=-1)
    points = rng.random((len(logits), 1)) * ends[:, -1:]
    return (ends <= points).sum(axis=-1)


def check_options(temperature: float, top_k: int | None, top_p: float | None) -> None:
    """Refuse bad options before anything is computed: the filters know their ranges."""
    probe = np.zeros(1)
    if temperature != 0:
        cool(probe, temperature)
    if top_k is not None:
        keep_best(probe, top_k)
    if top_p is not None:
        keep_share(probe, top_p)
