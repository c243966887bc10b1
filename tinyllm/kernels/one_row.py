"""What decoding does with one row of numbers: times a matrix, normalised, attending, through GELU.

Who calls: kernels/decode.py; these loops are compiled into its own.
"""

import math

import numpy as np

from tinyllm.kernels.elementary import exp, largest
from tinyllm.kernels.jit import loop, parallel_loop, prange
from tinyllm.kernels.rows import PARTS, add_up

LARGE = 2**18  # numbers in a matrix from which on several threads read it: 1 MiB
ROOT, CUBIC = math.sqrt(2 / math.pi), 0.044715  # of GELU, as in kernels/gelu.py


@loop
def add_rows(x, w, first, stop, y):
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
def times_shared(x, w, bias, y):
    """y = x w + bias on all threads: each takes some rows of w, which lie in one piece."""
    parts = np.zeros((PARTS, y.size), y.dtype)
    for part in prange(PARTS):
        add_rows(x, w, x.size * part // PARTS, x.size * (part + 1) // PARTS, parts[part])
    add_up(parts, y)
    for j in range(y.size):
        y[j] += bias[j]


@loop
def times(x, w, bias, y):
    """y = x w + bias; a small w in one thread, before another one has woken up."""
    if w.size >= LARGE:
        times_shared(x, w, bias, y)
    else:
        y[:] = bias
        add_rows(x, w, 0, x.size, y)


@loop
def norm(x, weight, bias, eps, y):
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
def match(x, y):
    """Sum of x y."""
    total = x.dtype.type(0)
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@loop
def attend(q, keys, values, length, scores, out):
    """One head: q, out (D); keys, values (S, D), of which the first `length` count."""
    zero = q.dtype.type(0)
    scale = q.dtype.type(1 / math.sqrt(q.size))
    for s in range(length):
        scores[s] = match(q, keys[s]) * scale
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
def gelu_in_place(x):
    """x/2 (1 + tanh(...)), in place; see kernels/gelu.py."""
    one, two = x.dtype.type(1), x.dtype.type(2)
    root, cubic = x.dtype.type(ROOT), x.dtype.type(CUBIC)
    for i in range(x.size):
        u = root * (x[i] + cubic * x[i] * x[i] * x[i])
        x[i] = x[i] * (one - one / (exp(two * u) + one))
