"""y = a @ b in three speeds: the three loops of the definition, the same in tiles, and BLAS.

Reached from: autograd/matmul.py, ops/matmul.py. `matmul` is the one that measures fastest;
examples/02_three_matmuls.py measures all three.
"""

import numpy as np

from tinyllm.kernels.backend import Kernel
from tinyllm.kernels.jit import parallel_loop, prange
from tinyllm.kernels.rows import as_rows, as_steps, read_only
from tinyllm.kernels.simd import LANES, load, store
from tinyllm.kernels.tiles import HEIGHT, WIDTH, product
from tinyllm.types import Array

DEPTH = 256  # terms of the sum at a time: so many rows of a panel stay in the fastest cache
GROUP = 8  # tiles below each other that use a panel before the next one comes
PARTS = 2  # into how many groups of rows the threads share y
SMALL = 64**3  # multiplications below which BLAS, in one thread, is done before others wake up


def matmul_numpy(a: Array, b: Array) -> Array:
    """BLAS, through NumPy: a (..., M, K), b (..., K, N) -> (..., M, N)."""
    return np.matmul(a, b)


# -------------------------------------------------------------------- y_ij = sum_k a_ik b_kj
@parallel_loop
def _loops(a, b, y):  # (M, K), (K, N), (M, N)
    for i in prange(a.shape[0]):
        for j in range(b.shape[1]):
            total = y.dtype.type(0)
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            y[i, j] = total


def loops_numba(a: Array, b: Array) -> Array:
    """The definition, compiled: each element of b is fetched from afar, once for each row of a."""
    y = np.empty((a.shape[0], b.shape[1]), a.dtype)
    _loops(as_rows(a), as_rows(b), y)
    return y


# -------------------------------------------------------------------- the same sums, in tiles
@parallel_loop
def _pack(b, steps, N, panels):
    """Cut b (K, N) into panels (K, WIDTH), so that what a tile reads lies in one piece."""
    down, right = steps
    K, packed = panels.shape[1], panels.ravel()
    for chunk in prange((K + WIDTH - 1) // WIDTH):
        first, stop = chunk * WIDTH, min(K, chunk * WIDTH + WIDTH)
        for p in range(panels.shape[0]):
            panel, columns = panels[p], min(WIDTH, N - p * WIDTH)
            start = first * down + p * WIDTH * right
            if columns == WIDTH and right == 1:
                for k in range(stop - first):
                    at, to = start + k * down, (p * K + first + k) * WIDTH
                    store(packed, to, load(b, at))
                    store(packed, to + LANES, load(b, at + LANES))
            elif (
                columns == WIDTH and stop == first + WIDTH
            ):  # both counts are known: no loop is left
                for j in range(WIDTH):
                    for k in range(WIDTH):
                        panel[first + k, j] = b[start + k * down + j * right]
            else:
                panel[first:stop] = b.dtype.type(0)  # the last panel ends in zeros
                for k in range(stop - first):
                    for j in range(columns):
                        panel[first + k, j] = b[start + k * down + j * right]


@parallel_loop
def _tiles(a, steps, tail, panels, start, y, bottom):
    """Fill y (M, panels * WIDTH). Its last rows, too few for a tile, are in tail and bottom."""
    down, right = steps
    K, N, whole = panels.shape[1], y.shape[1], y.shape[0] // HEIGHT
    packed, ends, result, under = panels.ravel(), tail.ravel(), y.ravel(), bottom.ravel()
    tiles = (y.shape[0] + HEIGHT - 1) // HEIGHT
    for part in prange(PARTS):
        first, stop = tiles * part // PARTS, tiles * (part + 1) // PARTS
        for k in range(0, K, DEPTH):
            terms = min(DEPTH, K - k)
            for group in range(first, stop, GROUP):
                for p in range(panels.shape[0]):
                    panel = (packed, (p * K + k) * WIDTH, WIDTH)
                    for i in range(group, min(group + GROUP, stop)):
                        rows = (a, i * HEIGHT * down + k * right, down, right)
                        tile = (result, i * HEIGHT * N + p * WIDTH, N)
                        if i == whole:
                            rows, tile = (ends, k, K, 1), (under, p * WIDTH, N)
                        before = tile if k else (start, p * WIDTH, 0)
                        product(rows, panel, terms, before, tile)


def tiles_numba(a: Array, b: Array, start: Array | None = None) -> Array:
    """Tiles of y that stay in registers: a number is fetched once for 6 or 16 uses."""
    (M, K), N = a.shape, b.shape[1]
    count, rest = -(-N // WIDTH), M % HEIGHT
    panels = np.empty((count, K, WIDTH), a.dtype)
    _pack(*as_steps(b), N, panels)
    y, first = np.empty((M, count * WIDTH), a.dtype), np.zeros(count * WIDTH, a.dtype)
    if start is not None:
        first[:N] = start
    tail, bottom = np.zeros((HEIGHT, K), a.dtype), np.empty((HEIGHT, count * WIDTH), a.dtype)
    tail[:rest] = a[M - rest :]
    _tiles(*as_steps(a), read_only(tail), panels, first, y, bottom)
    y[M - rest :] = bottom[:rest]
    return y if y.shape[1] == N else y[:, :N].copy()


def fastest_numba(a: Array, b: Array) -> Array:
    """Tiles for large products of two matrices in float32; BLAS for all others."""
    large = a.ndim == b.ndim == 2 and a.size * b.shape[1] >= SMALL
    return tiles_numba(a, b) if large and a.dtype == np.float32 else np.matmul(a, b)


loops = Kernel(numpy=matmul_numpy, numba=loops_numba)
tiles = Kernel(numpy=matmul_numpy, numba=tiles_numba)
matmul = Kernel(numpy=matmul_numpy, numba=fastest_numba)
