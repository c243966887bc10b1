"""Softmax and log-softmax over the last axis.

Reached from: ops/softmax.py. Tested by: tests/kernels, tests/ops/test_softmax.py.
"""

import numpy as np

from tinyllm.kernels.backend import Kernel
from tinyllm.kernels.elementary import exp, largest
from tinyllm.kernels.jit import parallel_loop, prange
from tinyllm.kernels.rows import as_rows
from tinyllm.types import Array


def finite_maximum(x: Array) -> Array:
    """Largest element of each row; 0 for a row of only -inf, so that x - max is not NaN."""
    top = x.max(axis=-1, keepdims=True, initial=-np.inf)
    return np.where(top == -np.inf, 0, top)


# -------------------------------------------------------------------- p_i = e^x_i / sum_j e^x_j
def forward_numpy(x: Array) -> Array:
    e = np.exp(x - finite_maximum(x))
    total = e.sum(axis=-1, keepdims=True)
    return e / np.where(total == 0, 1, total)  # a row of only -inf has no weight: zeros


@parallel_loop
def _forward(x, p):  # (R, N), (R, N)
    for r in prange(x.shape[0]):
        scores, out = x[r], p[r]
        top = largest(scores)
        if top == -np.inf:
            top = x.dtype.type(0)
        total = x.dtype.type(0)
        for i in range(scores.size):
            e = exp(scores[i] - top)
            out[i] = e
            total += e
        scale = x.dtype.type(1) / total if total > 0 else total
        for i in range(scores.size):
            out[i] *= scale


def forward_numba(x: Array) -> Array:
    rows = as_rows(x)
    p = np.empty(rows.shape, x.dtype)
    _forward(rows, p)
    return p.reshape(x.shape)


def backward_numpy(p: Array, grad: Array) -> Array:
    return p * (grad - (grad * p).sum(axis=-1, keepdims=True))


@parallel_loop
def _backward(p, grad, dx):  # (R, N) each
    for r in prange(p.shape[0]):
        share, g, out = p[r], grad[r], dx[r]
        mean = share.dtype.type(0)
        for i in range(share.size):
            mean += share[i] * g[i]
        for i in range(share.size):
            out[i] = share[i] * (g[i] - mean)


def backward_numba(p: Array, grad: Array) -> Array:
    rows = as_rows(p)
    dx = np.empty(rows.shape, p.dtype)
    _backward(rows, as_rows(grad), dx)
    return dx.reshape(p.shape)


forward = Kernel(numpy=forward_numpy, numba=forward_numba)
backward = Kernel(numpy=backward_numpy, numba=backward_numba)


# -------------------------------------------------------------------- the same, part by part
def online_step(top: Array, total: Array, scores: Array) -> tuple[Array, Array]:
    """Take in one more part of each row: the new maximum and the new sum_j e^(x_j - maximum).

    What was summed so far was summed for the old maximum; one factor brings it to the new one. So
    a row needs to be read only once, and need not fit into the memory. Before the first part, top
    is -inf and total is 0; so it stays for a row of only -inf.

    Shapes:  top (R), total (R), scores (R, N) -> top (R), total (R)
    Source:  Milakov and Gimelshein 2018, Online normalizer calculation for softmax, algorithm 3

    >>> top, total = online_step(np.array([0.0]), np.array([1.0]), np.array([[0.0, 0.0]]))
    >>> top.tolist(), total.tolist()
    ([0.0], [3.0])
    """
    higher = np.maximum(top, scores.max(axis=-1, initial=-np.inf))
    shift = np.where(higher == -np.inf, 0, higher)  # (R)
    return higher, total * np.exp(top - shift) + np.exp(scores - shift[:, None]).sum(axis=-1)


def online_softmax(x: Array, width: int) -> Array:
    """Softmax of rows (R, N) that are read `width` numbers at a time.

    >>> online_softmax(np.array([[0.0, 0.0, 0.0, 0.0]]), width=3).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """
    top, total = np.full(len(x), -np.inf, x.dtype), np.zeros(len(x), x.dtype)
    for start in range(0, x.shape[1], width):
        top, total = online_step(top, total, x[:, start : start + width])
    shift, scale = np.where(top == -np.inf, 0, top), np.where(total == 0, 1, total)
    return np.exp(x - shift[:, None]) / scale[:, None]


# -------------------------------------------------------------------- y_i = x_i - log sum_j e^x_j
def log_forward_numpy(x: Array) -> Array:
    shifted = x - finite_maximum(x)
    total = np.exp(shifted).sum(axis=-1, keepdims=True)
    return shifted - np.log(np.where(total == 0, 1, total))  # a row of only -inf: log 0 = -inf


@parallel_loop
def _log_forward(x, y):  # (R, N), (R, N)
    for r in prange(x.shape[0]):
        scores, out = x[r], y[r]
        top = largest(scores)
        if top == -np.inf:
            top = x.dtype.type(0)
        total = x.dtype.type(0)
        for i in range(scores.size):
            out[i] = scores[i] - top
            total += exp(out[i])
        log_total = np.log(total) if total != 0 else total
        for i in range(scores.size):
            out[i] -= log_total  # not x - (top + log): where top is large, it swallows log


def log_forward_numba(x: Array) -> Array:
    rows = as_rows(x)
    y = np.empty(rows.shape, x.dtype)
    _log_forward(rows, y)
    return y.reshape(x.shape)


def log_backward_numpy(y: Array, grad: Array) -> Array:
    return grad - np.exp(y) * grad.sum(axis=-1, keepdims=True)


@parallel_loop
def _log_backward(y, grad, dx):  # (R, N) each
    for r in prange(y.shape[0]):
        logs, g, out = y[r], grad[r], dx[r]
        total = logs.dtype.type(0)
        for i in range(g.size):
            total += g[i]
        for i in range(g.size):
            out[i] = g[i] - exp(logs[i]) * total


def log_backward_numba(y: Array, grad: Array) -> Array:
    rows = as_rows(y)
    dx = np.empty(rows.shape, y.dtype)
    _log_backward(rows, as_rows(grad), dx)
    return dx.reshape(y.shape)


log_forward = Kernel(numpy=log_forward_numpy, numba=log_forward_numba)
log_backward = Kernel(numpy=log_backward_numpy, numba=log_backward_numba)
