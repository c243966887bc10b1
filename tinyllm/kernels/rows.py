"""Bring arrays into the one form that loops are compiled for: contiguous, read-only, flat or rows.

One form, one compilation: Numba compiles a loop anew for each memory layout, and a read-only
array is another type to it than a writable one. Who calls: the other files of kernels/.
"""

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tinyllm.kernels.jit import loop
from tinyllm.types import Array, Shape

CHUNK = 8192  # elements one thread takes at a time: large against a thread's start, small for L1
PARTS = 8  # into how many sums of rows a reduction is cut: fixed, so that the rounding of the
#            result does not depend on how many threads there are


@loop
def add_up(parts, sums):
    """Sum parts (P, N) over P into sums (N)."""
    sums[:] = parts[0]
    for p in range(1, parts.shape[0]):
        for i in range(sums.size):
            sums[i] += parts[p, i]


def as_rows(x: Array) -> Array:
    """Return x (..., N) as a read-only matrix (R, N); a copy only where memory is not in order."""
    size = x.shape[-1]
    return read_only(np.ascontiguousarray(x).reshape(x.size // size if size else 0, size))


def as_flat(x: Array) -> Array:
    """Return all elements of x as a read-only vector."""
    return read_only(np.ascontiguousarray(x).reshape(-1))


def as_steps(x: Array) -> tuple[Array, Shape]:
    """Return the memory under x as a read-only vector, and how far each axis steps in it.

    So a transposed or cut-out array needs no copy: x[i, j] is flat[i * steps[0] + j * steps[1]].

    >>> flat, steps = as_steps(np.arange(6.0).reshape(2, 3).T)
    >>> flat.tolist(), steps
    ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], (1, 3))
    """
    for y, turned in ((x, False), (x.T, True)):
        if y.flags.c_contiguous:  # the usual cases, without the detour below
            steps = tuple(step // y.itemsize for step in y.strides)
            return read_only(y.reshape(-1)), steps[::-1] if turned else steps
    size = x.itemsize
    if x.size == 0 or any(step < 0 or step % size for step in x.strides):
        x = np.ascontiguousarray(x)
    steps = tuple(step // size for step in x.strides)
    last = sum((n - 1) * step for n, step in zip(x.shape, steps, strict=True)) if x.size else -1
    return as_strided(x, (last + 1,), (size,), writeable=False), steps


def aligned(shape: Shape, dtype: Any) -> Array:
    """Return a new array that begins where a register and a cache line begin: at 64 bytes.

    NumPy's begin at 16: then three of four loads of 64 bytes reach over two lines of the cache.
    """
    size = np.dtype(dtype).itemsize
    room = np.empty(math.prod(shape) + 64 // size, dtype)
    start = -room.__array_interface__["data"][0] % 64 // size
    return room[start : start + math.prod(shape)].reshape(shape)


def read_only(x: Array) -> Array:
    """Return a view of x that loops cannot write to."""
    view = x.view()
    view.flags.writeable = False
    return view
