"""SelfAttention: many heads that look at the same sequence."""

from __future__ import annotations

import numpy as np

from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import OptionError
from tinyllm.nn.cache import KeyValueCache
from tinyllm.nn.dropout import Dropout
from tinyllm.nn.linear import Linear
from tinyllm.nn.module import Module
from tinyllm.types import Array


class SelfAttention(Module):
    """Each position takes from the others what its heads ask for.

    Shapes:  x (B, T, C) -> (B, T, C); C = H D
    causal:  whether a position may look only at itself and at earlier ones
    Source:  Vaswani et al. 2017, section 3.2.2
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        causal: bool,
        dropout: float = 0.0,
        output_std: float = 0.02,
        rng: np.random.Generator,
    ) -> None:
        if width % heads:
            raise OptionError(
                f"attention: width must be divisible by heads; got width={width}, heads={heads}. "
                f"Hint: each head gets width / heads numbers; try width={heads * (width // heads)}."
            )
        self.heads, self.causal = heads, causal
        self.qkv = Linear(width, 3 * width, rng=rng)  # query, key, value in one product
        self.output = Linear(width, width, std=output_std, rng=rng)
        self.dropout = Dropout(dropout, rng)

    def forward(
        self, x: Tensor, mask: Array | None = None, cache: KeyValueCache | None = None
    ) -> Tensor:
        """x (B, T, C) -> (B, T, C); mask broadcasts to (B, H, T, S), True = may attend."""
        H = self.heads
        q, k, v = ops.split_heads(self.qkv(x), (H, H, H))  # (B, H, T, D) each
        if cache is not None:
            k, v = cache.extend(k, v)
        mixed = ops.scaled_dot_product_attention(q, k, v, mask, self.causal)  # (B, H, T, D)
        return self.dropout(self.output(ops.merge_heads(mixed)))  # (B, T, C)
