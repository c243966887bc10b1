"""Transformer: what the three architectures share. Token vectors with their places, then blocks.

Leaves out: what each of them says about the result, and which mask it needs: decoder_only.py,
encoder_only.py, encoder_decoder.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import DtypeError, shape_error
from tinyllm.models.config import TransformerConfig
from tinyllm.nn import (
    Dropout,
    Embedding,
    KeyValueCaches,
    Module,
    TransformerBlock,
)
from tinyllm.nn.norm import NORMS
from tinyllm.nn.positions import ADDED
from tinyllm.types import Array, Rng, generator


class Transformer(Module):
    """Tokens to vectors that know their context.

    Shapes:  ids (B, T) integers, T <= context -> (B, T, C)
    causal:  whether a position may look only at itself and at earlier ones; for whatever else
             it may not see, `states` takes a mask
    rng:     a seed or a Generator: for the initial weights, and for dropout later
    Source:  Vaswani et al. 2017, Attention Is All You Need, section 3

    >>> config = TransformerConfig(vocabulary=5, context=8, layers=1, heads=2, width=4)
    >>> Transformer(config, rng=0, causal=False).states(np.array([[0, 3, 1]])).shape
    (1, 3, 4)
    """

    config_type = TransformerConfig
    block = TransformerBlock

    def __init__(self, config: TransformerConfig, rng: Rng, *, causal: bool) -> None:
        self.config, self.rng = config, generator(rng)
        self.tokens = Embedding(config.vocabulary, config.width, rng=self.rng)
        add = ADDED.get(config.positions)  # None: attention itself knows of places
        self.positions = add and add(config.context, config.width, self.rng)
        self.dropout = Dropout(config.dropout, self.rng)
        self.blocks = [
            self.block(
                config.width,
                config.heads,
                norm=config.norm,
                causal=causal,
                layers=config.layers,
                dropout=config.dropout,
                normalisation=config.normalisation,
                positions=config.positions,
                activation=config.activation,
                kv_heads=config.kv_heads,
                biases=config.biases,
                rng=self.rng,
            )
            for _ in range(config.layers)
        ]
        # Pre-LN never normalises the sum that runs through the blocks: it is done once, here
        last = NORMS[config.normalisation]
        self.norm = last(config.width, config.biases) if config.norm == "pre" else None

    def states(
        self,
        ids: Any,
        mask: Array | None = None,
        caches: KeyValueCaches | None = None,
        each: Sequence[dict[str, Any]] | None = None,
    ) -> Tensor:
        """ids (B, T) -> (B, T, C); mask broadcasts to (B, H, T, S), True = may attend.

        caches:  ids continue what these have seen
        each:    for every block, what else it is told
        """
        start = caches[0].length if caches else 0
        return self.through_blocks(self.dropout(self.vectors(ids, start)), mask, caches, each)

    def vectors(self, ids: Any, start: int = 0) -> Tensor:
        """Look tokens up and add their places: ids (B, T) -> (B, T, C); the first is at `start`."""
        ids = np.asarray(ids)
        room = self.config.context - start
        if ids.ndim != 2 or not 1 <= ids.shape[1] <= room:
            rule = f"ids must be (B, T) with T in 1 to {room}" if room else "the caches are full"
            hint = "shorten the text to the context"
            raise shape_error(type(self).__name__, rule, hint, ids=ids.shape)
        x = self.tokens(ids)  # (B, T, C)
        if self.positions is not None:
            x = x + self.positions(np.arange(start, start + ids.shape[1]))  # (B, T, C)
        return x

    def through_blocks(
        self,
        x: Tensor,
        mask: Array | None = None,
        caches: KeyValueCaches | None = None,
        each: Sequence[dict[str, Any]] | None = None,
    ) -> Tensor:
        """x (B, T, C) -> (B, T, C); the rest as for `states`."""
        for i, block in enumerate(self.blocks):
            more = each[i] if each else {}
            x = block(x, mask=mask, cache=caches[i] if caches else None, **more)  # (B, T, C)
        return x if self.norm is None else self.norm(x)


def empty_caches(config: TransformerConfig, batch: int) -> KeyValueCaches:
    """Return room for the keys and values of every block of a causal Transformer."""
    c = config
    return KeyValueCaches(c.layers, batch, c.kv_heads or c.heads, c.context, c.head_width)


def tokens_among(ids: Any, mask: Any, padding: int | None) -> Array | None:
    """Say which ids are tokens, and not padding: the mask that was given, or what is no `padding`.

    Shapes:  ids (B, T), mask (B, T) or None -> (B, T) bool; None: all are
    Raises:  ShapeError, DtypeError if the mask is not one truth value for each id
    """
    ids = np.asarray(ids)
    if mask is None:
        return None if padding is None else ids != padding
    mask = np.asarray(mask)
    if mask.shape != ids.shape:
        rule = "the mask needs a truth value for each id"
        raise shape_error("padding", rule, mask=mask.shape, ids=ids.shape)
    if mask.dtype != bool:
        raise DtypeError(f"padding: the mask must be boolean, True = token; got {mask.dtype}.")
    return mask


def as_keys(mask: Array | None) -> Array | None:
    """Make a padding mask one of attention: no query sees a key that is padding.

    Shapes:  (B, S) -> (B, 1, 1, S)
    """
    return None if mask is None else mask[:, None, None, :]
