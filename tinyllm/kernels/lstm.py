"""LSTM: the time loop of one layer, forward and back. Reached from: ops/lstm.py.

    i, f, o = sigmoid, g = tanh of their quarters of x_t + h_{t-1} W + b
    c_t = f c_{t-1} + i g        h_t = o tanh c_t

x holds what the inputs add to the gates. That is one product for all steps, made before.
"""

import numpy as np

from tinyllm.kernels.backend import Kernel
from tinyllm.kernels.elementary import sigmoid, tanh
from tinyllm.kernels.jit import exact_loop, prange
from tinyllm.kernels.recurrent import logistic, padded, panels, room, times, whole_tiles
from tinyllm.kernels.rows import as_flat, read_only
from tinyllm.kernels.tiles import HEIGHT
from tinyllm.types import Array


# -------------------------------------------------------------------- the definition
def forward_numpy(
    x: Array, weight: Array, bias: Array, h: Array, c: Array
) -> tuple[Array, Array, Array]:
    """Return h_0 ... h_T and c_0 ... c_T, (B, T + 1, C) each, and the gates i f g o (B, T, 4 C)."""
    (B, T, _), C = x.shape, len(weight)
    hidden, cells, gates = np.empty((B, T + 1, C), x.dtype), np.empty((B, T + 1, C), x.dtype), x + 0
    hidden[:, 0], cells[:, 0] = h, c
    for t in range(T):
        i, f, g, o = np.split(x[:, t] + h @ weight + bias, 4, axis=1)
        i, f, g, o = (
            logistic(i),
            logistic(f),
            np.tanh(g),
            logistic(o),
        )  # (B, C), (B, C), (B, C), (B, C)
        c = f * c + i * g  # (B, C)
        h = o * np.tanh(c)  # (B, C)
        hidden[:, t + 1], cells[:, t + 1] = h, c
        gates[:, t] = np.concatenate([i, f, g, o], axis=1)  # (B, 4 * C)
    return hidden, cells, gates


def backward_numpy(
    weight: Array, cells: Array, gates: Array, grad: Array, dh: Array, dc: Array
) -> tuple[Array, Array, Array]:
    """Return dx (B, T, 4 C), dh_0 and dc_0 (B, C).

    grad (B, T, C) arrives at all hidden states; dh and dc (B, C) at the last ones.
    """
    dx = np.empty_like(gates)
    for t in reversed(range(gates.shape[1])):
        i, f, g, o = np.split(gates[:, t], 4, axis=1)
        squashed = np.tanh(cells[:, t + 1])  # (B, C)
        dh = dh + grad[:, t]  # (B, C)
        dc = dc + dh * o * (1 - squashed**2)  # (B, C)
        di, df, dg, do = dc * g, dc * cells[:, t], dc * i, dh * squashed
        slopes = di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)
        dx[:, t] = np.concatenate(slopes, axis=1)  # (B, 4 * C)
        dh, dc = dx[:, t] @ weight.T, dc * f  # (B, C), (B, C)
    return dx, dh, dc


