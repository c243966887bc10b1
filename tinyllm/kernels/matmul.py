"""y = a @ b + bias in three speeds: the three loops of the definition, the same in tiles, and BLAS.

Reached from: autograd/matmul.py, ops/matmul.py. `matmul` is the one that measures fastest;
examples/02_three_matmuls.py measures all three.
"""

import numpy as np

from tinyllm.kernels.backend import Kernel
from tinyllm.kernels.jit import parallel_loop, prange, thread_count
from tinyllm.kernels.rows import aligned, as_rows, as_steps, read_only
from tinyllm.kernels.tiles import HEIGHT, WIDTH, pack, product
from tinyllm.types import Array

DEPTH = 128  # terms of the sum at a time: so much of a panel, and of a, stays in the fastest cache
GROUP = 8  # tiles below each other that use a panel before the next one comes
SMALL = 64**3  # multiplications below which BLAS, in one thread, is done before others wake up


def matmul_numpy(a: Array, b: Array, bias: Array | None = None) -> Array:
    """BLAS, through NumPy: a (..., M, K), b (..., K, N), bias (N) -> (..., M, N)."""
    y = np.matmul(a, b)
    if bias is not None:
        y += bias
    return y


# -------------------------------------------------------------------- y_ij = sum_k a_ik b_kj
@parallel_loop
def _loops(a, b, y):  # (M, K), (K, N), (M, N)
    for i in prange(a.shape[0]):
        for j in range(b.shape[1]):
            total = y.dtype.type(0)
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            y[i, j] = total


def loops_numba(a: Array, b: Array, bias: Array | None = None) -> Array:
    """The definition, compiled: each element of b is fetched from afar, once for each row of a."""
    y = np.empty((a.shape[0], b.shape[1]), a.dtype)
    _loops(as_rows(a), as_rows(b), y)
    return y if bias is None else y + bias


# -------------------------------------------------------------------- the same sums, in blocks
def blocked(a: Array, b: Array, size: int) -> Array:
    """Sum a b block by block: a block of b stays in the cache while rows of a go by.

    Shapes:  a (M, K), b (K, N) -> (M, N)
    Units:   size: rows and columns of a block; those at the edges may be smaller

    >>> blocked(np.ones((2, 3)), np.ones((3, 1)), size=2).tolist()
    [[3.0], [3.0]]
    """
    # Numba can compile these loops as they stand: `loop(blocked)`. The innermost one goes along two
    # rows, so that the processor takes many numbers at once. `tiles` goes one step further, from
    # the cache to the registers.
    (M, K), N = a.shape, b.shape[1]
    y = np.zeros((M, N), a.dtype)
    for i0 in range(0, M, size):
        for k0 in range(0, K, size):
            for j0 in range(0, N, size):
                for i in range(i0, min(i0 + size, M)):
                    out = y[i, j0 : j0 + size]
                    for k in range(k0, min(k0 + size, K)):
                        factor, row = a[i, k], b[k, j0 : j0 + size]
                        for j in range(out.size):
                            out[j] += factor * row[j]
    return y


# -------------------------------------------------------------------- the same sums, in tiles
@parallel_loop
def _tiles(a, a_steps, b, b_steps, N, tail, bias, packed, y, bottom, parts):
    """y (M, N, filled up to panels) = a b + bias; its last rows are made of tail, in bottom."""
    down, right = a_steps
    (M, width), K = y.shape, tail.shape[1]
    whole, tiles = M // HEIGHT, (M + HEIGHT - 1) // HEIGHT
    for chunk in prange((K + WIDTH - 1) // WIDTH):
        pack(b, b_steps, chunk * WIDTH, min(K, chunk * WIDTH + WIDTH), N, packed, K)
    ends, result, under = tail.ravel(), y.ravel(), bottom.ravel()
    for part in prange(parts):
        first, stop = tiles * part // parts, tiles * (part + 1) // parts
        for k in range(0, K, DEPTH):
            terms = min(DEPTH, K - k)
            for group in range(first, stop, GROUP):
                for j in range(0, width, WIDTH):
                    panel = (packed, j * K + k * WIDTH, WIDTH)
                    for i in range(group, min(group + GROUP, stop)):
                        rows = (a, i * HEIGHT * down + k * right, down, right)
                        tile = (result, i * HEIGHT * width + j, width)
                        if i == whole:
                            rows, tile = (ends, k, K, 1), (under, j, width)
                        before = tile if k else (bias, j, 0)
                        product(rows, panel, terms, before, tile)


def tiles_numba(a: Array, b: Array, bias: Array | None = None) -> Array:
    """Tiles of y that stay in registers: a number is fetched once for 6 or 16 uses."""
    (M, K), N = a.shape, b.shape[1]
    width, rest = -(-N // WIDTH) * WIDTH, M % HEIGHT
    start = np.zeros(width, a.dtype)
    if bias is not None:
        start[:N] = bias
    tail = np.zeros((HEIGHT, K), a.dtype)
    tail[:rest] = a[M - rest :]
    packed, y = aligned((K * width,), a.dtype), aligned((M, width), a.dtype)
    bottom, parts = np.empty((HEIGHT, width), a.dtype), thread_count()
    _tiles(*as_steps(a), *as_steps(b), N, read_only(tail), start, packed, y, bottom, parts)
    y[M - rest :] = bottom[:rest]
    return y if width == N else y[:, :N].copy()


# -------------------------------------------------------------------- which one runs
def fastest_numba(a: Array, b: Array, bias: Array | None = None) -> Array:
    """Tiles for large products of two matrices in float32; BLAS for all others."""
    large = a.ndim == b.ndim == 2 and a.size * b.shape[1] >= SMALL
    return (tiles_numba if large and a.dtype == np.float32 else matmul_numpy)(a, b, bias)


loops = Kernel(numpy=matmul_numpy, numba=loops_numba)
tiles = Kernel(numpy=matmul_numpy, numba=tiles_numba)
matmul = Kernel(numpy=matmul_numpy, numba=fastest_numba)
