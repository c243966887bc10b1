"""What decoding asks of a model: the scores of the next token. With a cache, where there is one.

Leaves out: what is made of the scores. Who calls it: generate.py and beam.py.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Protocol

from tinyllm.evaluation.loss import evaluating
from tinyllm.nn.cache import select_rows
from tinyllm.types import Array


class NextScores(Protocol):
    """All that decoding needs of a model: ids (B, T) -> scores (B, V) of the next token.

    `NGramLM` has it. For a model with a cache, `CachedScores` has.
    """

    def next_scores(self, ids: Array) -> Array: ...


class CachedModel(Protocol):
    """A model that reads a token once: logits (B, T, V), a context, caches for what was seen.

    A cache has a `length`, how many tokens it has seen, and `select(rows)`, which beam search
    calls. A model without a limit has a `reach`, in place of its context.
    """

    @property
    def config(self) -> Any: ...
    @property
    def training(self) -> bool: ...
    def __call__(self, ids: Array, caches: Any = None) -> Any: ...
    def new_caches(self, batch: int = 1) -> Any: ...
    def train(self, mode: bool = True) -> Any: ...


def with_cache(model: CachedModel | NextScores, prompt: Array) -> NextScores:
    """Return what has `next_scores`: the model itself, or its `CachedScores`."""
    return model if hasattr(model, "next_scores") else CachedScores(model, prompt)  # pyright: ignore


class CachedScores:
    """`next_scores` of a CachedModel, for texts that only grow from call to call.

    prompt:  (B, T), how the texts begin; they may begin with less of it
    """

    def __init__(self, model: CachedModel, prompt: Array) -> None:
        self.model, self.shortcut = model, shortcut_of(model)
        self.caches, self.read = model.new_caches(len(prompt)), 0
        self.context = getattr(model, "reach", model.config.context)  # an RNN's has no limit
        if prompt.shape[1] > self.context:
            read = f"the model reads the last {self.context}, its context"
            warnings.warn(f"the prompt has {prompt.shape[1]} tokens; {read}.", stacklevel=4)

    def next_scores(self, seen: Array) -> Array:
        """Read what is new in the texts (B, T), and return the scores (B, V) of what comes next."""
        unread, self.read = seen[:, self.read :], seen.shape[1]
        if self.caches[0].length + unread.shape[1] > self.context:  # the window slides: read anew
            unread, self.caches = seen[:, -self.context :], self.model.new_caches(len(seen))
        if self.shortcut is not None and unread.shape == (1, 1):
            return self.shortcut(unread[0, 0], self.caches)[None]
        return last_scores(self.model, unread, self.caches)

    def select(self, rows: Array) -> None:
        """Go on with these texts of the batch; one may be taken several times."""
        select_rows(self.caches, rows)


def shortcut_of(model: Any) -> Callable[[int, Any], Array] | None:
    """Return the model's way to take one token in one piece, if it has one that is as good."""
    return model.token_scores if getattr(model, "is_plain", bool)() else None


def last_scores(model: CachedModel, ids: Array, caches: Any) -> Array:
    """Scores (B, V) of the token after `ids` (B, T); without dropout, without a graph."""
    with evaluating(model):
        return model(ids, caches).data[:, -1]
