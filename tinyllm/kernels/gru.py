"""GRU: the time loop of one layer, forward and back. Reached from: ops/gru.py.

    s = h_{t-1} W + b
    r, z = sigmoid of the first two thirds of x_t + s
    n = tanh(x_t + r s), both in their last thirds
    h_t = (1 - z) n + z h_{t-1}

x holds what the inputs add. That is one product for all steps, made before.
"""

import numpy as np

from tinyllm.kernels.backend import Kernel
from tinyllm.kernels.elementary import sigmoid, tanh
from tinyllm.kernels.jit import exact_loop, prange
from tinyllm.kernels.recurrent import logistic, padded, panels, room, times, whole_tiles
from tinyllm.kernels.rows import read_only
from tinyllm.kernels.tiles import HEIGHT
from tinyllm.types import Array


# -------------------------------------------------------------------- the definition
def forward_numpy(x: Array, weight: Array, bias: Array, h: Array) -> tuple[Array, Array, Array]:
    """Return h_0 ... h_T (B, T + 1, C), r z n (B, T, 3 C), and s of the last third (B, T, C)."""
    (B, T, _), C = x.shape, len(weight)
    hidden, gates, past = (
        np.empty((B, n, k), x.dtype) for n, k in ((T + 1, C), (T, 3 * C), (T, C))
    )
    hidden[:, 0] = h
    for t in range(T):
        s = h @ weight + bias  # (B, 3 * C)
        r, z = np.split(logistic(x[:, t, : 2 * C] + s[:, : 2 * C]), 2, axis=1)  # (B, C), (B, C)
        n = np.tanh(x[:, t, 2 * C :] + r * s[:, 2 * C :])  # (B, C)
        h = (1 - z) * n + z * h  # (B, C)
        hidden[:, t + 1], past[:, t] = h, s[:, 2 * C :]
        gates[:, t] = np.concatenate([r, z, n], axis=1)  # (B, 3 * C)
    return hidden, gates, past


def backward_numpy(
    weight: Array, hidden: Array, gates: Array, past: Array, grad: Array, dh: Array
) -> tuple[Array, Array, Array]:
    """Return dx and ds (B, T, 3 C), and dh_0 (B, C); dx and ds differ in the last third.

    grad (B, T, C) arrives at all hidden states, dh (B, C) at the last one.
    """
    dx, ds = np.empty_like(gates), np.empty_like(gates)
    for t in reversed(range(gates.shape[1])):
        r, z, n = np.split(gates[:, t], 3, axis=1)
        dh = dh + grad[:, t]  # (B, C)
        dn = dh * (1 - z) * (1 - n**2)  # (B, C)
        dz = dh * (hidden[:, t] - n) * z * (1 - z)  # (B, C)
        dr = dn * past[:, t] * r * (1 - r)  # (B, C)
        dx[:, t] = np.concatenate([dr, dz, dn], axis=1)  # (B, 3 * C)
        ds[:, t] = np.concatenate([dr, dz, dn * r], axis=1)  # (B, 3 * C)
        dh = dh * z + ds[:, t] @ weight.T  # (B, C)
    return dx, ds, dh


# -------------------------------------------------------------------- the same in loops
@exact_loop
def _forward(x, weights, bias, hidden, gates, past):
    """x, gates (B, T, 3 C), past (B, T, C); hidden (whole tiles, T + 1, C) begins with h_0."""
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
                sums, more, gate, s = tile[b - start], x[b, t], gates[b, t], past[b, t]
                for j in range(2 * C):
                    gate[j] = sigmoid(sums[j] + more[j])
                for j in range(C):
                    s[j] = sums[2 * C + j]
                r, z, n, inputs = gate[:C], gate[C : 2 * C], gate[2 * C :], more[2 * C :]
                for j in range(C):
                    n[j] = tanh(inputs[j] + r[j] * s[j])
                old, out = hidden[b, t], hidden[b, t + 1]
                for j in range(C):
                    out[j] = (1 - z[j]) * n[j] + z[j] * old[j]


def forward_numba(x: Array, weight: Array, bias: Array, h: Array) -> tuple[Array, Array, Array]:
    (B, T, columns), C = x.shape, len(weight)
    if T == 1:  # one step has no use for packed weights
        return forward_numpy(x, weight, bias, h)
    hidden = padded(h[:, None], whole_tiles(B), T + 1, C)
    gates, past = np.empty(x.shape, x.dtype), np.empty((B, T, C), x.dtype)
    wide = read_only(padded(bias, room(columns)))
    _forward(read_only(np.ascontiguousarray(x)), panels(weight), wide, hidden, gates, past)
    return hidden[:B], gates, past


@exact_loop
def _backward(weights, hidden, gates, past, grad, dh, dx, ds):
    """dh (whole tiles, room): what arrives at the end, and then what leaves at h_0."""
    B, steps, C = grad.shape
    width, flat, out = dh.shape[1], ds.reshape(-1), dh.reshape(-1)
    for first in prange(dh.shape[0] // HEIGHT):
        start = first * HEIGHT
        for back in range(steps):
            t = steps - 1 - back
            for b in range(start, min(B, start + HEIGHT)):
                gate, to, through, s = gates[b, t], dx[b, t], ds[b, t], past[b, t]
                r, z, n = gate[:C], gate[C : 2 * C], gate[2 * C :]
                dr, dz, dn = to[:C], to[C : 2 * C], to[2 * C :]
                here, arrives, old = dh[b], grad[b, t], hidden[b, t]
                for j in range(C):
                    here[j] += arrives[j]
                for j in range(C):
                    dn[j] = here[j] * (1 - z[j]) * (1 - n[j] * n[j])
                for j in range(C):
                    dz[j] = here[j] * (old[j] - n[j]) * z[j] * (1 - z[j])
                for j in range(C):
                    dr[j] = dn[j] * s[j] * r[j] * (1 - r[j])
                    here[j] *= z[j]
                through[:] = to
                for j in range(C):
                    through[2 * C + j] *= r[j]
            rows, tile = (flat, (start * steps + t) * 3 * C, steps * 3 * C), out[start * width :]
            times(rows, weights, 3 * C, (tile, width), tile, width)


def backward_numba(
    weight: Array, hidden: Array, gates: Array, past: Array, grad: Array, dh: Array
) -> tuple[Array, Array, Array]:
    (B, T, columns), C = gates.shape, len(weight)
    if T == 1:
        return backward_numpy(weight, hidden, gates, past, grad, dh)
    tall = whole_tiles(B)
    arriving, dx = padded(dh, tall, room(C)), np.empty(gates.shape, gates.dtype)
    ds = np.zeros((tall, T, columns), gates.dtype)
    saved = (read_only(np.ascontiguousarray(array)) for array in (hidden, gates, past, grad))
    _backward(panels(weight.T), *saved, arriving, dx, ds)
    return dx, ds[:B], arriving[:B, :C].copy()


forward = Kernel(numpy=forward_numpy, numba=forward_numba)
backward = Kernel(numpy=backward_numpy, numba=backward_numba)
