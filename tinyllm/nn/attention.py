"""SelfAttention and CrossAttention: many heads that look at the same sequence, or at another."""

from __future__ import annotations

import numpy as np

from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import OptionError
from tinyllm.nn.cache import KeyValueCache
from tinyllm.nn.dropout import Dropout
from tinyllm.nn.linear import Linear
from tinyllm.nn.module import Module
from tinyllm.nn.positions import NoPositions
from tinyllm.types import Array

NO_POSITIONS = NoPositions()


class SelfAttention(Module):
    """Each position takes from the others what its heads ask for.

    Shapes:     x (B, T, C) -> (B, T, C); C = H D
    causal:     whether a position may look only at itself and at earlier ones
    kv_heads:   heads of keys and values. With fewer than H, several queries share each: the cache
                holds less. None: H of them, one each
    positions:  what attention itself knows of places: Rotary, Alibi or nothing
    Source:     Vaswani et al. 2017, section 3.2.2; shared keys: Ainslie et al. 2023, GQA
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        causal: bool,
        kv_heads: int | None = None,
        positions: NoPositions = NO_POSITIONS,
        biases: bool = True,
        dropout: float = 0.0,
        output_std: float = 0.02,
        rng: np.random.Generator,
    ) -> None:
        self.heads, self.kv_heads = checked_heads(width, heads, kv_heads)
        self.causal, self.positions = causal, positions
        columns = (heads + 2 * self.kv_heads) * (width // heads)
        self.qkv = Linear(width, columns, bias=biases, rng=rng)  # query, key, value in one product
        self.output = Linear(width, width, bias=biases, std=output_std, rng=rng)
        self.dropout = Dropout(dropout, rng)

    def forward(
        self, x: Tensor, mask: Array | None = None, cache: KeyValueCache | None = None
    ) -> Tensor:
        """x (B, T, C) -> (B, T, C); mask broadcasts to (B, H, T, S), True = may attend."""
        H, G, at = self.heads, self.kv_heads, self.positions
        start = 0 if cache is None else cache.length
        q, k, v = ops.split_heads(self.qkv(x), (H, G, G))  # (B, H, T, D), then (B, G, T, D) each
        q, k = at.place(q, start), at.place(k, start)
        if cache is not None:
            k, v = cache.extend(k, v)
        mixed = at.attend(q, shared(k, H), shared(v, H), mask, self.causal)  # (B, H, T, D)
        return self.dropout(self.output(ops.merge_heads(mixed)))  # (B, T, C)


class CrossAttention(Module):
    """Each position of a target takes from a source what its heads ask for.

    Queries come from the target, keys and values from the source. `read` makes these once: in
    training for all targets, in generation for all steps. The source's places are in its states.

    Shapes:  x (B, T, C), source = read(states (B, S, C)) -> (B, T, C)
    Source:  Vaswani et al. 2017, section 3.2.3, "encoder-decoder attention"
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        kv_heads: int | None = None,
        biases: bool = True,
        dropout: float = 0.0,
        output_std: float = 0.02,
        rng: np.random.Generator,
    ) -> None:
        self.heads, self.kv_heads = checked_heads(width, heads, kv_heads)
        columns = 2 * self.kv_heads * (width // heads)
        self.query = Linear(width, width, bias=biases, rng=rng)
        self.kv = Linear(width, columns, bias=biases, rng=rng)
        self.output = Linear(width, width, bias=biases, std=output_std, rng=rng)
        self.dropout = Dropout(dropout, rng)

    def read(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """Make keys and values of a source: (B, S, C) -> (B, G, S, D) each."""
        k, v = ops.split_heads(self.kv(states), (self.kv_heads, self.kv_heads))
        return k, v

    def forward(
        self, x: Tensor, source: tuple[Tensor, Tensor], mask: Array | None = None
    ) -> Tensor:
        """x (B, T, C) -> (B, T, C); mask broadcasts to (B, H, T, S), True = may attend."""
        (q,) = ops.split_heads(self.query(x), (self.heads,))
        k, v = (shared(part, self.heads) for part in source)
        mixed = ops.scaled_dot_product_attention(q, k, v, mask)  # (B, H, T, D)
        return self.dropout(self.output(ops.merge_heads(mixed)))  # (B, T, C)


def shared(x: Tensor, heads: int) -> Tensor:
    """Give every query head its keys, or values: the first H / G heads share the first, and so on.

    Shapes:  (B, G, S, D) -> (B, H, S, D)
    """
    B, G, S, D = x.shape
    if heads == G:
        return x
    repeated = ops.broadcast_to(x.reshape(B, G, 1, S, D), (B, G, heads // G, S, D))
    return repeated.reshape(B, heads, S, D)


def checked_heads(width: int, heads: int, kv_heads: int | None) -> tuple[int, int]:
    """Return heads of queries and heads of keys; refuse what cannot be shared evenly."""
    if width % heads:
        raise OptionError(
            f"attention: width must be divisible by heads; got width={width}, heads={heads}. "
            f"Hint: each head gets width / heads numbers; try width={heads * (width // heads)}."
        )
    kv_heads = heads if kv_heads is None else kv_heads
    if kv_heads < 1 or heads % kv_heads:
        raise OptionError(
            f"attention: heads must be divisible by kv_heads; got heads={heads}, "
            f"kv_heads={kv_heads}. Hint: each head of keys serves heads / kv_heads of queries."
        )
    return heads, kv_heads
