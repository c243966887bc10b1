"""Translations: each text has another one to become. For encoder-decoder models."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.evaluation.loss import loss_over
from tinyllm.models.encoder_decoder import shift_right
from tinyllm.text import Pairs, Tokenizer, by_length, pad
from tinyllm.text.parts import digest, pairs_part, train_and_validation
from tinyllm.text.special import BEGIN, END, PADDING
from tinyllm.train.config import TrainingConfig
from tinyllm.train.objectives.objective import Objective, PaddedBatches, columns_of, cut, some
from tinyllm.types import NO_TARGET, Array

Inputs = tuple[Array, Array]


class Translations(Objective):
    """Pairs of a source and a target; one tokenizer, learnt from both languages, reads them.

    The decoder is given the target moved by one, behind <s>, and has to say it up to </s>.
    """

    defaults: ClassVar[dict[str, Any]] = {
        "tokenizer": "bpe",
        "vocabulary_size": 4000,
        "steps": 3600,
        "batch": 96,
        "learning_rate": 2e-3,
        "label_smoothing": 0.1,
    }
    sizes: ClassVar[dict[str, Any]] = {"context": 64, "layers": 3, "width": 256, "dropout": 0.1}
    special = (PADDING, BEGIN, END)

    def __init__(self, config: TrainingConfig) -> None:
        super().__init__(config)
        read = partial(pairs_part, config.data, **columns_of(config))
        self.train, self.validation = train_and_validation(config.data, read)
        both = (self.train, self.validation)
        self.sha256 = digest([text for part in both for text in part.sources + part.targets])

    def text(self) -> str:
        """Return all sources and targets that train the model."""
        return "\n".join(self.train.sources + self.train.targets)

    def use(self, tokenizer: Tokenizer) -> None:
        """Turn both sides into ids, with </s> at their end."""
        self.tokenizer = tokenizer
        padding, _, _ = self.special_ids()
        self.options = {"vocabulary": len(tokenizer), "padding": padding}

    def begin(self, model: Any, rng: np.random.Generator) -> Iterator[tuple[Inputs, Array]]:
        """Return batches of pairs whose sources, and then targets, are of like length."""
        context = model.config.context
        self.rows = rows_of(self.train, self.tokenizer, context)
        self.validation_rows = rows_of(self.validation, self.tokenizer, context)
        return PaddedBatches(
            lengths_of(self.rows),
            self.config.batch,
            rng,
            lambda places, _: batch_of(self.rows, places, self.tokenizer),
        )

    def logits(self, model: Any, inputs: Inputs) -> Tensor:
        """Score the tokens of the targets: (B, T, V)."""
        return model(*inputs)

    def measure(self, model: Any, most: int | None) -> dict[str, float]:
        """Return the loss a token of the targets."""
        return {"val_loss": pairs_loss(model, self.tokenizer, self.validation_rows, most)}


def pairs_loss(
    model: Any, tokenizer: Tokenizer, rows: tuple[list[Array], list[Array]], most: int | None = None
) -> float:
    """Mean loss of the targets, each token guessed from the right ones before it.

    Units:  nats a token
    """
    lengths = lengths_of(rows)
    batches = some(by_length(lengths, 64), most, int(lengths.sum()))
    pairs = [batch_of(rows, places, tokenizer) for places in batches]
    return loss_over(model, pairs, lambda inputs: model(*inputs))


def batch_of(
    rows: tuple[list[Array], list[Array]], places: Array, tokenizer: Tokenizer
) -> tuple[Inputs, Array]:
    """Make one batch: what the model is given, and what it has to say."""
    padding = tokenizer.special[PADDING]
    sources, _ = pad([rows[0][i] for i in places], padding)  # (B, S)
    targets, mask = pad([rows[1][i] for i in places], padding)  # (B, T)
    inputs = shift_right(targets, tokenizer.special[BEGIN])  # (B, T)
    return (sources, inputs), np.where(mask, targets, NO_TARGET)


def rows_of(pairs: Pairs, tokenizer: Tokenizer, context: int) -> tuple[list[Array], list[Array]]:
    """Turn both sides into ids that end with </s>."""
    end = tokenizer.special[END]
    sources, targets = (
        cut([np.append(tokenizer.encode(text), end) for text in texts], context)
        for texts in (pairs.sources, pairs.targets)
    )
    return sources, targets


def lengths_of(rows: tuple[list[Array], list[Array]]) -> Array:
    """Return the lengths of both sides: (N, 2)."""
    return np.array([[len(one), len(other)] for one, other in zip(*rows, strict=True)])
