"""Two settings of the whole process, for threads and for memory. Who calls: kernels.jit, once,
before Numba is imported. What the user has set already stays.
"""

import ctypes
import os
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # from malloc.h of the GNU C library
MEBIBYTE = 2**20
WAITING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "3000"}  # GNU's OpenMP has the second


def settle() -> None:
    """Let waiting threads sleep, and let freed memory stay with us."""
    wait_asleep()
    keep_memory()


def wait_asleep() -> None:
    """Ask OpenMP's workers to sleep soon while they wait. No effect once OpenMP has started.

    NumPy's matrix products may run in BLAS's threads, our loops run in OpenMP's. After a loop,
    OpenMP's workers would spin for a while, waiting for the next; whoever computes in that time
    shares the cores with them: a training step of 30 ms became one of 285 ms. Asleep at once is
    not best either: to wake a worker takes longer than a small loop. So they look out for the
    next loop for some microseconds, and then sleep.
    """
    for name, value in WAITING.items():
        os.environ.setdefault(name, value)


def keep_memory() -> None:
    """Ask the C library to keep freed memory for the next array, where it can be asked.

    Without that, each large array is new memory from the system, and the first touch of each of
    its pages is an interruption: a tenth of a training step. The process stays as large as it
    once was.
    """
    if not sys.platform.startswith("linux") or "MALLOC_TRIM_THRESHOLD_" in os.environ:
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, 1024 * MEBIBYTE)
        mallopt(M_TRIM_THRESHOLD, 1024 * MEBIBYTE)
        mallopt(M_TOP_PAD, 16 * MEBIBYTE)
