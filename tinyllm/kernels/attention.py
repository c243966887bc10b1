"""Scaled dot-product attention, fused: head by head, and nothing of size (T, S) is kept.

Reached from: ops/attention.py. The definition in NumPy builds the scores of all heads at once.
The loops, whose parts are in head.py, take six queries at a time; backward computes the weights of
a head again. Source: Dao et al. 2022, FlashAttention. Unlike there, forward leaves no logarithm of
each row's sum: in float32 that number loses the digits in which large scores differ, and the
weights with them.
"""

import math
from typing import Any

import numpy as np

from tinyllm.kernels import softmax
from tinyllm.kernels.backend import Kernel
from tinyllm.kernels.head import copied, put, room, score_gradients, six_rows, turned, weigh
from tinyllm.kernels.jit import loop, parallel_loop, prange
from tinyllm.kernels.rows import as_steps, read_only
from tinyllm.kernels.tiles import HEIGHT, WIDTH
from tinyllm.types import Array, Shape


def scaled_scores(q: Array, k: Array) -> Array:
    """Say how well each query matches each key: their product, over the square root of D.

    Shapes:  q (B, H, T, D), k (B, H, S, D) -> (B, H, T, S)
    Source:  Vaswani et al. 2017, Attention Is All You Need, section 3.2.1

    >>> scaled_scores(np.ones((1, 1, 1, 4)), np.ones((1, 1, 2, 4))).tolist()
    [[[[2.0, 2.0]]]]
    """
    return q @ k.swapaxes(-1, -2) * (1 / math.sqrt(q.shape[-1]))


def causal_mask(T: int, S: int) -> Array:
    """Say which of S keys each of T queries may attend to, if none looks ahead.

    The last query sees all keys, the one before it one less. So with a cache, where the queries
    are the last T of S positions, each still sees its own past.

    Shapes:  -> (T, S) of bool, True = may attend

    >>> causal_mask(2, 3).astype(int).tolist()
    [[1, 1, 0], [1, 1, 1]]
    """
    return np.tri(T, S, S - T, dtype=bool)


def masked(scores: Array, may: Array | None) -> Array:
    """Give -inf as score to each key that a query may not attend to: softmax makes 0 of it.

    Shapes:  scores (B, H, T, S), may broadcasts to it, True = may attend; None: all may

    >>> masked(np.array([[[[2.0, 1.0]]]]), np.array([True, False])).tolist()
    [[[[2.0, -inf]]]]
    """
    return scores if may is None else np.where(may, scores, -np.inf)


def allowed(q: Array, k: Array, mask: Array | None, causal: bool) -> Array | None:
    """Which keys each query may attend to, (T, S) or (B, H, T, S); None where all may."""
    if not causal:
        return mask
    past = causal_mask(q.shape[-2], k.shape[-2])
    return past if mask is None else mask & past


def scores_numpy(q: Array, k: Array, mask: Array | None, causal: bool) -> Array:
    """Score each query with each key: -inf where it may not look."""
    return masked(scaled_scores(q, k), allowed(q, k, mask, causal))


