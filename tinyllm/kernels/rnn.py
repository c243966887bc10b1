"""Elman's RNN: the time loop of one layer, forward and back. Reached from: ops/rnn.py.

    h_t = tanh(x_t + h_{t-1} W + b)

x holds what the inputs add to the sum. That is one product for all steps, made before.
"""

import numpy as np

from tinyllm.kernels.backend import Kernel
from tinyllm.kernels.elementary import tanh
from tinyllm.kernels.jit import exact_loop, prange
from tinyllm.kernels.recurrent import padded, panels, room, times, whole_tiles
from tinyllm.kernels.rows import as_flat, read_only
from tinyllm.kernels.tiles import HEIGHT
from tinyllm.types import Array


# -------------------------------------------------------------------- the definition
def forward_numpy(x: Array, weight: Array, bias: Array, h: Array) -> Array:
    """Return h_0 ... h_T (B, T + 1, C)."""
    B, T, C = x.shape
    hidden = np.empty((B, T + 1, C), x.dtype)
    hidden[:, 0] = h
    for t in range(T):
        h = np.tanh(x[:, t] + h @ weight + bias)  # (B, C)
        hidden[:, t + 1] = h
    return hidden


def backward_numpy(weight: Array, hidden: Array, grad: Array, dh: Array) -> tuple[Array, Array]:
    """Return dx (B, T, C) and dh_0 (B, C).

    grad (B, T, C) arrives at all hidden states, dh (B, C) at the last one.
    """
    dx = np.empty_like(grad)
    for t in reversed(range(grad.shape[1])):
        dx[:, t] = (dh + grad[:, t]) * (1 - hidden[:, t + 1] ** 2)  # (B, C)
        dh = dx[:, t] @ weight.T  # (B, C)
    return dx, dh


# -------------------------------------------------------------------- the same in loops
@exact_loop
def _forward(x, weights, bias, hidden):
    """x (B, T, C); hidden (whole tiles, T + 1, C), which begins with h_0."""
    B, steps, C = x.shape
    width, flat = bias.size, hidden.reshape(-1)
    for first in prange(hidden.shape[0] // HEIGHT):
        start = first * HEIGHT
        tile = np.empty((HEIGHT, width), x.dtype)
        for t in range(steps):
            rows = (flat, (start * (steps + 1) + t) * C, (steps + 1) * C)
            times(rows, weights, C, (bias, 0), tile.reshape(-1), width)
            for b in range(start, min(B, start + HEIGHT)):
                sums, more, out = tile[b - start], x[b, t], hidden[b, t + 1]
                for j in range(C):
                    out[j] = tanh(sums[j] + more[j])


def forward_numba(x: Array, weight: Array, bias: Array, h: Array) -> Array:
    B, T, C = x.shape
    if T == 1:  # one step has no use for packed weights
        return forward_numpy(x, weight, bias, h)
    hidden = padded(h[:, None], whole_tiles(B), T + 1, C)
    wide = read_only(padded(bias, room(C)))
    _forward(read_only(np.ascontiguousarray(x)), panels(weight), wide, hidden)
    return hidden[:B]


@exact_loop
def _backward(weights, nothing, hidden, grad, dh, dx):
    """dh (whole tiles, room): what arrives at the end, and then what leaves at h_0."""
    B, steps, C = grad.shape
    width, flat, out = nothing.size, dx.reshape(-1), dh.reshape(-1)
    for first in prange(dh.shape[0] // HEIGHT):
        start = first * HEIGHT
        for back in range(steps):
            t = steps - 1 - back
            for b in range(start, min(B, start + HEIGHT)):
                here, arrives, h, to = dh[b], grad[b, t], hidden[b, t + 1], dx[b, t]
                for j in range(C):
                    to[j] = (here[j] + arrives[j]) * (1 - h[j] * h[j])
            rows = (flat, (start * steps + t) * C, steps * C)
            times(rows, weights, C, (nothing, 0), out[start * width :], width)


def backward_numba(weight: Array, hidden: Array, grad: Array, dh: Array) -> tuple[Array, Array]:
    B, T, C = grad.shape
    if T == 1:
        return backward_numpy(weight, hidden, grad, dh)
    tall, wide = whole_tiles(B), room(C)
    arriving, dx = padded(dh, tall, wide), np.zeros((tall, T, C), grad.dtype)
    saved = (read_only(np.ascontiguousarray(array)) for array in (hidden, grad))
    _backward(panels(weight.T), as_flat(np.zeros(wide, grad.dtype)), *saved, arriving, dx)
    return dx[:B], arriving[:B, :C].copy()


forward = Kernel(numpy=forward_numpy, numba=forward_numba)
backward = Kernel(numpy=backward_numpy, numba=backward_numba)
