"""NextToken: what comes next in a text. For decoder-only and recurrent models."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import DataError
from tinyllm.evaluation.bits import bits_per_byte
from tinyllm.evaluation.loss import mean_loss
from tinyllm.text import RandomWindows, Streams, Tokenizer, load_text, split
from tinyllm.text.parts import is_named
from tinyllm.train.config import TrainingConfig
from tinyllm.train.objectives.objective import Objective
from tinyllm.types import Array


class NextToken(Objective):
    """The first nine tenths of a text train the model, the last tenth measures it."""

    sizes: ClassVar[dict[str, Any]] = {"context": 64}

    def __init__(self, config: TrainingConfig) -> None:
        super().__init__(config)
        if is_named(config.data):
            raise DataError(
                f"train: {config.data!r} is no text, but examples. Hint: --task classify, "
                "--task translate, or --arch encoder-only, which guesses words in them."
            )
        self._text, self.sha256 = load_text(config.data, config.encoding)

    def text(self) -> str:
        """Return the whole text: its characters must all have an id."""
        return self._text

    def use(self, tokenizer: Tokenizer) -> None:
        """Turn the text into ids, and cut them once."""
        self.tokenizer = tokenizer
        self.train_ids, self.validation_ids = split(tokenizer.encode(self._text))
        self.options = {"vocabulary": len(tokenizer)}

    def begin(self, model: Any, rng: np.random.Generator) -> Iterator[tuple[Any, Array]]:
        """Return windows from anywhere; or where the model has a state, windows that go on."""
        context = model.config.context
        check_length(self, context)
        if not getattr(model, "carries_state", False):
            return RandomWindows(self.train_ids, context, self.config.batch, rng)
        self.carried = model.new_caches(self.config.batch)
        return Streams(self.train_ids, context, self.config.batch)

    def logits(self, model: Any, inputs: Any) -> Tensor:
        """inputs (B, T) -> (B, T, V)."""
        return model(inputs, caches=self.carried)

    def measure(self, model: Any, most: int | None) -> dict[str, float]:
        """Return the loss a token; and in bits a byte, which compares between tokenizers."""
        loss = mean_loss(model, self.validation_ids, most=most)
        return {"val_loss": loss, "bits_per_byte": self.in_bits(loss)}

    def in_bits(self, loss: float) -> float:
        """Turn nats a token into bits a byte; what is no number stays none."""
        if not math.isfinite(loss):
            return loss
        return bits_per_byte(loss, len(self.validation_ids) - 1, self.spelled)

    @cached_property
    def spelled(self) -> str:
        """What is validated, as text: without the first token, which no one predicts."""
        return self.tokenizer.decode(self.validation_ids[1:])


def check_length(objective: Any, context: int, windows: int = 1) -> None:
    """Refuse a text of which not even the validation part fills the windows.

    Raises:  DataError that says how long a text must be
    """
    if len(objective.validation_ids) <= windows * context:
        size = len(objective.train_ids) + len(objective.validation_ids)
        raise DataError(
            f"train: the text has {size} {objective.tokenizer.unit}s; with context {context} it "
            f"needs at least {10 * (windows * context + 1)}, of which a tenth is for validation. "
            "Hint: a longer text, or a smaller --context."
        )
