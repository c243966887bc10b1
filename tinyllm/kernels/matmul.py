"""y = a @ b in three speeds: the three loops of the definition, the same in tiles, and BLAS.

Reached from: autograd/matmul.py, ops/matmul.py. `matmul` is the one that measures fastest;
examples/02_three_matmuls.py measures all three.
"""

import numpy as np

from tinyllm.kernels.backend import Kernel
from tinyllm.kernels.jit import parallel_loop, prange
from tinyllm.kernels.rows import as_rows
from tinyllm.kernels.tiles import ROWS, four_rows
from tinyllm.types import Array

STRIP = 256  # columns of b at a time: four rows of b and four of y stay in the fastest cache


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


@parallel_loop
def _tiles(a, b, y):  # (M, K), (K, N), (M, N)
    M, K, N = a.shape[0], a.shape[1], b.shape[1]
    for tile in prange((M + ROWS - 1) // ROWS):
        first = tile * ROWS
        rows = min(ROWS, M - first)
        left = a[first : first + ROWS]
        if rows < ROWS:  # the last tile: fill it up with zeros
            left = np.zeros((ROWS, K), y.dtype)
            left[:rows] = a[first:]
        result = np.empty((ROWS, min(N, STRIP)), y.dtype)
        for start in range(0, N, STRIP):
            stop = min(N, start + STRIP)
            four_rows(left, b, result, K, start, stop)
            y[first : first + rows, start:stop] = result[:rows, : stop - start]


def tiles_numba(a: Array, b: Array) -> Array:
    """Four rows of a at a time: what is fetched from b serves four times, and in order."""
    y = np.empty((a.shape[0], b.shape[1]), a.dtype)
    _tiles(as_rows(a), as_rows(b), y)
    return y


loops = Kernel(numpy=matmul_numpy, numba=loops_numba)
tiles = Kernel(numpy=matmul_numpy, numba=tiles_numba)
matmul = Kernel(numpy=matmul_numpy, numba=matmul_numpy)
