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
    layers:  how many blocks the model has: the more, the smaller each branch starts
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
        std = output_std(layers, self.branches)
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
        std = output_std(options["layers"], self.branches)
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


def output_std(layers: int, branches: int = 2) -> float:
    """Say how large the weights of a branch's last product start.

    Each branch of each block adds to one sum. So that this does not grow with the depth, the last
    products start smaller by the square root of how many there are.

    Forward:   0.02 / sqrt(layers * branches)
    Source:    Radford et al. 2019, section 2.3

    >>> output_std(layers=8)
    0.005
    """
    return 0.02 / math.sqrt(branches * layers)


def block_parameters(
    width: int, heads: int, kv_heads: int | None = None, biases: bool = True
) -> int:
    """Count the parameters of a TransformerBlock with layer norms and a plain MLP.

    Forward:   C (H + 2 G) D + C C of attention, 2 C F of the MLP, 2 C of two norms; F = 4 C.
               Each product and each norm has a bias, too, if `biases`

    >>> block_parameters(width=4, heads=2), block_parameters(width=4, heads=2, biases=False)
    (244, 200)
    """
    C, F, D = width, 4 * width, width // heads
    columns = (heads + 2 * (kv_heads or heads)) * D  # of queries, keys and values
    weights = C * columns + C * C + 2 * C * F + 2 * C
    return weights + (columns + C + F + C + 2 * C if biases else 0)
