"""DecoderOnly: the GPT architecture. Each position predicts the token that comes next.

Leaves out: training (train/loop.py) and sampling (decoding/generate.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import shape_error
from tinyllm.kernels import decode
from tinyllm.models.config import TransformerConfig
from tinyllm.nn import (
    MLP,
    Dropout,
    Embedding,
    KeyValueCaches,
    LayerNorm,
    Linear,
    Module,
    OneToken,
    PostNorm,
    PreNorm,
    SelfAttention,
    TransformerBlock,
)
from tinyllm.nn.module import walk
from tinyllm.ops.embedding import check_ids
from tinyllm.types import Array, Rng, generator


class DecoderOnly(Module):
    """Tokens to the scores of the next token, with causal attention.

    Shapes:  ids (B, T) integers, T <= context -> logits (B, T, V)
    rng:     a seed or a Generator: for the initial weights, and for dropout later
    Source:  Radford et al. 2019, Language Models are Unsupervised Multitask Learners

    >>> config = TransformerConfig(vocabulary=5, context=8, layers=1, heads=2, width=4)
    >>> DecoderOnly(config, rng=0)(np.array([[0, 3, 1]])).shape
    (1, 3, 5)
    """

    config_type = TransformerConfig

    def __init__(self, config: TransformerConfig, rng: Rng) -> None:
        self.config, self.rng = config, generator(rng)
        self.tokens = Embedding(config.vocabulary, config.width, rng=self.rng)
        self.positions = Embedding(config.context, config.width, rng=self.rng)
        self.dropout = Dropout(config.dropout, self.rng)
        self.blocks = [
            TransformerBlock(
                config.width,
                config.heads,
                norm=config.norm,
                causal=True,
                layers=config.layers,
                dropout=config.dropout,
                rng=self.rng,
            )
            for _ in range(config.layers)
        ]
        # Pre-LN never normalises the sum that runs through the blocks: it is done once, here
        self.norm = LayerNorm(config.width) if config.norm == "pre" else None

    def forward(self, ids: Any, caches: KeyValueCaches | None = None) -> Tensor:
        """ids (B, T) -> logits (B, T, V). With caches, ids continue what they have seen."""
        ids = np.asarray(ids)
        start = caches[0].length if caches else 0
        room = self.config.context - start
        if ids.ndim != 2 or not 1 <= ids.shape[1] <= room:
            rule = f"ids must be (B, T) with T in 1 to {room}" if room else "the caches are full"
            raise shape_error("DecoderOnly", rule, "shorten the text to the context", ids=ids.shape)
        places = np.arange(start, start + ids.shape[1])
        x = self.dropout(self.tokens(ids) + self.positions(places))  # (B, T, C)
        for i, block in enumerate(self.blocks):
            x = block(x, cache=caches[i] if caches else None)  # (B, T, C)
        if self.norm is not None:
            x = self.norm(x)  # (B, T, C)
        return ops.linear(x, self.tokens.weight.T)  # the same table reads tokens and scores them

    def token_scores(self, token: int, caches: KeyValueCaches) -> Array:
        """One more token after those in the caches (of a batch of one) -> scores (V) of the next.

        What `forward` gives without dropout and without a graph, several times faster: the blocks
        are one call, where in `forward` each operation is one. Only for a model that `is_plain`.
        """
        if not 0 <= token < self.config.vocabulary:
            check_ids("DecoderOnly", np.asarray(token), self.config.vocabulary)  # says so
        place = min(caches[0].length, self.config.context - 1)  # a full cache says so itself
        x = self.tokens.weight.data[token] + self.positions.weight.data[place]  # (C,)
        if caches.prepared is None:
            caches.prepared = OneToken(self.blocks, caches)
        x = caches.prepared(x)  # (C,)
        last = self.norm
        norm = None if last is None else (last.weight.data, last.bias.data, last.eps)
        return decode.scores(x, norm, self.tokens.weight.data)

    def is_plain(self) -> bool:
        """Whether every part is one of ours: whoever puts in another wants to see it at work."""
        parts = [node for _, node in walk(self) if isinstance(node, Module)]
        return all(type(part) in PLAIN and "forward" not in vars(part) for part in parts)

    def new_caches(self, batch: int = 1) -> KeyValueCaches:
        """Return an empty cache for each block."""
        c = self.config
        return KeyValueCaches(c.layers, batch, c.heads, c.context, c.width // c.heads)


PLAIN = {
    DecoderOnly, TransformerBlock, PreNorm, PostNorm, SelfAttention, MLP, Linear, LayerNorm,
    Embedding, Dropout,
}  # fmt: skip
