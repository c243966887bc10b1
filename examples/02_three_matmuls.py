"""One product, three speeds: the loops of the definition, the same loops in tiles, and BLAS.

All three do the same 2 M K N additions and multiplications. What differs is how often a number
travels between the memory and the processor. See tinyllm/kernels/matmul.py.
"""

import time

import numpy as np

from tinyllm.kernels import matmul

METHODS = {
    "loops": matmul.loops.numba,
    "tiles": matmul.tiles.numba,
    "BLAS": matmul.matmul.numpy,
}
SHAPES = {  # M, K, N: the products of a small GPT, 12 windows of 64 characters
    "to queries, keys, values": (768, 128, 384),
    "up to the hidden layer": (768, 128, 512),
    "down again": (768, 512, 128),
}


def best_seconds(function, *arrays, times=5):
    """The fastest of several calls: the one that was disturbed least."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        function(*arrays)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


rng = np.random.default_rng(0)
print(f"{'billions of operations a second':<34}", *(f"{name:>7}" for name in METHODS))
for about, (M, K, N) in SHAPES.items():
    a = rng.standard_normal((M, K), dtype=np.float32)
    b = rng.standard_normal((K, N), dtype=np.float32)
    for method in METHODS.values():
        np.testing.assert_allclose(method(a, b), a @ b, atol=1e-3)  # and compiles it
    speeds = [2 * M * K * N / best_seconds(method, a, b) / 1e9 for method in METHODS.values()]
    print(f"{about:<34}", *(f"{speed:>7.0f}" for speed in speeds))
print("Alone, BLAS is ahead by a tenth. In training it is not: its threads and those of our loops")
print("stand in each other's way. So tinyllm uses the tiles for large products in float32.")
