"""MaskedTokens: which tokens were hidden? Trains an encoder without labels, before those come."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import DataError, OptionError
from tinyllm.evaluation.loss import loss_over
from tinyllm.text import Tokenizer, by_length, load_text, mask_tokens, pad, split
from tinyllm.text.parts import digest, is_named, labelled_part, train_and_validation
from tinyllm.text.special import MASK, PADDING
from tinyllm.text.tables import TABLES
from tinyllm.train.config import TrainingConfig
from tinyllm.train.objectives.objective import Objective, PaddedBatches, columns_of, cut, some
from tinyllm.types import NO_TARGET, Array

HIDDEN = 0.15  # of all tokens, as in BERT
SEED = 0  # of what is hidden in validation: the same tokens every time


class MaskedTokens(Objective):
    """Texts with holes. Of labelled data, each text for itself; else windows of one text.

    A data set of pairs has no texts for it.
    """

    defaults: ClassVar[dict[str, Any]] = {"batch": 32, "learning_rate": 1e-3}
    sizes: ClassVar[dict[str, Any]] = {"context": 64}
    special = (PADDING, MASK)

    def __init__(self, config: TrainingConfig) -> None:
        super().__init__(config)
        self.share = share_of(config)
        if not self.share:
            raise OptionError("train: hide must be above 0 where hidden tokens are guessed; got 0.")
        self.texts = texts_of(config)
        if self.texts:
            self.sha256 = digest(self.texts[0] + self.texts[1])
        else:
            self._text, self.sha256 = load_text(config.data, config.encoding)

    @property
    def unit(self) -> str:
        """What the loss is a mean over."""
        return f"hidden {self.tokenizer.unit}"

    def text(self) -> str:
        """Return the texts that train the model, or the one text."""
        return "\n".join(self.texts[0]) if self.texts else self._text

    def use(self, tokenizer: Tokenizer) -> None:
        """Turn the texts into ids."""
        self.tokenizer = tokenizer
        padding, _ = self.special_ids()
        self.options = {"vocabulary": len(tokenizer), "padding": padding}
        if self.texts:
            self.rows = [[tokenizer.encode(text) for text in texts] for texts in self.texts]
        else:
            self.rows = [[ids] for ids in split(tokenizer.encode(self._text))]

    def begin(self, model: Any, rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        """Return batches of texts of like length, with new holes each time."""
        context = model.config.context
        if self.texts is None:
            parts = [in_windows(ids, context) for (ids,) in self.rows]
        else:
            parts = [cut(rows, context) for rows in self.rows]
        self.train_rows, self.validation_rows = ([r for r in rows if len(r)] for rows in parts)
        if not self.train_rows or not self.validation_rows:
            raise DataError("train: needs texts of at least one token, some of them to validate.")
        lengths = [len(row) for row in self.train_rows]
        return PaddedBatches(
            lengths,
            self.config.batch,
            rng,
            lambda places, rng: self.hidden([self.train_rows[i] for i in places], rng),
        )

    def hidden(self, rows: list[Array], rng: np.random.Generator) -> tuple[Any, Array]:
        """Make holes in rows of ids, as `with_holes` does."""
        return with_holes(rows, self.tokenizer, rng, self.share)

    def logits(self, model: Any, inputs: Any) -> Tensor:
        """Score the tokens in the holes."""
        return hole_logits(model, inputs)

    def measure(self, model: Any, most: int | None) -> dict[str, float]:
        """Return the loss over hidden tokens: the same ones every time."""
        loss = hidden_loss(model, self.tokenizer, self.validation_rows, self.share, most)
        return {"val_loss": loss}


def share_of(config: TrainingConfig) -> float:
    """Say which share of all tokens is hidden."""
    return HIDDEN if config.hide is None else config.hide


def texts_of(config: TrainingConfig) -> tuple[list[str], list[str]] | None:
    """Return the texts of labelled data, those that train and those that validate; else None.

    What is held out here is what `--task classify` holds out, too.
    """
    if not is_named(config.data) and Path(config.data).suffix.lower() not in TABLES:
        return None
    read = partial(labelled_part, config.data, **columns_of(config))
    train, held_out = train_and_validation(config.data, read)
    return train.texts, held_out.texts


def in_windows(ids: Array, context: int) -> list[Array]:
    """Cut a text into windows side by side; the last one may be shorter."""
    return np.split(ids, range(context, len(ids), context))


def with_holes(
    rows: list[Array], tokenizer: Tokenizer, rng: np.random.Generator, share: float = HIDDEN
) -> tuple[tuple[Array, Any], Array]:
    """Pad rows of ids, and hide some of them.

    Shapes:  -> inputs: ids (B, T) and where something is to be guessed, N rows and N columns;
             targets (N,), or a single NO_TARGET where nothing is hidden
    """
    ids, targets = mask_tokens(
        pad(rows, tokenizer.special[PADDING])[0],
        rng,
        vocabulary=len(tokenizer),
        mask=tokenizer.special[MASK],
        special=tokenizer.special.values(),
        share=share,
    )
    holes = np.nonzero(targets != NO_TARGET)
    if not holes[0].size:  # short texts: chance hid none
        holes = (np.zeros(1, np.int64), np.zeros(1, np.int64))
    return (ids, holes), targets[holes]


def hole_logits(model: Any, inputs: tuple[Array, Any]) -> Tensor:
    """Score all tokens for each hole: (N, V). The head, the dearest part, sees nothing else."""
    ids, holes = inputs
    return model.masked(model.encode(ids)[holes], model.tokens.weight)


def hidden_loss(
    model: Any,
    tokenizer: Tokenizer,
    rows: list[Array],
    share: float = HIDDEN,
    most: int | None = None,
) -> float:
    """Mean loss over hidden tokens: the same ones every time.

    Units:  nats a hidden token
    """
    rng, lengths = np.random.default_rng(SEED), [len(row) for row in rows]
    batches = some(by_length(lengths, 64), most, sum(lengths))
    pairs = [with_holes([rows[i] for i in places], tokenizer, rng, share) for places in batches]
    return loss_over(model, pairs, lambda inputs: hole_logits(model, inputs))
