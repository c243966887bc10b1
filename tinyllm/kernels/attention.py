"""Scaled dot-product attention, fused: head by head, and nothing of size (T, S) is kept.

Reached from: ops/attention.py. The definition in NumPy builds the scores of all heads at once.
The loops take six queries at a time; backward computes the weights of a head again. Source: Dao
et al. 2022, FlashAttention. Unlike there, forward leaves no logarithm of each row's sum: in
float32 that number loses the digits in which large scores differ, and the weights with them.
"""

import math
from typing import Any

import numpy as np

from tinyllm.kernels import softmax
from tinyllm.kernels.backend import Kernel
from tinyllm.kernels.elementary import exp, largest
from tinyllm.kernels.jit import loop, parallel_loop, prange
from tinyllm.kernels.rows import as_steps, read_only
from tinyllm.kernels.tiles import HEIGHT, WIDTH, product
from tinyllm.types import Array, Shape


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
def _room(columns):
    """How wide a row must be, so that tiles that begin in it may run over its end."""
    return (columns + WIDTH - 1) // WIDTH * WIDTH


@loop
def _copied(x, at, down, right, rows, columns, scale):
    """Copy rows of one head, times scale, with zeros around them; return them and their width."""
    width = _room(columns)
    flat = np.empty((rows + HEIGHT) * width, x.dtype)
    flat[rows * width :] = x.dtype.type(0)
    for i in range(rows):
        row, start = flat[i * width : i * width + columns], at + i * down
        for j in range(columns, width):
            flat[i * width + j] = x.dtype.type(0)
        if right == 1:
            given = x[start : start + columns]
            for j in range(columns):
                row[j] = given[j] * scale
        else:
            for j in range(columns):
                row[j] = x[start + j * right] * scale
    return flat, width


@loop
def _six_rows(a, b, terms, columns, zeros, y):
    """y[:6, :columns] = a[:6, :terms] @ b[:terms, :columns], given as `product` takes them."""
    for j in range(0, columns, WIDTH):
        product(a, (b[0], b[1] + j, b[2]), terms, zeros, (y[0], y[1] + j, y[2]))


@loop
def _put(tile, width, out, b, first, h, scale):
    """Put the rows of a tile, times scale, where those of one head from `first` on belong."""
    for t in range(first, min(out.shape[1], first + HEIGHT)):
        row, given = out[b, t, h], tile[(t - first) * width : (t - first + 1) * width]
        for d in range(row.size):
            row[d] = given[d] * scale


@loop
def _keys_seen(t, T, S, causal):
    """How many keys query t may see, masks aside: the last query sees all."""
    return max(0, min(S, S - T + t + 1)) if causal else S


@loop
def _weigh(scores, may, at, right, last):
    """Turn one row of scores into shares that add up to 1, or into zeros where no key is left.

    may: where a mask is given, which keys count, from `at` on; else empty. Zeros from `last` on.
    """
    zero = scores.dtype.type(0)
    if may.size:
        for s in range(last):
            if not may[at + s * right]:
                scores[s] = -np.inf
    top = largest(scores[:last])
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
    for s in range(last, scores.size):
        scores[s] = zero


@parallel_loop
def _forward(q, q_steps, k, k_steps, v, v_steps, may, may_steps, S, causal, scale, out):
    B, T, H, D = out.shape
    one = q.dtype.type(1)
    for n in prange(B * H):
        b, h = n // H, n % H
        zeros = (np.zeros(WIDTH, q.dtype), 0, 0)
        at = b * q_steps[0] + h * q_steps[1]
        queries, C = _copied(q, at, q_steps[2], q_steps[3], T, D, scale)
        at = b * k_steps[0] + h * k_steps[1]
        turned, W = _copied(k, at, k_steps[3], k_steps[2], D, S, one)  # a key in each column
        at = b * v_steps[0] + h * v_steps[1]
        values, C = _copied(v, at, v_steps[2], v_steps[3], S, D, one)
        weights, mixed = np.zeros(HEIGHT * W, q.dtype), np.zeros(HEIGHT * C, q.dtype)
        for first in range(0, T, HEIGHT):
            seen = _keys_seen(min(T, first + HEIGHT) - 1, T, S, causal)
            _six_rows((queries, first * C, C, 1), (turned, 0, W), D, seen, zeros, (weights, 0, W))
            for t in range(first, min(T, first + HEIGHT)):
                row = weights[(t - first) * W : (t - first + 1) * W]
                at = b * may_steps[0] + h * may_steps[1] + t * may_steps[2]
                _weigh(row, may, at, may_steps[3], _keys_seen(t, T, S, causal))
            _six_rows((weights, 0, W, 1), (values, 0, C), seen, D, zeros, (mixed, 0, C))
            _put(mixed, C, out, b, first, h, one)


