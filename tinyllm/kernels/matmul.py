"""y = a @ b in three speeds; `matmul` is the one that measures fastest."""

import numpy as np

from tinyllm.kernels.backend import Kernel
from tinyllm.types import Array


def matmul_numpy(a: Array, b: Array) -> Array:
    """BLAS, through NumPy."""
    return np.matmul(a, b)


matmul = Kernel(numpy=matmul_numpy, numba=matmul_numpy)
