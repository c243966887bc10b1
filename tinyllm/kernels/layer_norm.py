"""Layer norm over the last axis: y = (x - mean) / sqrt(variance + eps) * weight + bias.

Reached from: ops/layer_norm.py. Leaves out: RMS norm (kernels/rms_norm.py).
"""

import numpy as np

from tinyllm.kernels.backend import Kernel
from tinyllm.kernels.jit import parallel_loop, prange
from tinyllm.kernels.rows import PARTS, add_up, as_flat, as_rows
from tinyllm.types import Array


def forward_numpy(x: Array, weight: Array, bias: Array, eps: float) -> tuple[Array, Array, Array]:
    """Return y (..., C) and what backward needs of each row: its mean, 1 / its deviation."""
    mean = x.mean(axis=-1, keepdims=True)
    inverse = 1 / np.sqrt(x.var(axis=-1, keepdims=True) + x.dtype.type(eps))
    y = (x - mean) * inverse * weight + bias
    return y, mean[..., 0], inverse[..., 0]


@parallel_loop
def _forward(x, weight, bias, eps, y, mean, inverse):  # x, y (R, C); weight, bias (C); rest (R)
    zero, size = x.dtype.type(0), x.dtype.type(x.shape[1])
    for r in prange(x.shape[0]):
        row, out = x[r], y[r]
        total = zero
        for i in range(row.size):
            total += row[i]
        centre = total / size
        squares = zero
        for i in range(row.size):
            squares += (row[i] - centre) * (row[i] - centre)
        scale = x.dtype.type(1) / np.sqrt(squares / size + x.dtype.type(eps))
        for i in range(row.size):
            out[i] = (row[i] - centre) * scale * weight[i] + bias[i]
        mean[r], inverse[r] = centre, scale


def forward_numba(x: Array, weight: Array, bias: Array, eps: float) -> tuple[Array, Array, Array]:
    rows = as_rows(x)
    y = np.empty(rows.shape, x.dtype)
    mean, inverse = np.empty(len(rows), x.dtype), np.empty(len(rows), x.dtype)
    _forward(rows, as_flat(weight), as_flat(bias), float(eps), y, mean, inverse)
    return y.reshape(x.shape), mean.reshape(x.shape[:-1]), inverse.reshape(x.shape[:-1])


def backward_numpy(
    x: Array, weight: Array, mean: Array, inverse: Array, grad: Array
) -> tuple[Array, Array, Array]:
    """Return dx (..., C), dweight (C), dbias (C)."""
    normal = (x - mean[..., None]) * inverse[..., None]
    rows = tuple(range(x.ndim - 1))
    g = grad * weight
    along = (g * normal).mean(axis=-1, keepdims=True)
    dx = inverse[..., None] * (g - g.mean(axis=-1, keepdims=True) - normal * along)
    return dx, (grad * normal).sum(axis=rows), grad.sum(axis=rows)


@parallel_loop
def _backward(x, weight, mean, inverse, grad, dx, parts, dweight, dbias):  # parts (2, PARTS, C)
    zero, size = x.dtype.type(0), x.dtype.type(x.shape[1])
    for part in prange(PARTS):
        dw, db = parts[0, part], parts[1, part]
        dw[:] = zero
        db[:] = zero
        for r in range(x.shape[0] * part // PARTS, x.shape[0] * (part + 1) // PARTS):
            row, g, out = x[r], grad[r], dx[r]
            centre, scale = mean[r], inverse[r]
            straight, along = zero, zero
            for i in range(row.size):
                normal = (row[i] - centre) * scale
                straight += g[i] * weight[i]
                along += g[i] * weight[i] * normal
                dw[i] += g[i] * normal
                db[i] += g[i]
            straight, along = straight / size, along / size
            for i in range(row.size):
                normal = (row[i] - centre) * scale
                out[i] = scale * (g[i] * weight[i] - straight - normal * along)
    add_up(parts[0], dweight)
    add_up(parts[1], dbias)


def backward_numba(
    x: Array, weight: Array, mean: Array, inverse: Array, grad: Array
) -> tuple[Array, Array, Array]:
    rows = as_rows(x)
    dx = np.empty(rows.shape, x.dtype)
    dweight, dbias = np.empty_like(weight), np.empty_like(weight)
    parts = np.empty((2, PARTS, weight.size), x.dtype)
    given = (rows, as_flat(weight), as_flat(mean), as_flat(inverse), as_rows(grad))
    _backward(*given, dx, parts, dweight, dbias)
    return dx.reshape(x.shape), dweight, dbias


forward = Kernel(numpy=forward_numpy, numba=forward_numba)
backward = Kernel(numpy=backward_numpy, numba=backward_numba)
