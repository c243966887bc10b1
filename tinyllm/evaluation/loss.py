"""How well a model predicts a text: its mean loss over windows that cover it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm import ops
from tinyllm.autograd.grad_mode import no_grad
from tinyllm.text.corpus import windows
from tinyllm.types import Array


def mean_loss(model: Any, ids: Array, *, batch: int = 64, most: int | None = None) -> float:
    """Mean loss of `model` over `ids`, cut into windows of the model's context.

    Each id but the first is predicted once, from the ids before it in its window; so the first
    ones of a window are guessed from little. Dropout is off, no graph is recorded.

    Shapes:  ids (N,), N >= 2
    Units:   nats a token
    most:    look at no more than about this many ids, in windows spread evenly over the text
    """
    total, count = 0.0, 0
    was_training = model.training
    model.eval()
    try:
        with no_grad():
            for inputs, targets in chosen(windows(ids, model.config.context, batch), most):
                loss = ops.cross_entropy(model(inputs), targets)
                total, count = total + loss.item() * targets.size, count + targets.size
    finally:
        model.train(was_training)
    return total / count


def chosen(pairs: list[tuple[Array, Array]], most: int | None) -> list[tuple[Array, Array]]:
    """Keep all pairs, or so many of them, evenly spread, that hold about `most` targets."""
    total = sum(targets.size for _, targets in pairs)
    if most is None or total <= most:
        return pairs
    keep = max(1, round(len(pairs) * most / total))
    return [pairs[i] for i in np.linspace(0, len(pairs) - 1, keep).astype(int)]
