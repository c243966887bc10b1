"""Embedding: a vector for each id. Used for tokens and for learned positions."""

from __future__ import annotations

from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.nn.module import Module, Parameter
from tinyllm.types import FLOAT, Array, Rng, generator


class Embedding(Module):
    """y = weight[ids]. Weight decay leaves the table alone: see Parameter.

    Shapes:  ids (...) integers -> (..., C); weight (V, C)
    """

    def __init__(self, vocabulary: int, width: int, *, std: float = 0.02, rng: Rng) -> None:
        weight = generator(rng).standard_normal((vocabulary, width), dtype=FLOAT)
        self.weight = Parameter(weight * FLOAT.type(std))

    def forward(self, ids: Array) -> Tensor:
        """ids (...) -> (..., C)."""
        return ops.embedding(self.weight, ids)
