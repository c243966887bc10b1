"""OneToken: the blocks of a model, prepared to take one token after the other.

Leaves out: which models may use it (DecoderOnly.is_plain). Who calls it: DecoderOnly.token_scores.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinyllm.kernels import decode as kernel
from tinyllm.kernels.decode import BlockWeights
from tinyllm.kernels.rows import aligned, read_only
from tinyllm.nn.blocks import TransformerBlock
from tinyllm.nn.cache import KeyValueCaches
from tinyllm.nn.module import Parameter
from tinyllm.nn.norm import LayerNorm
from tinyllm.nn.residual import PostNorm, PreNorm
from tinyllm.types import Array

SMALL = 2**22  # numbers in the weights of all blocks up to which copies of them are cheap: 16 MiB


class OneToken:
    """x (C) of one more token -> x (C) after all blocks; keys and values go into the caches.

    The same numbers as the blocks' `forward` without dropout; a test compares them. Small blocks
    are copied side by side, and go through in one call. For large ones a copy would take
    memory, and a call takes no time beside the work: there each block is a call of its own.

    Good as long as the weights stay the arrays that they are.
    """

    def __init__(self, blocks: Sequence[TransformerBlock], caches: KeyValueCaches) -> None:
        first = blocks[0].attention
        assert isinstance(first.norm, LayerNorm)  # DecoderOnly.is_plain has seen to it
        self.pre, self.eps, self.caches = isinstance(first, PreNorm), first.norm.eps, caches
        size = sum(block.count_parameters() for block in blocks)
        together = len(blocks) if size <= SMALL else 1
        self.groups = [
            (stacked(blocks[i : i + together]), caches.room[i : i + together, :, 0])
            for i in range(0, len(blocks), together)
        ]

    def __call__(self, x: Array) -> Array:
        """x (C) -> (C)."""
        place, _ = self.caches.take_room(1)
        for weights, room in self.groups:
            x = kernel.token(x, weights, room, place, self.pre, self.eps)  # (C,)
        return x


def stacked(blocks: Sequence[TransformerBlock]) -> BlockWeights:
    """The weights of some blocks as arrays (L, ...): copies, where there are several."""
    each = [[p.data for branch in (b.attention, b.mlp) for p in ordered(branch)] for b in blocks]
    return BlockWeights(*(read_only(in_one_piece(p)) for p in zip(*each, strict=True)))


def in_one_piece(arrays: Sequence[Array]) -> Array:
    """Stack arrays of one shape; a single one needs no copy."""
    if len(arrays) == 1:
        return arrays[0][None]
    whole = aligned((len(arrays), *arrays[0].shape), arrays[0].dtype)
    return np.stack(arrays, out=whole)


def ordered(residual: PreNorm | PostNorm) -> list[Parameter]:
    """The norm's parameters, then the branch's, in the order of BlockWeights."""
    return [*residual.norm.parameters(), *residual.branch.parameters()]
