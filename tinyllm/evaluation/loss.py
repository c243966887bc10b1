"""How well a model predicts: its mean loss, over a text or over any batches."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinyllm import ops
from tinyllm.autograd.grad_mode import no_grad
from tinyllm.autograd.tensor import Tensor
from tinyllm.text.corpus import windows
from tinyllm.text.streams import continued
from tinyllm.types import NO_TARGET, Array

ROWS = 16  # pieces of the text that a recurrent model reads side by side, each from a state of 0


def mean_loss(model: Any, ids: Array, *, batch: int = 64, most: int | None = None) -> float:
    """Mean loss of `model` over `ids`, cut into windows of the model's context.

    Each id but the first is predicted once, from the ids before it in its window; so the first
    ones of a window are guessed from little. A model that carries a state has no windows: it reads
    the text in ROWS pieces, each from its beginning to its end. Dropout is off, no graph is
    recorded.

    Shapes:  ids (N,), N >= 2
    Units:   nats a token
    most:    look at no more than about this many ids, spread evenly over the text
    """
    context = model.config.context
    if getattr(model, "carries_state", False):
        rows = min(ROWS, max(1, (len(ids) - 1) // context))
        caches = model.new_caches(rows)
        pairs = first(continued(ids, context, rows), most)
        return loss_over(model, pairs, lambda inputs: model(inputs, caches=caches))
    return loss_over(model, chosen(windows(ids, context, batch), most), model)


def loss_over(
    model: Any, pairs: Iterable[tuple[Any, Array]], logits: Callable[[Any], Tensor]
) -> float:
    """Mean loss over all targets of some batches; those that are NO_TARGET do not count.

    pairs:   inputs, and the targets that belong to logits(inputs)
    Units:   nats a target
    """
    total, count = 0.0, 0
    with evaluating(model):
        for inputs, targets in pairs:
            size = int((targets != NO_TARGET).sum())
            total += ops.cross_entropy(logits(inputs), targets).item() * size if size else 0.0
            count += size
    return total / count


@contextmanager
def evaluating(model: Any) -> Generator[None]:
    """Switch dropout off, and record no graph."""
    was_training = model.training
    model.train(False)
    try:
        with no_grad():
            yield
    finally:
        model.train(was_training)


def first(pairs: list[tuple[Array, Array]], most: int | None) -> list[tuple[Array, Array]]:
    """Keep all pairs, or the first ones: these hold the beginning of each row."""
    total = sum(targets.size for _, targets in pairs)
    if most is None or total <= most:
        return pairs
    return pairs[: max(1, round(len(pairs) * most / total))]


def chosen(pairs: list[tuple[Any, Array]], most: int | None) -> list[tuple[Any, Array]]:
    """Keep all pairs, or so many of them, evenly spread, that hold about `most` targets."""
    total = sum(targets.size for _, targets in pairs)
    if most is None or total <= most:
        return pairs
    keep = max(1, round(len(pairs) * most / total))
    return [pairs[i] for i in np.linspace(0, len(pairs) - 1, keep).astype(int)]
