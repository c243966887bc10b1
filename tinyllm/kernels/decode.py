"""One token through some Transformer blocks, with a cache: what generation does all the time.

Reached from: nn/one_token.py. The definition says in NumPy what TransformerBlock says in modules.
For a single token each operation is so small that calling it costs more than computing it: so
here are whole blocks in one call.
"""

import math
from typing import NamedTuple

import numpy as np

from tinyllm.kernels import gelu, layer_norm, softmax
from tinyllm.kernels.backend import Kernel
from tinyllm.kernels.jit import loop, parallel_loop, prange
from tinyllm.kernels.one_row import LARGE, attend, gelu_in_place, match, norm, times
from tinyllm.kernels.rows import as_rows, read_only
from tinyllm.types import Array


class BlockWeights(NamedTuple):
    """What L blocks have learnt: matrices (L, I, O), vectors (L, O)."""

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
    x: Array, w: BlockWeights, room: Array, length: int, pre: bool, eps: float
) -> Array:
    """X (C) of the token at place `length` -> x (C) after the blocks.

    room (L, 2, H, S, D): keys and values that the tokens before it left in each block; what this
    one leaves is written there.
    pre:  whether the norms stand before the branches (Pre-LN) or after the sums (Post-LN)
    """
    for n, (keys, values) in enumerate(room):
        block = BlockWeights(*(part[n] for part in w))
        x = block_numpy(x, block, keys, values, length, pre, eps)
    return x


def block_numpy(
    x: Array, w: BlockWeights, keys: Array, values: Array, length: int, pre: bool, eps: float
) -> Array:
    """Take x (C) through one block: keys, values (H, S, D), matrices (I, O), vectors (O)."""

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
def _block(y, w, n, keys, values, length, pre, eps, spare):
    """Take y (C) through block n, in place."""
    H, _, D = keys.shape
    C, (seen, mixed, change, qkv, hidden, scores) = y.size, spare
    # attention
    seen[:] = y
    if pre:
        norm(y, w.norm1[n], w.norm1_bias[n], eps, seen)
    times(seen, w.qkv[n], w.qkv_bias[n], qkv)
    for h in range(H):
        start, stop = h * D, (h + 1) * D
        keys[h, length] = qkv[C + start : C + stop]
        values[h, length] = qkv[2 * C + start : 2 * C + stop]
        attend(qkv[start:stop], keys[h], values[h], length + 1, scores, mixed[start:stop])
    times(mixed, w.output[n], w.output_bias[n], change)
    for i in range(C):
        y[i] += change[i]
    if not pre:
        seen[:] = y
        norm(seen, w.norm1[n], w.norm1_bias[n], eps, y)
    # MLP
    seen[:] = y
    if pre:
        norm(y, w.norm2[n], w.norm2_bias[n], eps, seen)
    times(seen, w.up[n], w.up_bias[n], hidden)
    gelu_in_place(hidden)
    times(hidden, w.down[n], w.down_bias[n], change)
    for i in range(C):
        y[i] += change[i]
    if not pre:
        seen[:] = y
        norm(seen, w.norm2[n], w.norm2_bias[n], eps, y)


@loop
def _token(x, w, room, length, pre, eps, y):
    C, S, dtype = x.size, room.shape[3], x.dtype
    seen, mixed, change = np.empty(C, dtype), np.empty(C, dtype), np.empty(C, dtype)
    qkv, hidden, scores = np.empty(3 * C, dtype), np.empty(w.up.shape[2], dtype), np.empty(S, dtype)
    spare = (seen, mixed, change, qkv, hidden, scores)
    y[:] = x
    for n in range(room.shape[0]):
        _block(y, w, n, room[n, 0], room[n, 1], length, pre, eps, spare)


def token_numba(
    x: Array, w: BlockWeights, room: Array, length: int, pre: bool, eps: float
) -> Array:
    y = np.empty_like(x)
    _token(x, w, room, length, pre, eps, y)
    return y


# -------------------------------------------------------------------- scores: the last product
def norm_numpy(x: Array, weight: Array, bias: Array, eps: float) -> Array:
    """Layer norm of one row: x, weight, bias (C) -> (C)."""
    return layer_norm.forward_numpy(x, weight, bias, eps)[0]


def scores_numpy(x: Array, last: tuple[Array, Array, float] | None, table: Array) -> Array:
    """How well each row of the table (V, C) matches x (C).

    last:  the norm that comes before, if one does: its weight (C), its bias (C), eps
    """
    return table @ (x if last is None else norm_numpy(x, *last))


@parallel_loop
def _match_shared(table, x, y):
    for v in prange(y.size):
        y[v] = match(table[v], x)


@loop
def _scores(x, weight, bias, eps, table, y):
    normal = x.copy()
    if weight.size:
        norm(x, weight, bias, eps, normal)
    if table.size >= LARGE:
        _match_shared(table, normal, y)
        return
    for v in range(y.size):
        y[v] = match(table[v], normal)


def scores_numba(x: Array, last: tuple[Array, Array, float] | None, table: Array) -> Array:
    y, nothing = np.empty(len(table), x.dtype), np.empty(0, x.dtype)
    weight, bias, eps = last or (nothing, nothing, 0.0)
    _scores(read_only(x), read_only(weight), read_only(bias), eps, as_rows(table), y)
    return y


token = Kernel(numpy=token_numpy, numba=token_numba)
scores = Kernel(numpy=scores_numpy, numba=scores_numba)
