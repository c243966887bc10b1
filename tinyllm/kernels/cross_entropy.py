"""Cross-entropy of logits with integer targets, without ever storing the probabilities.

Reached from: ops/cross_entropy.py. Each row's loss is log sum_j e^x_j - x_target; label
smoothing s mixes in the mean over all classes: log sum_j e^x_j - (1 - s) x_target - s mean(x).
"""

import numpy as np

from tinyllm.kernels.backend import Kernel
from tinyllm.kernels.elementary import exp, largest
from tinyllm.kernels.jit import parallel_loop, prange
from tinyllm.kernels.rows import as_flat, as_rows
from tinyllm.types import Array


def forward_numpy(
    logits: Array, targets: Array, ignore_index: int, smoothing: float
) -> tuple[Array, Array]:
    """Logits (R, V), targets (R) -> loss of each row (R), 0 where ignored; log sum e^x (R)."""
    top = logits.max(axis=-1)
    log_total = top + np.log(np.exp(logits - top[:, None]).sum(axis=-1))
    counted = targets != ignore_index
    right = np.take_along_axis(logits, np.where(counted, targets, 0)[:, None], axis=-1)[:, 0]
    mean = logits.mean(axis=-1)
    share = logits.dtype.type(smoothing)
    losses = log_total - (1 - share) * right - (share * mean if share else 0)
    return np.where(counted, losses, 0), log_total


@parallel_loop
def _forward(logits, targets, ignore_index, smoothing, losses, log_totals):
    zero = logits.dtype.type(0)
    share = logits.dtype.type(smoothing)
    for r in prange(logits.shape[0]):
        row = logits[r]
        top = largest(row)
        total, plain = zero, zero
        for i in range(row.size):
            total += exp(row[i] - top)
        log_total = top + np.log(total)
        log_totals[r] = log_total
        if targets[r] == ignore_index:
            losses[r] = zero
            continue
        losses[r] = log_total - (logits.dtype.type(1) - share) * row[targets[r]]
        if share > zero:
            for i in range(row.size):
                plain += row[i]
            losses[r] -= share * plain / logits.dtype.type(row.size)


def forward_numba(
    logits: Array, targets: Array, ignore_index: int, smoothing: float
) -> tuple[Array, Array]:
    rows = as_rows(logits)
    losses, log_totals = np.empty(len(rows), rows.dtype), np.empty(len(rows), rows.dtype)
    options = (int(ignore_index), float(smoothing))
    _forward(rows, as_flat(targets), *options, losses, log_totals)
    return losses, log_totals


def backward_numpy(
    logits: Array,
    targets: Array,
    log_totals: Array,
    scale: float,
    ignore_index: int,
    smoothing: float,
) -> Array:
    """Return dlogits (R, V) = scale (softmax - the target's distribution); 0 where ignored."""
    counted = targets != ignore_index
    dlogits = np.exp(logits - log_totals[:, None])
    dlogits -= logits.dtype.type(smoothing / logits.shape[1])
    rows = np.flatnonzero(counted)
    dlogits[rows, targets[rows]] -= logits.dtype.type(1 - smoothing)
    return np.where(counted[:, None], dlogits * logits.dtype.type(scale), 0)


@parallel_loop
def _backward(logits, targets, log_totals, scale, ignore_index, smoothing, dlogits):
    factor = logits.dtype.type(scale)
    base = logits.dtype.type(smoothing / logits.shape[1])
    rest = logits.dtype.type(1 - smoothing)
    for r in prange(logits.shape[0]):
        row, out, shift = logits[r], dlogits[r], log_totals[r]
        if targets[r] == ignore_index:
            out[:] = logits.dtype.type(0)
            continue
        for i in range(row.size):
            out[i] = factor * (exp(row[i] - shift) - base)
        out[targets[r]] -= factor * rest


def backward_numba(
    logits: Array,
    targets: Array,
    log_totals: Array,
    scale: float,
    ignore_index: int,
    smoothing: float,
) -> Array:
    rows = as_rows(logits)
    dlogits = np.empty(rows.shape, rows.dtype)
    options = (float(scale), int(ignore_index), float(smoothing))
    _backward(rows, as_flat(targets), as_flat(log_totals), *options, dlogits)
    return dlogits


forward = Kernel(numpy=forward_numpy, numba=forward_numba)
backward = Kernel(numpy=backward_numpy, numba=backward_numba)