# -------------------------------------------------------------------- the same in loops
@exact_loop
def _forward(x, weights, bias, hidden, cells, gates):
    """x, gates (B, T, 4 C); hidden, cells (whole tiles, T + 1, C), which begin with h_0, c_0."""
    B, steps, _ = x.shape
    C, width = hidden.shape[2], bias.size
    flat = hidden.reshape(-1)
    for first in prange(hidden.shape[0] // HEIGHT):
        start = first * HEIGHT
        tile = np.empty((HEIGHT, width), x.dtype)
        for t in range(steps):
            rows = (flat, (start * (steps + 1) + t) * C, (steps + 1) * C)
            times(rows, weights, C, (bias, 0), tile.reshape(-1), width)
            for b in range(start, min(B, start + HEIGHT)):
                sums, more, gate = tile[b - start], x[b, t], gates[b, t]
                for j in range(2 * C):
                    gate[j] = sigmoid(sums[j] + more[j])
                for j in range(2 * C, 3 * C):
                    gate[j] = tanh(sums[j] + more[j])
                for j in range(3 * C, 4 * C):
                    gate[j] = sigmoid(sums[j] + more[j])
                i, f, g, o = gate[:C], gate[C : 2 * C], gate[2 * C : 3 * C], gate[3 * C :]
                old, new, out = cells[b, t], cells[b, t + 1], hidden[b, t + 1]
                for j in range(C):
                    new[j] = f[j] * old[j] + i[j] * g[j]
                for j in range(C):
                    out[j] = o[j] * tanh(new[j])


def forward_numba(
    x: Array, weight: Array, bias: Array, h: Array, c: Array
) -> tuple[Array, Array, Array]:
    (B, T, columns), C = x.shape, len(weight)
    if T == 1:  # one step has no use for packed weights
        return forward_numpy(x, weight, bias, h, c)
    hidden, cells = (padded(s[:, None], whole_tiles(B), T + 1, C) for s in (h, c))
    gates = np.empty(x.shape, x.dtype)
    wide = read_only(padded(bias, room(columns)))
    _forward(read_only(np.ascontiguousarray(x)), panels(weight), wide, hidden, cells, gates)
    return hidden[:B], cells[:B], gates


@exact_loop
def _backward(weights, nothing, cells, gates, grad, dh, dc, dx):
    """dh (whole tiles, room), dc (B, C): what arrives at the end, and then what leaves at h_0."""
    B, steps, C = grad.shape
    width, flat, out = nothing.size, dx.reshape(-1), dh.reshape(-1)
    for first in prange(dh.shape[0] // HEIGHT):
        start = first * HEIGHT
        squashed = np.empty(C, dx.dtype)
        for back in range(steps):
            t = steps - 1 - back
            for b in range(start, min(B, start + HEIGHT)):
                gate, to = gates[b, t], dx[b, t]
                i, f, g, o = gate[:C], gate[C : 2 * C], gate[2 * C : 3 * C], gate[3 * C :]
                di, df, dg, do = to[:C], to[C : 2 * C], to[2 * C : 3 * C], to[3 * C :]
                old, new, arrives, here, cell = (
                    cells[b, t],
                    cells[b, t + 1],
                    grad[b, t],
                    dh[b],
                    dc[b],
                )
                for j in range(C):
                    squashed[j] = tanh(new[j])
                    here[j] += arrives[j]
                for j in range(C):
                    cell[j] += here[j] * o[j] * (1 - squashed[j] * squashed[j])
                    do[j] = here[j] * squashed[j] * o[j] * (1 - o[j])
                for j in range(C):
                    di[j] = cell[j] * g[j] * i[j] * (1 - i[j])
                    dg[j] = cell[j] * i[j] * (1 - g[j] * g[j])
                for j in range(C):
                    df[j] = cell[j] * old[j] * f[j] * (1 - f[j])
                    cell[j] *= f[j]
            rows = (flat, (start * steps + t) * 4 * C, steps * 4 * C)
            times(rows, weights, 4 * C, (nothing, 0), out[start * width :], width)


def backward_numba(
    weight: Array, cells: Array, gates: Array, grad: Array, dh: Array, dc: Array
) -> tuple[Array, Array, Array]:
    (B, T, columns), C = gates.shape, len(weight)
    if T == 1:
        return backward_numpy(weight, cells, gates, grad, dh, dc)
    tall, wide = whole_tiles(B), room(C)
    arriving, dc = padded(dh, tall, wide), dc.copy()
    dx = np.zeros((tall, T, columns), gates.dtype)
    saved = (read_only(np.ascontiguousarray(array)) for array in (cells, gates, grad))
    nothing = as_flat(np.zeros(wide, gates.dtype))
    _backward(panels(weight.T), nothing, *saved, arriving, dc, dx)
    return dx[:B], arriving[:B, :C].copy(), dc


forward = Kernel(numpy=forward_numpy, numba=forward_numba)
backward = Kernel(numpy=backward_numpy, numba=backward_numba)
