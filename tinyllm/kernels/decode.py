"""One token through one Transformer block, with a cache: what generation does all the time.

Reached from: nn/blocks.py. The definition says in NumPy what TransformerBlock says in modules. For
a single token each operation is so small that calling it costs more than computing it: so here
is the whole block in one call.
"""

import math
from typing import NamedTuple

import numpy as np

from tinyllm.kernels import gelu, layer_norm, softmax
from tinyllm.kernels.backend import Kernel
from tinyllm.kernels.elementary import exp, largest
from tinyllm.kernels.jit import loop, parallel_loop, prange
from tinyllm.kernels.rows import PARTS, add_up, as_rows, read_only
from tinyllm.types import Array

LARGE = 2**18  # numbers in a matrix from which on several threads read it: 1 MiB
ROOT, CUBIC = math.sqrt(2 / math.pi), 0.044715  # of GELU, as in kernels/gelu.py


class BlockWeights(NamedTuple):
    """What a block has learnt: matrices (I, O), vectors (O)."""

    norm1: Array
    norm1_bias: Array
    qkv: Array
    qkv_bias: Array
    output: Array
    output_bias: Array
    norm2: Array
    norm2_bias: Array
    up: Array
    up_bias: Array
    down: Array
    down_bias: Array


# -------------------------------------------------------------------- the definition
def token_numpy(
    x: Array, w: BlockWeights, keys: Array, values: Array, length: int, pre: bool, eps: float
) -> Array:
    """X (C) of the token at place `length` -> x (C) after the block.

    keys, values (H, S, D): what the tokens before it left; what this one leaves is written there.
    pre:  whether the norms stand before the branches (Pre-LN) or after the sums (Post-LN)
    """

    def attention(x: Array) -> Array:
        q, k, v = (x @ w.qkv + w.qkv_bias).reshape(3, len(keys), -1)  # (3, H, D)
        keys[:, length], values[:, length] = k, v
        scores = (keys[:, : length + 1] @ q[:, :, None])[:, :, 0] / math.sqrt(q.shape[1])
        weights = softmax.forward_numpy(scores.astype(x.dtype))  # (H, length + 1)
        mixed = weights[:, None] @ values[:, : length + 1]  # (H, 1, D)
        return mixed.reshape(-1) @ w.output + w.output_bias

    def mlp(x: Array) -> Array:
        return gelu.tanh_forward_numpy(x @ w.up + w.up_bias) @ w.down + w.down_bias

    if pre:
        x = x + attention(norm_numpy(x, w.norm1, w.norm1_bias, eps))
        return x + mlp(norm_numpy(x, w.norm2, w.norm2_bias, eps))
    x = norm_numpy(x + attention(x), w.norm1, w.norm1_bias, eps)
    return norm_numpy(x + mlp(x), w.norm2, w.norm2_bias, eps)


# -------------------------------------------------------------------- the same in loops
@loop
def _add_rows(x, w, first, stop, y):
    """y += x[first:stop] w[first:stop], four rows at a time: y is fetched once for four terms."""
    fours = first + (stop - first) // 4 * 4
    for i in range(first, fours, 4):
        x0, x1, x2, x3 = x[i], x[i + 1], x[i + 2], x[i + 3]
        w0, w1, w2, w3 = w[i], w[i + 1], w[i + 2], w[i + 3]
        for j in range(y.size):
            y[j] += x0 * w0[j] + x1 * w1[j] + x2 * w2[j] + x3 * w3[j]
    for i in range(fours, stop):
        row, number = w[i], x[i]
        for j in range(y.size):
            y[j] += number * row[j]


