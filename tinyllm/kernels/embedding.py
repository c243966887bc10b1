"""The gradient of an embedding: add each row of `grad` to the row of the table it came from.

Reached from: ops/embedding.py. The forward is NumPy's weight[ids]: no kernel is faster.
"""

import numpy as np

from tinyllm.kernels.backend import Kernel
from tinyllm.kernels.jit import parallel_loop, prange
from tinyllm.kernels.rows import as_flat, as_rows
from tinyllm.types import Array

COLUMNS = 64  # how many columns of the table one thread takes at a time


def backward_numpy(ids: Array, grad: Array, vocabulary: int) -> Array:
    """Ids (R), grad (R, C) -> dweight (V, C)."""
    dweight = np.zeros((vocabulary, grad.shape[1]), grad.dtype)
    np.add.at(dweight, ids, grad)
    return dweight


@parallel_loop
def _backward(ids, grad, dweight):  # (R), (R, C), (V, C)
    columns = dweight.shape[1]
    for part in prange((columns + COLUMNS - 1) // COLUMNS):  # no two threads share a column
        start, stop = part * COLUMNS, min(columns, part * COLUMNS + COLUMNS)
        for r in range(ids.size):
            row, g = dweight[ids[r], start:stop], grad[r, start:stop]
            for c in range(g.size):
                row[c] += g[c]


def backward_numba(ids: Array, grad: Array, vocabulary: int) -> Array:
    dweight = np.zeros((vocabulary, grad.shape[1]), grad.dtype)
    _backward(as_flat(ids), as_rows(grad), dweight)
    return dweight


backward = Kernel(numpy=backward_numpy, numba=backward_numba)
