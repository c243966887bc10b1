"""RMS norm over the last axis: y = x / sqrt(mean of x^2 + eps) * weight. Nothing is subtracted.

Reached from: ops/rms_norm.py.
"""

import numpy as np

from tinyllm.kernels.backend import Kernel
from tinyllm.kernels.jit import parallel_loop, prange
from tinyllm.kernels.rows import PARTS, add_up, as_flat, as_rows
from tinyllm.types import Array


def forward_numpy(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    """Return y (..., N) and, for backward, 1 / root mean square of each row."""
    inverse = 1 / np.sqrt((x * x).mean(axis=-1, keepdims=True) + x.dtype.type(eps))
    return x * inverse * weight, inverse[..., 0]


@parallel_loop
def _forward(x, weight, eps, y, inverse):  # x, y (R, N); weight (N); inverse (R)
    for r in prange(x.shape[0]):
        row, out = x[r], y[r]
        squares = x.dtype.type(0)
        for i in range(row.size):
            squares += row[i] * row[i]
        scale = x.dtype.type(1) / np.sqrt(squares / x.dtype.type(row.size) + x.dtype.type(eps))
        for i in range(row.size):
            out[i] = row[i] * scale * weight[i]
        inverse[r] = scale


def forward_numba(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    rows = as_rows(x)
    y, inverse = np.empty(rows.shape, x.dtype), np.empty(len(rows), x.dtype)
    _forward(rows, as_flat(weight), float(eps), y, inverse)
    return y.reshape(x.shape), inverse.reshape(x.shape[:-1])


def backward_numpy(x: Array, weight: Array, inverse: Array, grad: Array) -> tuple[Array, Array]:
    """Return dx (..., N), dweight (N)."""
    normal = x * inverse[..., None]
    g = grad * weight
    dx = inverse[..., None] * (g - normal * (g * normal).mean(axis=-1, keepdims=True))
    return dx, (grad * normal).sum(axis=tuple(range(x.ndim - 1)))


@parallel_loop
def _backward(x, weight, inverse, grad, dx, parts, dweight):  # parts (PARTS, N)
    zero, size = x.dtype.type(0), x.dtype.type(x.shape[1])
    for part in prange(PARTS):
        dw = parts[part]
        dw[:] = zero
        for r in range(x.shape[0] * part // PARTS, x.shape[0] * (part + 1) // PARTS):
            row, g, out = x[r], grad[r], dx[r]
            scale = inverse[r]
            along = zero
            for i in range(row.size):
                along += g[i] * weight[i] * row[i] * scale
                dw[i] += g[i] * row[i] * scale
            along = along / size
            for i in range(row.size):
                out[i] = scale * (g[i] * weight[i] - row[i] * scale * along)
    add_up(parts, dweight)


def backward_numba(x: Array, weight: Array, inverse: Array, grad: Array) -> tuple[Array, Array]:
    rows = as_rows(x)
    dx = np.empty(rows.shape, x.dtype)
    dweight, parts = np.empty_like(weight), np.empty((PARTS, weight.size), x.dtype)
    _backward(rows, as_flat(weight), as_flat(inverse), as_rows(grad), dx, parts, dweight)
    return dx.reshape(x.shape), dweight


forward = Kernel(numpy=forward_numpy, numba=forward_numba)
backward = Kernel(numpy=backward_numpy, numba=backward_numba)
