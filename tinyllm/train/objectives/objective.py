"""Objective: what a run learns. One small file for each kind; this one holds what they share.

    next_token       a text: what comes next            decoder-only, recurrent
    next_window      a text: the piece after a piece    encoder-decoder
    masked_tokens    a text: what was hidden            encoder-only
    labels           texts: the class of each           encoder-only
    translations     texts: another text for each       encoder-decoder

All of them are cross-entropy with targets. So the loop, the optimiser and the checkpoint need not
know which one it is. Who calls it: run.py.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import DataError
from tinyllm.nn.state_cache import StateCache
from tinyllm.text import TOKENIZERS, LengthBatches, Tokenizer
from tinyllm.train.config import TrainingConfig
from tinyllm.types import Array

SIZE_OF = {"words": "maximum_size", "bpe": "vocabulary_size"}  # what a tokenizer calls its size


class Objective:
    """Data, as batches of inputs and targets; and how well a model knows them.

    First it reads its data, then it is given a tokenizer, then a model: `use`, `begin`.
    """

    defaults: ClassVar[dict[str, Any]] = {}  # of TrainingConfig, measured for this objective
    sizes: ClassVar[dict[str, Any]] = {}  # of the model's config, the same
    special: ClassVar[tuple[str, ...]] = ()  # the special tokens that it needs

    tokenizer: Tokenizer
    sha256: str  # of the data
    options: dict[str, Any]  # what the data say about the model's config: how many tokens there are
    kept: dict[str, Any]  # what whoever uses the model must know, such as the names of labels
    carried: Sequence[StateCache] = ()  # what goes from batch to batch, where the model has a state

    def __init__(self, config: TrainingConfig) -> None:
        self.config, self.kept = config, {}

    @property
    def unit(self) -> str:
        """What the loss is a mean over: "character", "text"."""
        return self.tokenizer.unit

    def text(self) -> str:
        """Return the text from which a new tokenizer learns."""
        raise NotImplementedError

    def use(self, tokenizer: Tokenizer) -> None:
        """Turn the data into ids; from here on `options` are known."""
        raise NotImplementedError

    def begin(self, model: Any, rng: np.random.Generator) -> Iterator[tuple[Any, Array]]:
        """Return batches without end, with a `state` that a checkpoint saves.

        Raises:  DataError if there is too little for this model
        """
        raise NotImplementedError

    def logits(self, model: Any, inputs: Any) -> Tensor:
        """Score what may be the target, from the inputs of a batch."""
        raise NotImplementedError

    def measure(self, model: Any, most: int | None) -> dict[str, float]:
        """Return "val_loss" and what else says how good the model is on what it was not trained on.

        most:  look at no more than about this many tokens; None: at all
        """
        raise NotImplementedError

    def new_tokenizer(self) -> Tokenizer:
        """Learn a tokenizer from the data that train the model, with the special tokens."""
        kind, size = self.config.tokenizer, self.config.vocabulary_size
        options: dict[str, Any] = {}
        if size is not None and kind in SIZE_OF:
            options[SIZE_OF[kind]] = size
        if kind == "words":
            options["lower"] = self.config.lower
        return TOKENIZERS[kind].train(self.text(), special=self.special, **options)

    def special_ids(self) -> list[int]:
        """Return the ids of the special tokens it needs.

        Raises:  DataError if the tokenizer, that of another run, has not all of them
        """
        missing = [name for name in self.special if name not in self.tokenizer.special]
        if missing:
            raise DataError(
                f"train: the tokenizer must have the special tokens {', '.join(self.special)}; "
                f"it lacks {', '.join(missing)}. Hint: begin --from a run that has them, as one "
                "of --arch encoder-only has."
            )
        return [self.tokenizer.special[name] for name in self.special]


class PaddedBatches:
    """Batches without end of texts that differ in length: LengthBatches, and what lies there.

    lengths:  (N,) or (N, K), as LengthBatches takes them
    make:     places (B,) and a Generator to draw from -> inputs, targets
    """

    def __init__(
        self,
        lengths: Any,
        batch: int,
        rng: np.random.Generator,
        make: Callable[[Array, np.random.Generator], tuple[Any, Array]],
    ) -> None:
        order, self.rng = rng.spawn(2)
        self.places, self.make = LengthBatches(lengths, batch, order), make

    @property
    def state(self) -> Any:
        """What a checkpoint saves, so that the next batch is the same."""
        return {"order": self.places.state, "rng": self.rng.bit_generator.state}

    @state.setter
    def state(self, state: Any) -> None:
        self.places.state = state["order"]
        self.rng.bit_generator.state = state["rng"]

    def __iter__(self) -> PaddedBatches:
        return self

    def __next__(self) -> tuple[Any, Array]:
        return self.make(next(self.places), self.rng)


def columns_of(config: TrainingConfig) -> dict[str, Any]:
    """Return how examples are read, as labelled_part and pairs_part take it."""
    return {"source": config.source, "target": config.target, "encoding": config.encoding}


def cut(rows: list[Array], context: int) -> list[Array]:
    """Cut rows of ids to the context, and say how many were longer."""
    long = sum(len(row) > context for row in rows)
    if long:
        warnings.warn(
            f"{long} of {len(rows)} texts are longer than the context, {context} tokens: their "
            "ends are left out.",
            stacklevel=2,
        )
    return [row[:context] for row in rows]


def some(batches: list[Array], most: int | None, tokens: int) -> list[Array]:
    """Keep all batches of places, or so many of them, evenly spread, that hold about `most` tokens.

    tokens:  in all batches together
    """
    if most is None or tokens <= most:
        return batches
    keep = max(1, round(len(batches) * most / tokens))
    return [batches[i] for i in np.linspace(0, len(batches) - 1, keep).astype(int)]