@parallel_loop
def _times_shared(x, w, bias, y):
    """y = x w + bias on all threads: each takes some rows of w, which lie in one piece."""
    parts = np.zeros((PARTS, y.size), y.dtype)
    for part in prange(PARTS):
        _add_rows(x, w, x.size * part // PARTS, x.size * (part + 1) // PARTS, parts[part])
    add_up(parts, y)
    for j in range(y.size):
        y[j] += bias[j]


@loop
def _times(x, w, bias, y):
    """y = x w + bias; a small w in one thread, before another one has woken up."""
    if w.size >= LARGE:
        _times_shared(x, w, bias, y)
    else:
        y[:] = bias
        _add_rows(x, w, 0, x.size, y)


@loop
def _norm(x, weight, bias, eps, y):
    """y = (x - mean) / deviation * weight + bias."""
    total, squares, size = x.dtype.type(0), x.dtype.type(0), x.dtype.type(x.size)
    for i in range(x.size):
        total += x[i]
    mean = total / size
    for i in range(x.size):
        squares += (x[i] - mean) * (x[i] - mean)
    scale = x.dtype.type(1) / np.sqrt(squares / size + x.dtype.type(eps))
    for i in range(x.size):
        y[i] = (x[i] - mean) * scale * weight[i] + bias[i]


@loop
def _attend(q, keys, values, length, scores, out):
    """One head: q, out (D); keys, values (S, D), of which the first `length` count."""
    zero = q.dtype.type(0)
    scale = q.dtype.type(1 / math.sqrt(q.size))
    for s in range(length):
        key, match = keys[s], zero
        for d in range(q.size):
            match += q[d] * key[d]
        scores[s] = match * scale
    top, total = largest(scores[:length]), zero
    for s in range(length):
        scores[s] = exp(scores[s] - top)
        total += scores[s]
    for d in range(q.size):
        out[d] = zero
    for s in range(length):
        share, value = scores[s] / total, values[s]
        for d in range(q.size):
            out[d] += share * value[d]


@loop
def _gelu(x):
    """x/2 (1 + tanh(...)), in place; see kernels/gelu.py."""
    one, two = x.dtype.type(1), x.dtype.type(2)
    root, cubic = x.dtype.type(ROOT), x.dtype.type(CUBIC)
    for i in range(x.size):
        u = root * (x[i] + cubic * x[i] * x[i] * x[i])
        x[i] = x[i] * (one - one / (exp(two * u) + one))


@loop
def _token(x, w, keys, values, length, pre, eps, y):
    H, S, D = keys.shape
    C, dtype = x.size, x.dtype
    seen, mixed, change = np.empty(C, dtype), np.empty(C, dtype), np.empty(C, dtype)
    qkv, hidden, scores = np.empty(3 * C, dtype), np.empty(w.up.shape[1], dtype), np.empty(S, dtype)
    y[:] = x
    # attention
    seen[:] = y
    if pre:
        _norm(y, w.norm1, w.norm1_bias, eps, seen)
    _times(seen, w.qkv, w.qkv_bias, qkv)
    for h in range(H):
        start, stop = h * D, (h + 1) * D
        keys[h, length] = qkv[C + start : C + stop]
        values[h, length] = qkv[2 * C + start : 2 * C + stop]
        _attend(qkv[start:stop], keys[h], values[h], length + 1, scores, mixed[start:stop])
    _times(mixed, w.output, w.output_bias, change)
    for i in range(C):
        y[i] += change[i]
    if not pre:
        seen[:] = y
        _norm(seen, w.norm1, w.norm1_bias, eps, y)
    # MLP
    seen[:] = y
    if pre:
        _norm(y, w.norm2, w.norm2_bias, eps, seen)
    _times(seen, w.up, w.up_bias, hidden)
    _gelu(hidden)
    _times(hidden, w.down, w.down_bias, change)
    for i in range(C):
        y[i] += change[i]
    if not pre:
        seen[:] = y
        _norm(seen, w.norm2, w.norm2_bias, eps, y)


def token_numba(
    x: Array, w: BlockWeights, keys: Array, values: Array, length: int, pre: bool, eps: float
) -> Array:
    y = np.empty_like(x)
    _token(x, w, keys, values, length, pre, eps, y)
    return y


def norm_numpy(x: Array, weight: Array, bias: Array, eps: float) -> Array:
    """Layer norm of one row: x, weight, bias (C) -> (C)."""
    return layer_norm.forward_numpy(x, weight, bias, eps)[0]


def norm_numba(x: Array, weight: Array, bias: Array, eps: float) -> Array:
    y = np.empty_like(x)
    _norm(x, read_only(weight), read_only(bias), eps, y)
    return y


# -------------------------------------------------------------------- scores: the last product
def scores_numpy(table: Array, x: Array) -> Array:
    """How well each row of the table (V, C) matches x (C)."""
    return table @ x


@parallel_loop
def _scores(table, x, y):
    for v in prange(y.size):
        row, match = table[v], x.dtype.type(0)
        for c in range(x.size):
            match += row[c] * x[c]
        y[v] = match


def scores_numba(table: Array, x: Array) -> Array:
    if table.size < LARGE:
        return table @ x
    y = np.empty(len(table), x.dtype)
    _scores(as_rows(table), read_only(x), y)
    return y


scores = Kernel(numpy=scores_numpy, numba=scores_numba)
token = Kernel(numpy=token_numpy, numba=token_numba)
norm = Kernel(numpy=norm_numpy, numba=norm_numba)
