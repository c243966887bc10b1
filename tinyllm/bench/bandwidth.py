"""How fast this machine reads memory: what bounds a model whose weights fit into no cache."""

from __future__ import annotations

import time

import numpy as np

from tinyllm.kernels.jit import parallel_loop, prange

GIBIBYTE = 2**30
PIECE = 2**16  # float32 numbers in a round of the loop: 256 KiB


@parallel_loop
def _sum(x, piece):
    """Sum x (N) in rounds of `piece`, shared among all threads; a rest at the end is left out."""
    total = np.float32(0)
    for i in prange(x.size // piece):
        part = x[i * piece : (i + 1) * piece]
        of_part = np.float32(0)
        for n in range(piece):
            of_part += part[n]
        total += of_part
    return total


def read_bandwidth(size: int = GIBIBYTE, times: int = 5) -> float:
    """Return the bytes a second of summing `size` bytes of float32 in all threads, best of some."""
    x = np.ones(size // 4, np.float32)
    _sum(x[:PIECE], PIECE)  # compiles
    took = []
    for _ in range(times):
        start = time.perf_counter()
        _sum(x, PIECE)
        took.append(time.perf_counter() - start)
    return x.nbytes / min(took)
