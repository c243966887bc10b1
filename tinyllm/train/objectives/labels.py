"""Labels: to which class a text belongs. For an encoder with a head for classes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import DataError
from tinyllm.evaluation.classification import accuracy, macro_f1
from tinyllm.evaluation.loss import loss_over
from tinyllm.text import Labelled, Tokenizer, by_length, pad
from tinyllm.text.parts import digest, labelled_part, train_and_validation
from tinyllm.text.special import MASK, PADDING
from tinyllm.text.words import UNKNOWN
from tinyllm.train.config import TrainingConfig
from tinyllm.train.objectives.objective import Objective, PaddedBatches, columns_of, cut, some
from tinyllm.types import Array


class Labels(Objective):
    """Texts with labels.

    In training some words of each text are hidden, so that no single one of them decides. They
    become unknown words, which later texts have, too.
    """

    defaults: ClassVar[dict[str, Any]] = {
        "tokenizer": "words",
        "lower": True,
        "batch": 32,
        "steps": 2500,
        "learning_rate": 2e-3,
        "label_smoothing": 0.1,
        "hide": 0.1,
    }
    sizes: ClassVar[dict[str, Any]] = {
        "context": 64,
        "layers": 2,
        "dropout": 0.3,
        "pooling": "mean",
    }
    special = (PADDING, MASK)

    def __init__(self, config: TrainingConfig) -> None:
        super().__init__(config)
        read = partial(labelled_part, config.data, **columns_of(config))
        self.train, self.validation = train_and_validation(config.data, read)
        names = self.train.names
        if len(names) < 2:
            raise DataError(f"train: labels must differ; all texts have {names[0]!r}.")
        self.kept = {"labels": names}
        both = (self.train, self.validation)
        labels = [names[label] for part in both for label in part.labels]
        self.sha256 = digest([text for part in both for text in part.texts] + labels)

    @property
    def unit(self) -> str:
        """What the loss is a mean over."""
        return "text"

    def text(self) -> str:
        """Return the texts that train the model."""
        return "\n".join(self.train.texts)

    def use(self, tokenizer: Tokenizer) -> None:
        """Turn the texts into ids."""
        self.tokenizer = tokenizer
        self.padding, mask = self.special_ids()
        known = tokenizer.vocabulary
        self.hidden_as = known.index(UNKNOWN) if UNKNOWN in known else mask
        self.options = {
            "vocabulary": len(tokenizer),
            "padding": self.padding,
            "classes": len(self.train.names),
        }

    def begin(self, model: Any, rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        """Return batches of texts of like length, with other words hidden each time."""
        self.rows = rows_of(self.train, self.tokenizer, model)
        self.validation_rows = rows_of(self.validation, self.tokenizer, model)
        lengths = [len(row) for row in self.rows]
        return PaddedBatches(lengths, self.config.batch, rng, self.batch)

    def batch(self, places: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """Make one batch: the texts at these places, and their labels."""
        ids, mask = pad([self.rows[i] for i in places], self.padding)  # (B, T)
        hide = mask & (rng.random(ids.shape) < (self.config.hide or 0.0))  # (B, T)
        return np.where(hide, self.hidden_as, ids), self.train.labels[places]

    def logits(self, model: Any, inputs: Array) -> Tensor:
        """inputs (B, T) -> (B, K)."""
        return model.classify(inputs)

    def measure(self, model: Any, most: int | None) -> dict[str, float]:
        """Return the loss a text, and how often the likeliest class is the right one."""
        found = scores(model, self.validation_rows, self.validation.labels, most)
        return {"val_loss": found["loss"], "accuracy": found["accuracy"]}


def rows_of(examples: Labelled, tokenizer: Tokenizer, model: Any) -> list[Array]:
    """Turn texts into ids, one at least: an empty text is one unknown word, or padding."""
    nothing = np.array([tokenizer.special[PADDING]])
    rows = [tokenizer.encode(text) for text in examples.texts]
    return cut([row if len(row) else nothing for row in rows], model.config.context)


def scores(
    model: Any, rows: list[Array], labels: Array, most: int | None = None
) -> dict[str, float]:
    """Classify texts, rows of ids; return loss, accuracy and macro-F1.

    Units:  nats a text; shares, 0 to 1
    """
    lengths = [len(row) for row in rows]
    batches = some(by_length(lengths, 64), most, sum(lengths))
    predicted: list[Array] = []

    def classify(ids: Array) -> Tensor:
        logits = model.classify(ids)
        predicted.append(logits.data.argmax(axis=-1))
        return logits

    pairs = [
        (pad([rows[i] for i in places], model.config.padding)[0], labels[places])
        for places in batches
    ]
    loss = loss_over(model, pairs, classify)
    predictions, targets = np.concatenate(predicted), labels[np.concatenate(batches)]
    return {
        "loss": loss,
        "accuracy": accuracy(predictions, targets),
        "macro_f1": macro_f1(predictions, targets),
    }
