"""EncoderDecoder: the first Transformer. One text is read as a whole, another is written from it.

Leaves out: training and search (decoding/). BoundDecoder is what those generate with.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tinyllm import ops
from tinyllm.autograd.grad_mode import no_grad
from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import OptionError, shape_error
from tinyllm.models.config import TransformerConfig
from tinyllm.models.transformer import Transformer, as_keys, empty_caches, tokens_among
from tinyllm.nn import CrossBlock, KeyValueCaches, Linear, Module
from tinyllm.types import NO_TARGET, Array, Rng, generator

Source = list[tuple[Tensor, Tensor]]  # for each block of the decoder: keys and values of a source


class Decoder(Transformer):
    """A causal Transformer whose blocks look at a source, too."""

    block = CrossBlock


class EncoderDecoder(Module):
    """A source, and a target as far as it is written, to the scores of the next token.

    The encoder is bidirectional. The decoder is causal, and each of its blocks looks at all of the
    source. A mask (B, S) or (B, T) says True for a token, False for padding; without one, ids that
    are `config.padding` are padding.

    Shapes:  source_ids (B, S), target_ids (B, T) integers, S and T <= context -> logits (B, T, V)
    rng:     a seed or a Generator: for the initial weights, and for dropout later
    Source:  Vaswani et al. 2017, Attention Is All You Need, figure 1

    >>> config = TransformerConfig(vocabulary=5, context=8, layers=1, heads=2, width=4)
    >>> model = EncoderDecoder(config, rng=0)
    >>> model(np.array([[3, 4, 2]]), np.array([[1, 4]])).shape
    (1, 2, 5)
    """

    config_type = TransformerConfig

    def __init__(self, config: TransformerConfig, rng: Rng) -> None:
        config.check_unused("EncoderDecoder", "segments", "classes", "pooling")
        self.config, self.rng = config, generator(rng)
        V = config.source_vocabulary or config.vocabulary
        self.encoder = Transformer(replace(config, vocabulary=V), self.rng, causal=False)
        self.decoder = Decoder(config, self.rng, causal=True)
        if config.source_vocabulary is None:
            self.decoder.tokens = self.encoder.tokens  # one table for both languages
        C, V = config.width, config.vocabulary
        self.output = None if config.tied else Linear(C, V, bias=False, rng=self.rng)

    def forward(
        self, source_ids: Any, target_ids: Any, source_mask: Any = None, target_mask: Any = None
    ) -> Tensor:
        """source_ids (B, S), target_ids (B, T) -> logits (B, T, V)."""
        seen = tokens_among(source_ids, source_mask, self.config.padding)
        source = self.read(self.encode(source_ids, seen))
        written = tokens_among(target_ids, target_mask, self.config.padding)
        return self.decode(target_ids, source, seen, written)

    def encode(self, source_ids: Any, source_mask: Any = None) -> Tensor:
        """Turn each token of a source into a vector that knows all of it: (B, S) -> (B, S, C)."""
        seen = tokens_among(source_ids, source_mask, self.config.padding)
        return self.encoder.states(source_ids, as_keys(seen))

    def read(self, states: Tensor) -> Source:
        """Make the keys and values of a source (B, S, C), once for every block of the decoder."""
        blocks: Any = self.decoder.blocks
        return [block.cross.branch.read(states) for block in blocks]

    def decode(
        self,
        target_ids: Any,
        source: Source,
        source_mask: Array | None = None,
        target_mask: Array | None = None,
        caches: KeyValueCaches | None = None,
    ) -> Tensor:
        """target_ids (B, T) -> logits (B, T, V). With caches, they continue what these have seen.

        source:  as `read` makes it; the masks are (B, S) and (B, T)
        """
        told = {"source_mask": as_keys(source_mask)}
        each = [told | {"source": keys_and_values} for keys_and_values in source]
        x = self.decoder.states(target_ids, as_keys(target_mask), caches, each)  # (B, T, C)
        if self.output is not None:
            return self.output(x)
        return ops.linear(x, self.decoder.tokens.weight.T)

    def loss(
        self, source_ids: Any, target_ids: Any, begin: int, label_smoothing: float = 0.0
    ) -> Tensor:
        """Mean surprise about the targets when each is guessed from the right ones before it.

        begin:   the id that stands before the first target; another one than padding
        Shapes:  source_ids (B, S), target_ids (B, T) -> a scalar; padding does not count
        Units:   nats a token
        Source:  Vaswani et al. 2017, section 5.4, have a label_smoothing of 0.1
        """
        if begin == self.config.padding:
            raise OptionError(f"loss: begin must be another id than padding; both are {begin}.")
        targets = np.asarray(target_ids)
        logits = self(source_ids, shift_right(targets, begin))  # (B, T, V)
        if self.config.padding is not None:
            targets = np.where(targets == self.config.padding, NO_TARGET, targets)  # (B, T)
        return ops.cross_entropy(logits, targets, NO_TARGET, label_smoothing)

    def bind(self, source_ids: Any, source_mask: Any = None) -> BoundDecoder:
        """Read a source; return what continues a target for it, token by token."""
        return BoundDecoder(self, source_ids, source_mask)


def shift_right(targets: Array, begin: int) -> Array:
    """Teacher forcing: where a target is to be guessed, the model is given the one before it.

    Shapes:  (B, T) -> (B, T)

    >>> shift_right(np.array([[7, 8, 2]]), begin=1).tolist()
    [[1, 7, 8]]
    """
    return np.concatenate([np.full_like(targets[:, :1], begin), targets[:, :-1]], axis=1)


class BoundDecoder:
    """A decoder that has read its source: from here on it is used like a DecoderOnly.

    The source is encoded once, without dropout and without a graph. A single source may have many
    targets, as in beam search: then a batch has any number of rows.

    Shapes:  ids (B, T) integers -> logits (B, T, V)
    """

    def __init__(self, model: EncoderDecoder, source_ids: Any, source_mask: Any = None) -> None:
        self.model, self.config = model, model.config
        self.mask = tokens_among(source_ids, source_mask, model.config.padding)
        was_training = model.training
        model.eval()
        try:
            with no_grad():
                self.source = model.read(model.encode(source_ids, self.mask))
        finally:
            model.train(was_training)

    @property
    def training(self) -> bool:
        """Whether dropout is active."""
        return self.model.training

    def train(self, mode: bool = True) -> BoundDecoder:
        """Switch the model to training, or back."""
        self.model.train(mode)
        return self

    def new_caches(self, batch: int = 1) -> KeyValueCaches:
        """Return an empty cache for each block, for what is written. The source needs none."""
        return empty_caches(self.config, batch)

    def __call__(self, ids: Any, caches: KeyValueCaches | None = None) -> Tensor:
        """ids (B, T) -> logits (B, T, V). With caches, ids continue what they have seen."""
        rows, sources = len(np.asarray(ids)), len(self.source[0][0])
        if sources not in (1, rows):
            rule = "each row needs its source, or all of them one"
            raise shape_error("BoundDecoder", rule, ids=np.shape(ids), sources=(sources,))
        source = self.source
        if rows != sources:
            source = [(repeated(k, rows), repeated(v, rows)) for k, v in source]
        return self.model.decode(ids, source, self.mask, caches=caches)


def repeated(x: Tensor, rows: int) -> Tensor:
    """Show one source to all rows, without a copy: (1, G, S, D) -> (B, G, S, D)."""
    return ops.broadcast_to(x, (rows, *x.shape[1:]))
