"""What lstm.py, gru.py and rnn.py share: how six texts of a batch go through time together.

The texts of a batch do not see each other. So a thread takes six of them through all steps, and
no thread ever waits for another. The recurrent weights are packed once for all steps.
"""

import numpy as np

from tinyllm.kernels.jit import loop, parallel_loop, prange
from tinyllm.kernels.rows import as_steps, read_only
from tinyllm.kernels.tiles import HEIGHT, WIDTH, pack, product
from tinyllm.types import Array


def logistic(x: Array) -> Array:
    """1 / (1 + e^-x), by an identity in which nothing can overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def room(columns: int) -> int:
    """How wide a row must be, so that whole tiles fill it."""
    return -(-columns // WIDTH) * WIDTH


def whole_tiles(batch: int) -> int:
    """How many rows must be there, so that tiles can read past the last text."""
    return -(-batch // HEIGHT) * HEIGHT


@parallel_loop
def _panels(b, steps, K, N, packed):
    for chunk in prange((K + WIDTH - 1) // WIDTH):
        pack(b, steps, chunk * WIDTH, min(K, chunk * WIDTH + WIDTH), N, packed, K)


def panels(weight: Array) -> Array:
    """Copy a matrix (K, N) into panels (K, WIDTH), one behind the other; the last ends in zeros.

    A tile reads its panel from the first number to the last: that is as fast as memory gets.
    """
    K, N = weight.shape
    packed = np.empty(K * room(N), weight.dtype)
    _panels(*as_steps(weight), K, N, packed)
    return read_only(packed)


def padded(x: Array, *shape: int) -> Array:
    """Copy x into the beginning of each axis of a larger array, whose rest is 0."""
    wide = np.zeros(shape, x.dtype)
    wide[tuple(slice(n) for n in x.shape)] = x
    return wide


@loop
def times(rows, weights, terms, before, tile, width):
    """tile (HEIGHT, width) = before + rows (HEIGHT, terms) times the weights, given as panels.

    rows:    (flat array, where it begins, how far to the next row), as `product` takes it
    before:  (flat array, how far to the next row: 0 where all rows begin with the same, a bias)
    """
    for j in range(0, width, WIDTH):
        at, begin = (rows[0], rows[1], rows[2], 1), (before[0], j, before[1])
        product(at, (weights, j * terms, WIDTH), terms, begin, (tile, j, width))
