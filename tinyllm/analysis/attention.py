"""What attention does in a model that runs: its weights, and what becomes of it without a head.

Leaves out: which positions may look at which at all (models/masks.py). Who calls it: experiments.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from tinyllm import ops
from tinyllm.analysis.watch import hooked, parts_of
from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import OptionError
from tinyllm.nn.attention import CrossAttention, SelfAttention, shared
from tinyllm.nn.module import Module
from tinyllm.nn.positions import NoPositions
from tinyllm.types import Array

Mix = Callable[[Tensor], Tensor]


@contextmanager
def attention_watched(model: Module) -> Iterator[dict[str, list[Array]]]:
    """Write down the weights of all attentions at each call, under their names in the model.

    Shapes:    each (B, H, T, S): a row for each query, and it sums to 1
    Raises:    OptionError if the model has no attention

    >>> from tinyllm.models import DecoderOnly, TransformerConfig
    >>> config = TransformerConfig(vocabulary=5, context=8, layers=1, heads=2, width=4)
    >>> model = DecoderOnly(config, rng=0)
    >>> with attention_watched(model) as seen:
    ...     scores = model([[0, 3, 1]])
    >>> {name: calls[0].shape for name, calls in seen.items()}
    {'blocks.0.attention.branch': (1, 2, 3, 3)}
    """
    seen: dict[str, list[Array]] = {}
    with ExitStack() as hooks:
        for name, part in parts_of(model, SelfAttention, CrossAttention).items():
            noted = seen[name] = []
            if isinstance(part, SelfAttention):
                hooks.enter_context(with_positions(part, Noting(part.positions, noted)))
            else:
                hooks.enter_context(hooked(part, noting_cross(part, noted)))
        yield seen


def weights_of(mix: Mix, keys: Tensor) -> Array:
    """Return how much of each key goes to each query, asked of what mixes the values.

    Where the values are the rows of an identity matrix, the mixture is the weights. So masks,
    places and whatever else an attention has are in them. Values have D columns: so many at a time.

    Shapes:  keys (B, H, S, D) -> (B, H, T, S)
    """
    B, H, S, D = keys.shape
    count = math.ceil(S / D)
    identity = np.eye(S, count * D, dtype=keys.dtype)  # with columns of 0 at the end
    mixed = [
        mix(Tensor(np.ascontiguousarray(np.broadcast_to(columns, (B, H, S, D))))).data
        for columns in np.split(identity, count, axis=1)
    ]
    return np.concatenate(mixed, axis=-1)[..., :S]


class Noting(NoPositions):
    """Does what other positions do, and notes the weights each time."""

    def __init__(self, positions: NoPositions, noted: list[Array]) -> None:
        self.positions, self.noted = positions, noted

    def place(self, x: Tensor, start: int) -> Tensor:
        """As the others do."""
        return self.positions.place(x, start)

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Array | None, causal: bool) -> Tensor:
        """Mix the values as the others do."""

        def mix(values: Tensor) -> Tensor:
            return self.positions.attend(q, k, values, mask, causal)

        self.noted.append(weights_of(mix, k))
        return mix(v)


@contextmanager
def with_positions(part: SelfAttention, positions: NoPositions) -> Iterator[None]:
    """Let a self-attention have other positions for a while."""
    before, part.positions = part.positions, positions
    try:
        yield
    finally:
        part.positions = before


def noting_cross(part: CrossAttention, noted: list[Array]) -> Callable[..., Any]:
    """Return a hook that notes the weights of a cross-attention, and changes nothing."""

    def hook(
        forward: Callable[..., Any], x: Tensor, source: Any, mask: Array | None = None
    ) -> Tensor:
        (q,) = ops.split_heads(part.query(x), (part.heads,))
        keys = shared(source[0], part.heads)
        noted.append(weights_of(lambda v: ops.scaled_dot_product_attention(q, keys, v, mask), keys))
        return forward(x, source, mask)

    return hook


def weight_at_offset(weights: Array, offset: int) -> Array:
    """Return how much each head looks so many places back, on average over queries and sequences.

    0 is the place itself and 1 the token before it. In a text that repeats after P tokens, P - 1 is
    the token that came next last time: what an induction head looks at.

    Forward:   mean over b and t >= offset of weights[b, h, t, t - offset]
    Shapes:    weights (B, H, T, T), T > offset -> (H)
    Units:     a share, 0 to 1
    Raises:    OptionError if no query has so many tokens before it
    Source:    Olsson et al. 2022, In-context Learning and Induction Heads, "prefix matching score"

    >>> weight_at_offset(np.array([[[[1.0, 0.0], [0.75, 0.25]]]]), offset=1)
    array([0.75])
    """
    if not 0 <= offset < weights.shape[-2]:
        raise OptionError(
            f"weight_at_offset: offset must be 0 to T - 1 = {weights.shape[-2] - 1}; got {offset}."
        )
    diagonal = np.diagonal(weights, -offset, axis1=-2, axis2=-1)  # (B, H, T - offset)
    return diagonal.mean(axis=(0, -1))


@contextmanager
def without_head(part: SelfAttention | CrossAttention, head: int) -> Iterator[None]:
    """Take one head out for a while: what it found counts as 0, the other heads are as before.

    Raises:    OptionError if there is no such head
    Source:    Michel, Levy and Neubig 2019, Are Sixteen Heads Really Better than One?, section 2.2
    """
    if not 0 <= head < part.heads:
        raise OptionError(
            f"without_head: head must be 0 to {part.heads - 1}; got {head}. "
            "Hint: heads are counted from 0."
        )

    def hook(forward: Callable[..., Tensor], mixed: Tensor) -> Tensor:
        D = mixed.shape[-1] // part.heads
        kept = np.ones(mixed.shape[-1], mixed.dtype)
        kept[head * D : (head + 1) * D] = 0
        return forward(mixed * kept)

    with hooked(part.output, hook):
        yield
