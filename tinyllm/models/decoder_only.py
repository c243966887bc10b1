"""DecoderOnly: the GPT architecture. Each position predicts the token that comes next.

Leaves out: training (train/loop.py) and sampling (decoding/generate.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.kernels import decode
from tinyllm.models.config import TransformerConfig
from tinyllm.models.transformer import Transformer, empty_caches
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
from tinyllm.nn.attention import NO_POSITIONS
from tinyllm.nn.mlp import gelu
from tinyllm.nn.module import walk
from tinyllm.ops.embedding import check_ids
from tinyllm.types import Array, Rng


class DecoderOnly(Transformer):
    """Tokens to the scores of the next token, with causal attention.

    Padding on the right needs no mask: no token looks to its right.

    Shapes:  ids (B, T) integers, T <= context -> logits (B, T, V)
    rng:     a seed or a Generator: for the initial weights, and for dropout later
    Source:  Radford et al. 2019, Language Models are Unsupervised Multitask Learners

    >>> config = TransformerConfig(vocabulary=5, context=8, layers=1, heads=2, width=4)
    >>> DecoderOnly(config, rng=0)(np.array([[0, 3, 1]])).shape
    (1, 3, 5)
    """

    def __init__(self, config: TransformerConfig, rng: Rng) -> None:
        config.check_unused("DecoderOnly", "segments", "classes", "pooling", "source_vocabulary")
        super().__init__(config, rng, causal=True)
        C, V = config.width, config.vocabulary
        self.output = None if config.tied else Linear(C, V, bias=False, rng=self.rng)

    def forward(self, ids: Any, caches: KeyValueCaches | None = None) -> Tensor:
        """ids (B, T) -> logits (B, T, V). With caches, ids continue what they have seen."""
        x = self.states(ids, caches=caches)  # (B, T, C)
        if self.output is not None:
            return self.output(x)
        return ops.linear(x, self.tokens.weight.T)  # the same table reads tokens and scores them

    def token_scores(self, token: int, caches: KeyValueCaches) -> Array:
        """One more token after those in the caches (of a batch of one) -> scores (V) of the next.

        What `forward` gives without dropout and without a graph, several times faster: the blocks
        are one call, where in `forward` each operation is one. Only for a model that `is_plain`.
        """
        if not 0 <= token < self.config.vocabulary:
            check_ids("DecoderOnly", np.asarray(token), self.config.vocabulary)  # says so
        place = min(caches[0].length, self.config.context - 1)  # a full cache says so itself
        places: Any = self.positions  # a table: is_plain has seen to it
        x = self.tokens.weight.data[token] + places.weight.data[place]  # (C,)
        if caches.prepared is None:
            caches.prepared = OneToken(self.blocks, caches)
        x = caches.prepared(x)  # (C,)
        last: Any = self.norm
        norm = None if last is None else (last.weight.data, last.bias.data, last.eps)
        return decode.scores(x, norm, self.tokens.weight.data)

    def new_caches(self, batch: int = 1) -> KeyValueCaches:
        """Return an empty cache for each block."""
        return empty_caches(self.config, batch)

    def is_plain(self) -> bool:
        """Whether each part is one of ours, with the choices that the kernel of `token_scores` has.

        Whoever puts in another part wants to see it at work.
        """
        parts = [node for _, node in walk(self) if isinstance(node, Module)]
        return all(
            type(part) in PLAIN and PLAIN[type(part)](part) and "forward" not in vars(part)
            for part in parts
        )


def always(part: Any) -> bool:
    """Say that a part has no choice the kernel does not know."""
    return True


PLAIN: dict[type[Module], Callable[[Any], bool]] = {
    DecoderOnly: lambda model: model.output is None and isinstance(model.positions, Embedding),
    TransformerBlock: always,
    PreNorm: always,
    PostNorm: always,
    SelfAttention: lambda part: (
        part.causal and part.positions is NO_POSITIONS and part.kv_heads == part.heads
    ),
    MLP: lambda part: part.activation is gelu,
    Linear: lambda part: part.bias is not None,
    LayerNorm: lambda part: part.bias is not None,
    Embedding: always,
    Dropout: always,
}
