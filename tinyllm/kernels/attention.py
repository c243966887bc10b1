"""Scaled dot-product attention, fused: the scores of one query at a time, never all of them.

Reached from: ops/attention.py. The definition in NumPy builds the whole (T, S) matrix of
scores; the loops keep a few rows of it, and backward computes these rows again. Source: Dao et
al. 2022, FlashAttention. Unlike there, forward leaves no logarithm of each row's sum: in float32
that number loses the digits in which large scores differ, and the weights with them.
"""

import math
from typing import Any

import numpy as np

from tinyllm.kernels import softmax
from tinyllm.kernels.backend import Kernel
from tinyllm.kernels.elementary import exp
from tinyllm.kernels.jit import loop, parallel_loop, prange
from tinyllm.kernels.rows import read_only
from tinyllm.kernels.tiles import ROWS, four_rows
from tinyllm.types import Array


def allowed(q: Array, k: Array, mask: Array | None, causal: bool) -> Array | None:
    """Which keys each query may attend to, (T, S) or (B, H, T, S); None where all may.

    Causal: the last query sees all keys, the one before it one less. So with a cache, where
    the queries are the last T of S positions, each still sees its own past.
    """
    if not causal:
        return mask
    T, S = q.shape[-2], k.shape[-2]
    past = np.tri(T, S, S - T, dtype=bool)
    return past if mask is None else mask & past


def scores_numpy(q: Array, k: Array, mask: Array | None, causal: bool) -> Array:
    scores = q @ k.swapaxes(-1, -2) * (1 / math.sqrt(q.shape[-1]))
    may = allowed(q, k, mask, causal)
    return scores if may is None else np.where(may, scores, -np.inf)