@loop
def _score_gradients(w, dw, last, mean):
    """One row of weights w and of their gradients dw: dw becomes the gradients of the scores."""
    for s in range(last):
        dw[s] = w[s] * (dw[s] - mean)
    for s in range(last, w.size):
        dw[s] = w.dtype.type(0)


@parallel_loop
def _backward(
    q, q_steps, k, k_steps, v, v_steps, may, may_steps, S, causal, scale, out, grad, dq, dk, dv
):  # fmt: skip
    B, T, H, D = out.shape
    one = q.dtype.type(1)
    for n in prange(B * H):
        b, h = n // H, n % H
        zeros = (np.zeros(WIDTH, q.dtype), 0, 0)
        at = b * q_steps[0] + h * q_steps[1]
        queries, C = _copied(q, at, q_steps[2], q_steps[3], T, D, scale)
        at = b * k_steps[0] + h * k_steps[1]
        keys, C = _copied(k, at, k_steps[2], k_steps[3], S, D, one)
        turned, N = _copied(k, at, k_steps[3], k_steps[2], D, S, one)
        at = b * v_steps[0] + h * v_steps[1]
        turned_values, N = _copied(v, at, v_steps[3], v_steps[2], D, S, one)
        grads, C = _copied(grad.reshape(-1), (b * T * H + h) * D, H * D, 1, T, D, one)
        W = _room(S + HEIGHT)  # tiles of their columns, turned, run over the end
        w, dw = np.zeros((T + HEIGHT) * W, q.dtype), np.zeros((T + HEIGHT) * W, q.dtype)
        result = np.zeros(HEIGHT * C, q.dtype)
        for first in range(0, T, HEIGHT):
            seen = _keys_seen(min(T, first + HEIGHT) - 1, T, S, causal)
            at = first * W
            _six_rows((queries, first * C, C, 1), (turned, 0, N), D, seen, zeros, (w, at, W))
            _six_rows((grads, first * C, C, 1), (turned_values, 0, N), D, seen, zeros, (dw, at, W))
            for t in range(first, min(T, first + HEIGHT)):
                mean = q.dtype.type(0)
                for d in range(D):
                    mean += grad[b, t, h, d] * out[b, t, h, d]
                row, last = w[t * W : t * W + W], _keys_seen(t, T, S, causal)
                place = b * may_steps[0] + h * may_steps[1] + t * may_steps[2]
                _weigh(row, may, place, may_steps[3], last)
                _score_gradients(row, dw[t * W : t * W + W], last, mean)
            _six_rows((dw, at, W, 1), (keys, 0, C), seen, D, zeros, (result, 0, C))
            _put(result, C, dq, b, first, h, scale)
        for first in range(0, S, HEIGHT):
            start = min(T, max(0, first - (S - T))) if causal else 0  # earlier queries see none
            at = start * W + first
            _six_rows((w, at, 1, W), (grads, start * C, C), T - start, D, zeros, (result, 0, C))
            _put(result, C, dv, b, first, h, one)
            _six_rows((dw, at, 1, W), (queries, start * C, C), T - start, D, zeros, (result, 0, C))
            _put(result, C, dk, b, first, h, one)


def _prepared(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> tuple[Any, ...]:
    """Give every call the same types, so that the loops are compiled once for each dtype."""
    B, H, T, D = q.shape
    S = k.shape[2]
    may, steps = np.empty(0, bool), (0, 0, 0, 0)
    if mask is not None and B * H * T * S:
        may, steps = as_steps(np.broadcast_to(mask, (B, H, T, S)))
    given = (*as_steps(q), *as_steps(k), *as_steps(v), read_only(may), steps)
    return *given, S, bool(causal), q.dtype.type(1 / math.sqrt(D))


def _by_position(x: Array) -> Array:
    """(B, H, T, D) -> (B, T, H, D), in order; so the heads of a position lie side by side."""
    return read_only(np.ascontiguousarray(x.swapaxes(1, 2)))


def _empty(shape: Shape, dtype: Any) -> Array:
    """Return a new (B, T, H, D) for what is (B, H, T, D) to the caller."""
    B, H, T, D = shape
    return np.empty((B, T, H, D), dtype)


def forward_numba(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> Array:
    out = _empty(q.shape, q.dtype)
    _forward(*_prepared(q, k, v, mask, causal), out)
    return out.swapaxes(1, 2)


def backward_numba(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, out: Array, grad: Array
) -> tuple[Array, Array, Array]:
    dq, dk, dv = (_empty(x.shape, q.dtype) for x in (q, k, v))
    given = (*_prepared(q, k, v, mask, causal), _by_position(out), _by_position(grad))
    _backward(*given, dq, dk, dv)
    return dq.swapaxes(1, 2), dk.swapaxes(1, 2), dv.swapaxes(1, 2)


forward = Kernel(numpy=forward_numpy, numba=forward_numba)
backward = Kernel(numpy=backward_numpy, numba=backward_numba)
