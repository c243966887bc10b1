"""TransformerBlock: attention between positions, then an MLP at each. CrossBlock: a source, too."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.nn.attention import NO_POSITIONS, CrossAttention, SelfAttention
from tinyllm.nn.cache import KeyValueCache
from tinyllm.nn.mlp import MLPS
from tinyllm.nn.module import Module
from tinyllm.nn.norm import NORMS
from tinyllm.nn.positions import INSIDE
from tinyllm.nn.residual import RESIDUALS
from tinyllm.types import Array


class TransformerBlock(Module):
    """Two residual steps: x gains what attention finds, then what the MLP makes of it.

    Shapes:  x (B, T, C) -> (B, T, C)
    layers:  how many blocks the model has. Each branch of each block adds to the sum, so their
             last products start smaller by the square root of how many they are: GPT-2's rule
    others:  names of RESIDUALS, NORMS, MLPS and POSITIONS, as in TransformerConfig
    Source:  Radford et al. 2019, section 2.3
    """

    branches = 2  # residual steps

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        norm: str,
        causal: bool,
        layers: int,
        dropout: float,
        normalisation: str = "layer",
        positions: str = "learned",
        activation: str = "gelu",
        kv_heads: int | None = None,
        biases: bool = True,
        rng: np.random.Generator,
    ) -> None:
        residual, new_norm = RESIDUALS[norm], NORMS[normalisation]
        std = 0.02 / math.sqrt(self.branches * layers)
        options = {"biases": biases, "dropout": dropout, "output_std": std, "rng": rng}
        inside = INSIDE[positions](heads, width // heads) if positions in INSIDE else NO_POSITIONS
        attention = SelfAttention(
            width, heads, causal=causal, kv_heads=kv_heads, positions=inside, **options
        )
        mlp = MLPS[activation](width, 4 * width, **options)
        self.attention = residual(attention, new_norm(width, biases))
        self.mlp = residual(mlp, new_norm(width, biases))

    def forward(
        self, x: Tensor, mask: Array | None = None, cache: KeyValueCache | None = None
    ) -> Tensor:
        """x (B, T, C) -> (B, T, C)."""
        x = self.attention(x, mask=mask, cache=cache)  # (B, T, C)
        return self.mlp(x)


class CrossBlock(TransformerBlock):
    """Three residual steps: between attention and the MLP, x gains what it finds in a source.

    Shapes:  x (B, T, C) -> (B, T, C)
    source:  keys and values, as CrossAttention.read makes them
    Source:  Vaswani et al. 2017, section 3.1, "Decoder"
    """

    branches = 3

    def __init__(self, width: int, heads: int, **options: Any) -> None:
        """Take what TransformerBlock takes; both attentions share these choices."""
        super().__init__(width, heads, **options)
        std = 0.02 / math.sqrt(self.branches * options["layers"])
        biases, new_norm = options.get("biases", True), NORMS[options.get("normalisation", "layer")]
        cross = CrossAttention(
            width,
            heads,
            kv_heads=options.get("kv_heads"),
            biases=biases,
            dropout=options["dropout"],
            output_std=std,
            rng=options["rng"],
        )
        self.cross = RESIDUALS[options["norm"]](cross, new_norm(width, biases))

    def forward(  # pyright: ignore[reportIncompatibleMethodOverride] (a source is needed here)
        self,
        x: Tensor,
        mask: Array | None = None,
        cache: KeyValueCache | None = None,
        *,
        source: tuple[Tensor, Tensor],
        source_mask: Array | None = None,
    ) -> Tensor:
        """x (B, T, C) -> (B, T, C)."""
        x = self.attention(x, mask=mask, cache=cache)  # (B, T, C)
        x = self.cross(x, source=source, mask=source_mask)  # (B, T, C)
        return self.mlp(x)
