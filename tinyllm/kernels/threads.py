"""One policy for threads: who calls: kernels.jit, before Numba is imported.

NumPy's matrix products run in OpenBLAS's threads, our loops in OpenMP's. After a loop, OpenMP's
workers spin for a while, waiting for the next; if a matrix product starts in that time, its
threads and the spinning ones share the cores: a training step of 30 ms became one of 285 ms.
Waiting passively costs a few microseconds a loop and ends the fight.
"""

import os


def set_policy() -> None:
    """Ask OpenMP's workers to sleep while they wait. Has no effect once OpenMP has started."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
