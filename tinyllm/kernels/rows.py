"""Bring arrays into the one form that loops are compiled for: contiguous, read-only, flat or rows.

One form, one compilation: Numba compiles a loop anew for each memory layout, and a read-only
array is another type to it than a writable one. Who calls: the other files of kernels/.
"""

import numpy as np

from tinyllm.types import Array

CHUNK = 8192  # elements one thread takes at a time: large against a thread's start, small for L1
PARTS = 8  # into how many sums of rows a reduction is cut: fixed, so that the rounding of the
#            result does not depend on how many threads there are


def as_rows(x: Array) -> Array:
    """Return x (..., N) as a read-only matrix (R, N); a copy only where memory is not in order."""
    size = x.shape[-1]
    return read_only(np.ascontiguousarray(x).reshape(x.size // size if size else 0, size))


def as_flat(x: Array) -> Array:
    """Return all elements of x as a read-only vector."""
    return read_only(np.ascontiguousarray(x).reshape(-1))


def read_only(x: Array) -> Array:
    """Return a view of x that loops cannot write to."""
    view = x.view()
    view.flags.writeable = False
    return view
