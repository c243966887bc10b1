"""TransformerBlock: attention between positions, then an MLP at each of them."""

from __future__ import annotations

import math

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.nn.attention import SelfAttention
from tinyllm.nn.cache import KeyValueCache
from tinyllm.nn.mlp import MLP
from tinyllm.nn.module import Module
from tinyllm.nn.norm import LayerNorm
from tinyllm.nn.residual import RESIDUALS
from tinyllm.types import Array


class TransformerBlock(Module):
    """Two residual steps: x gains what attention finds, then what the MLP makes of it.

    Shapes:  x (B, T, C) -> (B, T, C)
    layers:  how many blocks the model has. Each of its 2 * layers branches adds to the sum, so
             their last products start smaller by the square root of that: GPT-2's rule
    Source:  Radford et al. 2019, section 2.3
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        norm: str,
        causal: bool,
        layers: int,
        dropout: float,
        rng: np.random.Generator,
    ) -> None:
        residual = RESIDUALS[norm]
        std = 0.02 / math.sqrt(2 * layers)
        attention = SelfAttention(
            width, heads, causal=causal, dropout=dropout, output_std=std, rng=rng
        )
        mlp = MLP(width, 4 * width, dropout=dropout, output_std=std, rng=rng)
        self.attention = residual(attention, LayerNorm(width))
        self.mlp = residual(mlp, LayerNorm(width))

    def forward(
        self, x: Tensor, mask: Array | None = None, cache: KeyValueCache | None = None
    ) -> Tensor:
        """x (B, T, C) -> (B, T, C)."""
        x = self.attention(x, mask=mask, cache=cache)  # (B, T, C)
        return self.mlp(x)