def forward_numpy(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> Array:
    """Q (B, H, T, D), k (B, H, S, D), v (B, H, S, D) -> (B, H, T, D)."""
    weights = softmax.forward_numpy(scores_numpy(q, k, mask, causal))  # (B, H, T, S)
    return weights @ v


def backward_numpy(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, out: Array, grad: Array
) -> tuple[Array, Array, Array]:
    """Return dq (B, H, T, D), dk (B, H, S, D), dv (B, H, S, D)."""
    weights = softmax.forward_numpy(scores_numpy(q, k, mask, causal))  # (B, H, T, S)
    dv = weights.swapaxes(-1, -2) @ grad
    dweights = grad @ v.swapaxes(-1, -2)
    dscores = weights * (dweights - (grad * out).sum(axis=-1, keepdims=True))
    dscores = dscores * (1 / math.sqrt(q.shape[-1]))
    return dscores @ k, dscores.swapaxes(-1, -2) @ q, dv


@loop
def _padded(x, order):
    """Copy x with rows of zeros below, so that every tile of four rows is full."""
    rows = np.empty((x.shape[0] + ROWS, x.shape[1]), order.dtype)
    for i in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            rows[i, j] = x[i, j] if i < x.shape[0] else order.dtype.type(0)
    return rows


@loop
def _columns(x):
    """Copy x transposed: a tile reads its right factor row by row."""
    columns = np.empty((x.shape[1], x.shape[0]), x.dtype)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            columns[j, i] = x[i, j]
    return columns


@loop
def _mask_row(scores, may, last):
    for s in range(last):
        if not may[s]:
            scores[s] = -np.inf


@loop
def _weigh(scores, last, seen, scale):
    """Turn one row of scores into shares that add up to 1, or into zeros where no key is left.

    Zeros from `last` (the keys this query may see) to `seen` (those its tile has computed).
    """
    zero, top = scores.dtype.type(0), scores.dtype.type(-np.inf)
    for s in range(last):
        scores[s] *= scale
        top = max(top, scores[s])
    if top == -np.inf:  # no key at all, or only NaN, which must stay NaN
        top = zero
    total = zero
    for s in range(last):
        e = exp(scores[s] - top)
        scores[s] = e
        total += e
    share = scores.dtype.type(1) / total if total != zero else zero
    for s in range(last):
        scores[s] *= share
    for s in range(last, seen):
        scores[s] = zero


@loop
def _forward_head(q, k, v, may, masked, causal, scale, out):
    """One head: q, out (T, D); k, v (S, D); may (T, S)."""
    T, D, S = q.shape[0], q.shape[1], k.shape[0]
    queries, keys = _padded(q, q), _columns(k)
    weights, mixed = np.zeros((ROWS, S), q.dtype), np.empty((ROWS, D), q.dtype)
    for first in range(0, T, ROWS):
        rows = min(ROWS, T - first)
        seen = max(0, min(S, S - T + first + rows)) if causal else S  # by the tile's last query
        four_rows(queries[first : first + ROWS], keys, weights, D, 0, seen)
        for i in range(rows):
            t = first + i
            last = max(0, min(S, S - T + t + 1)) if causal else S
            if masked:
                _mask_row(weights[i], may[t], last)
            _weigh(weights[i], last, seen, scale)
        four_rows(weights, v, mixed, seen, 0, D)
        for i in range(rows):
            for d in range(D):
                out[first + i, d] = mixed[i, d]


@parallel_loop
def _forward(q, k, v, mask, masked, causal, scale, out):
    for n in prange(q.shape[0]):  # every head of every sequence
        _forward_head(q[n], k[n], v[n], mask[n], masked, causal, scale, out[n])


@loop
def _score_gradients(w, dw, last, seen, scale, mean):
    """One row of weights w and of their gradients dw: dw becomes the gradients of the scores."""
    for s in range(last):
        dw[s] = w[s] * (dw[s] - mean) * scale
    for s in range(last, seen):
        dw[s] = w.dtype.type(0)


@loop
def _sum_over_queries(weights, rows, causal, out):
    """Out (S, D) = weights (S, T) @ rows (T, D): the gradients of the keys or the values."""
    S, D, T = out.shape[0], out.shape[1], weights.shape[1]
    result = np.empty((ROWS, D), out.dtype)
    for first in range(0, S, ROWS):
        start = min(T, max(0, first - (S - T))) if causal else 0  # earlier queries see none
        tile = weights[first : first + ROWS, start:]
        four_rows(tile, rows[start:], result, T - start, 0, D)
        for i in range(min(ROWS, S - first)):
            for d in range(D):
                out[first + i, d] = result[i, d]


@loop
def _backward_head(q, k, v, may, masked, causal, scale, out, grad, dq, dk, dv):
    """One head: the rows of weights again, then the gradients of q, k and v."""
    T, D, S = q.shape[0], q.shape[1], k.shape[0]
    queries, grads, keys, values = _padded(q, q), _padded(grad, q), _columns(k), _columns(v)
    w, dw = np.zeros((ROWS, S), q.dtype), np.zeros((ROWS, S), q.dtype)
    all_w, all_dw = np.zeros((S + ROWS, T), q.dtype), np.zeros((S + ROWS, T), q.dtype)
    result = np.empty((ROWS, D), q.dtype)
    for first in range(0, T, ROWS):
        rows = min(ROWS, T - first)
        seen = max(0, min(S, S - T + first + rows)) if causal else S
        four_rows(queries[first : first + ROWS], keys, w, D, 0, seen)
        four_rows(grads[first : first + ROWS], values, dw, D, 0, seen)
        for i in range(rows):
            t = first + i
            last = max(0, min(S, S - T + t + 1)) if causal else S
            mean = q.dtype.type(0)
            for d in range(D):
                mean += grad[t, d] * out[t, d]
            if masked:
                _mask_row(w[i], may[t], last)
            _weigh(w[i], last, seen, scale)
            _score_gradients(w[i], dw[i], last, seen, scale, mean)
            for s in range(last):
                all_w[s, t] = w[i, s]
                all_dw[s, t] = dw[i, s]
        four_rows(dw, k, result, seen, 0, D)
        for i in range(rows):
            for d in range(D):
                dq[first + i, d] = result[i, d]
    _sum_over_queries(all_w, grads, causal, dv)
    _sum_over_queries(all_dw, queries, causal, dk)


@parallel_loop
def _backward(q, k, v, mask, masked, causal, scale, out, grad, dq, dk, dv):
    for n in prange(q.shape[0]):
        given = (q[n], k[n], v[n], mask[n], masked, causal, scale, out[n], grad[n])
        _backward_head(*given, dq[n], dk[n], dv[n])


def _prepared(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool
) -> tuple[Array, Array, Array, Array, bool, bool, Any]:
    """Give every call the same types, so that the loops are compiled once for each dtype."""
    B, H, T, D = q.shape
    if mask is None:
        may = np.ones((B, H, 1, 1), bool)  # not read, only of the right type
    else:
        may = np.broadcast_to(mask, (B, H, T, k.shape[2]))
    options = (mask is not None, bool(causal), q.dtype.type(1 / math.sqrt(D)))
    return _heads(q), _heads(k), _heads(v), _heads(may), *options


def _heads(x: Array) -> Array:
    """(B, H, T, D) -> (B H, T, D), read-only and in order."""
    B, H, *rest = x.shape
    return read_only(np.ascontiguousarray(x).reshape(B * H, *rest))


def forward_numba(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> Array:
    prepared = _prepared(q, k, v, mask, causal)
    out = np.empty(prepared[0].shape, q.dtype)
    _forward(*prepared, out)
    return out.reshape(q.shape)


def backward_numba(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, out: Array, grad: Array
) -> tuple[Array, Array, Array]:
    prepared = _prepared(q, k, v, mask, causal)
    dq, dk, dv = (np.empty(x.shape, q.dtype) for x in prepared[:3])
    _backward(*prepared, _heads(out), _heads(grad), dq, dk, dv)
    return dq.reshape(q.shape), dk.reshape(k.shape), dv.reshape(v.shape)


forward = Kernel(numpy=forward_numpy, numba=forward_numba)
backward = Kernel(numpy=backward_numpy, numba=backward_numba)
