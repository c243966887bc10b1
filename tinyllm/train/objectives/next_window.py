"""NextWindow: read a piece of a text, write the piece after it. For encoder-decoder models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import DataError
from tinyllm.evaluation.loss import chosen, loss_over
from tinyllm.text import RandomWindows
from tinyllm.train.objectives.next_token import NextToken, check_length
from tinyllm.types import Array

Inputs = tuple[Array, Array]
ROWS = 64  # windows in a batch of validation


class NextWindow(NextToken):
    """Two windows side by side: the encoder reads the first, the decoder writes the second.

    The decoder begins with the last token of the first, so that no token for a beginning is needed.
    """

    def begin(self, model: Any, rng: np.random.Generator) -> Iterator[tuple[Any, Array]]:
        """Return pairs of windows from anywhere."""
        context = model.config.context
        check_length(self, context, windows=2)
        return TwoWindows(RandomWindows(self.train_ids, 2 * context, self.config.batch, rng))

    def logits(self, model: Any, inputs: Any) -> Tensor:
        """Score the tokens of the second window: (B, T, V)."""
        return model(*inputs)

    def measure(self, model: Any, most: int | None) -> dict[str, float]:
        """Return the loss a token, and in bits a byte."""
        loss = window_loss(model, self.validation_ids, most)
        return {"val_loss": loss, "bits_per_byte": self.in_bits(loss)}


def window_loss(model: Any, ids: Array, most: int | None = None) -> float:
    """Mean loss over all windows of a text but the first, each after the one before it.

    Units:   nats a token
    Raises:  DataError if the text is not longer than two windows
    """
    T = model.config.context
    starts = np.arange(0, len(ids) - 2 * T, T)
    if not starts.size:
        raise DataError(f"needs more than two windows, {2 * T} tokens; got {len(ids)}.")
    pairs = [
        in_two(ids[places], ids[places + 1])
        for rows in np.split(starts, range(ROWS, len(starts), ROWS))
        for places in [rows[:, None] + np.arange(2 * T)]  # (R, 2 T)
    ]
    return loss_over(model, chosen(pairs, most), lambda inputs: model(*inputs))


class TwoWindows:
    """Windows of 2 T ids, each cut into a source (B, T) and inputs (B, T) and targets (B, T)."""

    def __init__(self, whole: RandomWindows) -> None:
        self.whole = whole

    @property
    def state(self) -> Any:
        """What a checkpoint saves, so that the next batch is the same."""
        return self.whole.state

    @state.setter
    def state(self, state: Any) -> None:
        self.whole.state = state

    def __iter__(self) -> TwoWindows:
        return self

    def __next__(self) -> tuple[Inputs, Array]:
        return in_two(*next(self.whole))


def in_two(inputs: Array, targets: Array) -> tuple[Inputs, Array]:
    """Cut a window in two: inputs (B, 2 T), targets (B, 2 T) -> sources, inputs, targets (B, T).

    Of 0 1 2 3 4 the source is 0 1; the decoder is given 1 2 and has to say 2 3.

    >>> in_two(np.array([[0, 1, 2, 3]]), np.array([[1, 2, 3, 4]]))
    ((array([[0, 1]]), array([[1, 2]])), array([[2, 3]]))
    """
    T = inputs.shape[1] // 2
    return (inputs[:, :T], inputs[:, T - 1 : -1]), targets[:, T - 1 : -1]