def forward_numpy(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> Array:
    """Q (B, H, T, D), k (B, H, S, D), v (B, H, S, D) -> (B, H, T, D)."""
    weights = softmax.forward_numpy(scores_numpy(q, k, mask, causal))  # (B, H, T, S)
    return weights @ v


def backward_numpy(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, grad: Array
) -> tuple[Array, Array, Array]:
    """Return dq (B, H, T, D), dk (B, H, S, D), dv (B, H, S, D)."""
    weights = softmax.forward_numpy(scores_numpy(q, k, mask, causal))  # (B, H, T, S)
    dv = weights.swapaxes(-1, -2) @ grad
    dweights = grad @ v.swapaxes(-1, -2)
    dscores = weights * (dweights - (dweights * weights).sum(axis=-1, keepdims=True))
    dscores = dscores * (1 / math.sqrt(q.shape[-1]))
    return dscores @ k, dscores.swapaxes(-1, -2) @ q, dv


@loop
def _keys_seen(t, T, S, causal):
    """How many keys query t may see, masks aside: the last query sees all."""
    return max(0, min(S, S - T + t + 1)) if causal else S


@parallel_loop
def _forward(q, q_steps, k, k_steps, v, v_steps, may, may_steps, S, causal, scale, out):
    B, T, H, D = out.shape
    one = q.dtype.type(1)
    for n in prange(B * H):
        b, h = n // H, n % H
        zeros = (np.zeros(WIDTH, q.dtype), 0, 0)
        at = b * q_steps[0] + h * q_steps[1]
        queries, C = copied(q, at, q_steps[2], q_steps[3], T, D, scale)
        at = b * k_steps[0] + h * k_steps[1]
        turned_keys, W = turned(k, at, k_steps[3], k_steps[2], D, S)  # a key in each column
        at = b * v_steps[0] + h * v_steps[1]
        values, C = copied(v, at, v_steps[2], v_steps[3], S, D, one)
        weights, mixed = np.empty(HEIGHT * W, q.dtype), np.empty(HEIGHT * C, q.dtype)
        for start in range(0, T, HEIGHT):
            seen = _keys_seen(min(T, start + HEIGHT) - 1, T, S, causal)
            six_rows(
                (queries, start * C, C, 1), (turned_keys, 0, W), D, seen, zeros, (weights, 0, W)
            )
            for t in range(start, min(T, start + HEIGHT)):
                place = b * may_steps[0] + h * may_steps[1] + t * may_steps[2]
                last, row = _keys_seen(t, T, S, causal), (t - start) * W
                weigh(weights, row, last, room(seen), may, place, may_steps[3])
            six_rows((weights, 0, W, 1), (values, 0, C), seen, D, zeros, (mixed, 0, C))
            put(mixed, C, out, b, start, h, one)


@parallel_loop
def _backward(
    q, q_steps, k, k_steps, v, v_steps, may, may_steps, S, causal, scale, grad, dq, dk, dv
):  # fmt: skip
    B, T, H, D = grad.shape
    one = q.dtype.type(1)
    for n in prange(B * H):
        b, h = n // H, n % H
        zeros = (np.zeros(WIDTH, q.dtype), 0, 0)
        at = b * q_steps[0] + h * q_steps[1]
        queries, C = copied(q, at, q_steps[2], q_steps[3], T, D, scale)
        at = b * k_steps[0] + h * k_steps[1]
        keys, C = copied(k, at, k_steps[2], k_steps[3], S, D, one)
        turned_keys, N = turned(k, at, k_steps[3], k_steps[2], D, S)
        at = b * v_steps[0] + h * v_steps[1]
        turned_values, N = turned(v, at, v_steps[3], v_steps[2], D, S)
        grads, C = copied(grad.reshape(-1), (b * T * H + h) * D, H * D, 1, T, D, one)
        W = room(S + HEIGHT)  # tiles of their columns, turned, run over the end
        w, dw = np.zeros((T + HEIGHT) * W, q.dtype), np.zeros((T + HEIGHT) * W, q.dtype)
        result = np.empty(HEIGHT * C, q.dtype)
        for first in range(0, T, HEIGHT):
            seen = _keys_seen(min(T, first + HEIGHT) - 1, T, S, causal)
            at = first * W
            six_rows((queries, first * C, C, 1), (turned_keys, 0, N), D, seen, zeros, (w, at, W))
            six_rows((grads, first * C, C, 1), (turned_values, 0, N), D, seen, zeros, (dw, at, W))
            for t in range(first, min(T, first + HEIGHT)):
                place = b * may_steps[0] + h * may_steps[1] + t * may_steps[2]
                last = _keys_seen(t, T, S, causal)
                weigh(w, t * W, last, room(seen), may, place, may_steps[3])
                score_gradients(w, dw, t * W, room(seen))
            six_rows((dw, at, W, 1), (keys, 0, C), seen, D, zeros, (result, 0, C))
            put(result, C, dq, b, first, h, scale)
        for first in range(0, S, HEIGHT):
            start = min(T, max(0, first - (S - T))) if causal else 0  # earlier queries see none
            at = start * W + first
            six_rows((w, at, 1, W), (grads, start * C, C), T - start, D, zeros, (result, 0, C))
            put(result, C, dv, b, first, h, one)
            six_rows((dw, at, 1, W), (queries, start * C, C), T - start, D, zeros, (result, 0, C))
            put(result, C, dk, b, first, h, one)


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
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, grad: Array
) -> tuple[Array, Array, Array]:
    dq, dk, dv = (_empty(x.shape, q.dtype) for x in (q, k, v))
    _backward(*_prepared(q, k, v, mask, causal), _by_position(grad), dq, dk, dv)
    return dq.swapaxes(1, 2), dk.swapaxes(1, 2), dv.swapaxes(1, 2)


forward = Kernel(numpy=forward_numpy, numba=forward_numba)
backward = Kernel(numpy=backward_numpy, numba=backward_numba)
