"""How a Transformer knows where a token stands: four ways, in two places.

Learned and sinusoidal positions are vectors, added to the tokens before the first block (ADDED).
Rotary positions and ALiBi act inside of each self-attention (INSIDE), on queries and keys or on
their scores. Who calls: models/transformer.py the first, nn/attention.py the second.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.nn.embedding import Embedding
from tinyllm.types import FLOAT, Array

BASE = 10_000.0  # the last pair of columns turns nearly so many times slower than the first


def frequencies(width: int) -> Array:
    """How far each of width / 2 pairs of columns turns from a place to the next, in radians.

    Shapes:  -> (width / 2), rounded up; from 1 down to nearly 1 / BASE

    >>> frequencies(4).tolist()
    [1.0, 0.01]
    """
    return BASE ** (-np.arange(0, width, 2) / width)


# -------------------------------------------------------------------- added to the tokens
def sinusoids(context: int, width: int) -> Array:
    """Write the sines and cosines of each place: columns 2i and 2i + 1 share a frequency.

    Shapes:  -> (context, width)
    Source:  Vaswani et al. 2017, section 3.5

    >>> sinusoids(2, 3).round(3).tolist()
    [[0.0, 1.0, 0.0], [0.841, 0.54, 0.002]]
    """
    angles = np.arange(context)[:, None] * frequencies(width)
    table = np.empty((context, width))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles[:, : width // 2])
    return table


class Sinusoidal:
    """Sines and cosines of the place, from fast to slow: a clock with C / 2 hands, not learnt.

    scale:   tokens start with a deviation of 0.02, in the paper with 1: sines of 1 drown them.
             Measured: on Python's help texts, two blocks of width 64 lose after 800 steps 2.14 nats
             a character with 0.02, 1.98 with 0.05, 2.27 with 0.2, 3.20 with 1
    Shapes:  places (T) integers -> (T, C)
    Source:  Vaswani et al. 2017, section 3.5
    """

    def __init__(self, context: int, width: int, *, scale: float = 0.05) -> None:
        self.table = (scale * sinusoids(context, width)).astype(FLOAT)

    def __call__(self, places: Array) -> Tensor:
        """places (T) -> (T, C)."""
        return Tensor(self.table[places])


def learned(context: int, width: int, rng: np.random.Generator) -> Embedding:
    """Build a table that is learnt like that of the tokens."""
    return Embedding(context, width, rng=rng)


def sinusoidal(context: int, width: int, rng: np.random.Generator) -> Sinusoidal:
    """Build a table that is not learnt."""
    return Sinusoidal(context, width)


# -------------------------------------------------------------------- inside of self-attention
class NoPositions:
    """Attention that leaves all places alike: where they stand was added before, or is no matter.

    Shapes:  place: x (B, H, T, D) -> the same; attend: as ops.scaled_dot_product_attention
    """

    def place(self, x: Tensor, start: int) -> Tensor:
        """Tell queries or keys where they stand: at start, start + 1, ..."""
        return x

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Array | None, causal: bool) -> Tensor:
        """Mix the values by how well queries and keys match."""
        return ops.scaled_dot_product_attention(q, k, v, mask, causal)


class Rotary(NoPositions):
    """Queries and keys are turned by an angle for each place: see ops.rotary.

    Source:  Su et al. 2021, RoFormer, equations 15 and 34
    """

    def __init__(self, heads: int, width: int) -> None:
        self.frequencies = frequencies(width)  # of a head: (D / 2)

    def place(self, x: Tensor, start: int) -> Tensor:
        """Turn x (B, H, T, D), whose first place is `start`."""
        places = np.arange(start, start + x.shape[2])
        return ops.rotary(x, places[:, None] * self.frequencies)


class Alibi(NoPositions):
    """The further away a key, the lower its score: by the distance times the slope of the head.

    A key that comes later has a distance too: the paper has causal attention only, here an encoder
    may use it. It cannot tell left from right then: a text turned round gives the same, turned
    round. The kernel of attention knows no such bias: this is the slower way, see there.

    Source:  Press, Smith and Lewis 2021, Train Short, Test Long, section 3. Slopes for any number
             of heads are as in its text; its code has others where that is no power of 2
    """

    def __init__(self, heads: int, width: int) -> None:
        self.slopes = 2.0 ** (-8 * np.arange(1, heads + 1) / heads)  # (H)

    def bias(self, queries: int, keys: int) -> Array:
        """Return what is added to the scores (H, T, S); the last query stands at the last key."""
        distance = np.arange(keys - queries, keys)[:, None] - np.arange(keys)  # (T, S)
        return -self.slopes[:, None, None] * np.abs(distance)

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Array | None, causal: bool) -> Tensor:
        """Mix the values, those nearby more than those far away."""
        bias = self.bias(q.shape[2], k.shape[2]).astype(q.dtype)
        return ops.scaled_dot_product_attention(q, k, v, mask, causal, bias)


ADDED: dict[str, Callable[[int, int, np.random.Generator], Embedding | Sinusoidal]] = {
    "learned": learned,
    "sinusoidal": sinusoidal,
}
INSIDE: dict[str, type[Rotary] | type[Alibi]] = {"rotary": Rotary, "alibi": Alibi}
POSITIONS = (*ADDED, *INSIDE)
