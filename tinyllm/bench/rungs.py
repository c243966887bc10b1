"""The loops of the ladder: one product of matrices, y = a b, each time with one thing changed.

a is (M, K), b is (K, N), y is (M, N), all of float32 and in the order of C. y begins with zeros.
Leaves out: the last rung, tinyllm's own tiles. That is in kernels/matmul.py.
Who calls: bench/ladder.py, which measures them. Told in docs/why-this-kernel-is-fast.md.
"""

import math

import numpy as np

from tinyllm.kernels.jit import loop
from tinyllm.kernels.matmul import DEPTH
from tinyllm.kernels.tiles import HEIGHT, WIDTH, product
from tinyllm.types import Array

DEEP, WIDE = 8, 1024  # rows and columns of a block of b: 32 KiB, which the nearest cache holds


@loop
def naive(a, b, y):
    """The definition: y_ij = sum_k a_ik b_kj. The inner loop walks down a column of b."""
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = np.float32(0)
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            y[i, j] = total


@loop
def _add_row(y, number, row):
    """y += number * row, along memory: LLVM makes registers of it."""
    for j in range(y.size):
        y[j] += number * row[j]


@loop
def reordered(a, b, y):
    """The same sums with k before j."""
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            _add_row(y[i], a[i, k], b[k])


@loop
def blocked(a, b, y):
    """All rows of a meet one block of b, DEEP rows of WIDE columns, before the next block comes."""
    K, N = b.shape
    for first in range(0, K, DEEP):
        for j in range(0, N, WIDE):
            for i in range(a.shape[0]):
                piece = y[i, j : j + WIDE]
                for k in range(first, min(first + DEEP, K)):
                    _add_row(piece, a[i, k], b[k, j : j + WIDE])


def packed(a: Array, b: Array, y: Array) -> None:
    """The same blocks, each of them one piece of memory."""
    _packed(a, panels(b, min(WIDE, b.shape[1])), y)


@loop
def _packed(a, panels, y):
    count, K, width = panels.shape
    for first in range(0, K, DEEP):
        for p in range(count):
            for i in range(a.shape[0]):
                piece = y[i, p * width : (p + 1) * width]
                for k in range(first, min(first + DEEP, K)):
                    _add_row(piece, a[i, k], panels[p, k])


def panels(b: Array, width: int) -> Array:
    """Copy b into panels of `width` columns, one after the other; the last one ends in zeros."""
    K, N = b.shape
    copy = zeros(-(-N // width), K, width)
    for p, panel in enumerate(copy):
        columns = b[:, p * width : (p + 1) * width]
        panel[:, : columns.shape[1]] = columns
    return copy


def zeros(*shape: int) -> Array:
    """Zeros that begin at a multiple of 64 bytes: no register of them lies in two lines of a cache.

    NumPy begins an array at any multiple of 16. Then which rung is ahead would be a matter of luck.
    """
    size = math.prod(shape)
    x = np.zeros(size + 16, np.float32)
    start = -x.ctypes.data % 64 // 4
    return x[start : start + size].reshape(shape)


@loop
def _whole_tiles(a, panels, y):
    """Six rows and one panel at a time: their part of y stays in registers (kernels/tiles.py)."""
    (M, N), K = y.shape, a.shape[1]
    numbers, others, result = a.ravel(), panels.ravel(), y.ravel()
    for k in range(0, K, DEPTH):
        terms = min(DEPTH, K - k)
        for j in range(0, N, WIDTH):
            for i in range(0, M, HEIGHT):
                rows, tile = (numbers, i * K + k, K, 1), (result, i * N + j, N)
                product(rows, (others, j * K + k * WIDTH, WIDTH), terms, tile, tile)


def tiled(a: Array, b: Array) -> Array:
    """The same for any size: a and y are filled up to whole tiles, and y is cut in the end."""
    (M, K), N = a.shape, b.shape[1]
    rows = a
    if M % HEIGHT:
        rows = zeros(-(-M // HEIGHT) * HEIGHT, K)
        rows[:M] = a
    y = zeros(len(rows), -(-N // WIDTH) * WIDTH)
    _whole_tiles(rows, panels(b, WIDTH), y)
    return y if y.shape == (M, N) else y[:M, :N].copy()
