"""How well a model predicts a text: its mean loss over windows that cover it."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tinyllm import ops
from tinyllm.autograd.grad_mode import no_grad
from tinyllm.models import RNNLM
from tinyllm.text.corpus import windows
from tinyllm.text.streams import continued
from tinyllm.types import Array

ROWS = 16  # pieces of the text that a recurrent model reads side by side, each from a state of 0


def mean_loss(model: Any, ids: Array, *, batch: int = 64, most: int | None = None) -> float:
    """Mean loss of `model` over `ids`, cut into windows of the model's context.

    Each id but the first is predicted once, from the ids before it in its window; so the first
    ones of a window are guessed from little. A recurrent model has no windows: it reads the text in
    ROWS pieces, each from its beginning to its end. Dropout is off, no graph is recorded.

    Shapes:  ids (N,), N >= 2
    Units:   nats a token
    most:    look at no more than about this many ids, spread evenly over the text
    """
    total, count, context = 0.0, 0, model.config.context
    if isinstance(model, RNNLM):
        rows = min(ROWS, max(1, (len(ids) - 1) // context))
        pairs = first(continued(ids, context, rows), most)
        read = partial(model, caches=model.new_caches(rows))
    else:
        pairs, read = chosen(windows(ids, context, batch), most), model
    was_training = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in pairs:
                loss, size = ops.cross_entropy(read(inputs), targets), (targets >= 0).sum()
                total, count = total + loss.item() * size, count + size
    finally:
        model.train(was_training)
    return float(total / count)


def first(pairs: list[tuple[Array, Array]], most: int | None) -> list[tuple[Array, Array]]:
    """Keep all pairs, or the first ones: these hold the beginning of each row."""
    total = sum(targets.size for _, targets in pairs)
    if most is None or total <= most:
        return pairs
    return pairs[: max(1, round(len(pairs) * most / total))]


def chosen(pairs: list[tuple[Array, Array]], most: int | None) -> list[tuple[Array, Array]]:
    """Keep all pairs, or so many of them, evenly spread, that hold about `most` targets."""
    total = sum(targets.size for _, targets in pairs)
    if most is None or total <= most:
        return pairs
    keep = max(1, round(len(pairs) * most / total))
    return [pairs[i] for i in np.linspace(0, len(pairs) - 1, keep).astype(int)]
