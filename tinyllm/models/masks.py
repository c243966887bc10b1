"""Who may look at whom: the difference between the architectures, as matrices.

Row t, column s: whether token t may attend to token s. The models build no such matrix: they have
`causal=True` and padding masks, which a test compares with what stands here.
Who calls: `tinyllm show attention`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tinyllm.errors import OptionError
from tinyllm.types import Array


def bidirectional(tokens: int) -> Array:
    """Each token sees all: (T, T) of True."""
    return np.ones((tokens, tokens), bool)


def causal(tokens: int) -> Array:
    """Each token sees itself and what came before.

    >>> causal(3).astype(int).tolist()
    [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    """
    return np.tri(tokens, dtype=bool)


def prefix_lm(tokens: int, prefix: int) -> Array:
    """Each token sees the prefix and, from there on, itself and what came before.

    Raises:  OptionError if the prefix is no part of the text

    >>> prefix_lm(3, prefix=2).astype(int).tolist()
    [[1, 1, 0], [1, 1, 0], [1, 1, 1]]
    """
    if not 0 <= prefix <= tokens:
        raise OptionError(f"prefix_lm: prefix must be in 0 to {tokens}; got {prefix}.")
    return causal(tokens) | (np.arange(tokens) < prefix)


def encoder_decoder(tokens: int, source: int) -> Array:
    """The first tokens are a source, and see all of it; the others see it, and are causal.

    As a matrix it is that of `prefix_lm`. Not as a model: there the same weights read and write,
    here two stacks of blocks do, and the lower left is cross-attention.
    """
    return prefix_lm(tokens, source)


@dataclass(frozen=True)
class Architecture:
    """How to build the matrix from the length of the text and of its first part; one line on it."""

    allowed: Callable[[int, int], Array]
    about: str


ARCHITECTURES: dict[str, Architecture] = {
    "encoder-only": Architecture(
        lambda tokens, first: bidirectional(tokens),
        "each token sees the whole text, to both sides; good for understanding it",
    ),
    "encoder-decoder": Architecture(
        encoder_decoder,
        "the source sees all of itself; the target sees the source and its own past",
    ),
    "decoder-only": Architecture(
        lambda tokens, first: causal(tokens),
        "each token sees itself and what came before; so it can be trained to write",
    ),
    "prefix-lm": Architecture(
        prefix_lm,
        "the prefix sees all of itself, the rest is causal: one stack of blocks does both",
    ),
}
