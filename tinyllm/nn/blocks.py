"""TransformerBlock: attention between positions, then an MLP at each of them."""

from __future__ import annotations

import math
from typing import cast

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.kernels import decode as kernel
from tinyllm.kernels.decode import BlockWeights
from tinyllm.kernels.rows import read_only
from tinyllm.nn.attention import SelfAttention
from tinyllm.nn.cache import KeyValueCache
from tinyllm.nn.mlp import MLP
from tinyllm.nn.module import Module, Parameter
from tinyllm.nn.norm import LayerNorm
from tinyllm.nn.residual import RESIDUALS, PostNorm, PreNorm
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

    def token(self, x: Array, cache: KeyValueCache) -> Array:
        """x (C) -> x (C): one more token after those in the cache, in one call of one kernel.

        The same numbers as `forward` without dropout; a test compares them.
        """
        if cache.weights is None:  # kept with the cache: both are good for these weights only
            parameters = [p for branch in (self.attention, self.mlp) for p in ordered(branch)]
            cache.weights = BlockWeights(*(read_only(p.data) for p in parameters))
        pre, norm = isinstance(self.attention, PreNorm), cast(LayerNorm, self.attention.norm)
        place, _ = cache.take_room(1)
        keys, values = cache.keys[0], cache.values[0]
        return kernel.token(x, cache.weights, keys, values, place, pre, norm.eps)


def ordered(residual: PreNorm | PostNorm) -> list[Parameter]:
    """The norm's parameters, then the branch's, in the order of BlockWeights."""
    return [*residual.norm.parameters(), *residual.branch.parameters()]
