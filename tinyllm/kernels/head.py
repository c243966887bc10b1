"""What attention does with one head: rows copied and turned, six rows multiplied, scores weighed.

Who calls: kernels/attention.py; these loops are compiled into its two. All work by whole registers:
a loop over 32 numbers, left to LLVM, takes longer for what is left over than for the rest.
"""

import numpy as np

from tinyllm.kernels.elementary import exp
from tinyllm.kernels.jit import loop
from tinyllm.kernels.simd import (
    LANES,
    add,
    every,
    first,
    larger,
    load,
    multiply,
    multiply_add,
    store,
    top,
    total,
)
from tinyllm.kernels.tiles import HEIGHT, WIDTH, product


@loop
def room(columns):
    """How wide a row must be, so that tiles that begin in it may run over its end."""
    return (columns + WIDTH - 1) // WIDTH * WIDTH


@loop
def copied(x, at, down, right, rows, columns, scale):
    """Copy rows of one head, times scale, with zeros around them; return them and their width."""
    width = room(columns)
    flat = np.empty((rows + HEIGHT) * width, x.dtype)
    whole, factor, zeros = columns - columns % LANES, every(scale), every(x.dtype.type(0))
    for i in range(0, flat.size, LANES):
        store(flat, i, zeros)
    for i in range(rows):
        to, start, done = i * width, at + i * down, 0
        if right == 1:
            done = whole
            for j in range(0, whole, LANES):
                store(flat, to + j, multiply(load(x, start + j), factor))
        for j in range(done, columns):
            flat[to + j] = x[start + j * right] * scale
    return flat, width


@loop
def turned(x, at, down, right, rows, columns):
    """Copy the transpose of a head's (columns, rows), with zeros to its right.

    In squares of which LLVM knows the size: it writes out all their moves, one after the other.
    """
    width = room(columns)
    flat = np.empty((rows + HEIGHT) * width, x.dtype)
    for i in range(0, rows, LANES):
        for j in range(0, columns, LANES):
            start, to = at + i * down + j * right, i * width + j
            if i + LANES <= rows and j + LANES <= columns:
                for c in range(LANES):
                    for r in range(LANES):
                        flat[to + r * width + c] = x[start + r * down + c * right]
            else:
                for r in range(min(LANES, rows - i)):
                    for c in range(min(LANES, columns - j)):
                        flat[to + r * width + c] = x[start + r * down + c * right]
    for i in range(rows):
        for j in range(columns, width):
            flat[i * width + j] = x.dtype.type(0)
    return flat, width


@loop
def six_rows(a, b, terms, columns, zeros, y):
    """y[:6, :columns] = a[:6, :terms] @ b[:terms, :columns], given as `product` takes them."""
    for j in range(0, columns, WIDTH):
        product(a, (b[0], b[1] + j, b[2]), terms, zeros, (y[0], y[1] + j, y[2]))


@loop
def put(tile, width, out, b, start, h, scale):
    """Put the rows of a tile, times scale, where those of one head from `start` on belong."""
    D, factor = out.shape[3], every(scale)
    for t in range(start, min(out.shape[1], start + HEIGHT)):
        row, at = out[b, t, h], (t - start) * width
        for d in range(0, D - D % LANES, LANES):
            store(row, d, multiply(load(tile, at + d), factor))
        for d in range(D - D % LANES, D):
            row[d] = tile[at + d] * scale


@loop
def weigh(scores, at, last, room, may, place, right):
    """Turn one row of scores into shares that add up to 1, or into zeros where no key is left.

    The row begins at `at`; it has `last` keys, and zeros from there to `room`. may: where a mask is
    given, which keys count, from `place` on; else empty. All work is done by whole registers.
    """
    row, zero, lowest = scores[at : at + room], scores.dtype.type(0), scores.dtype.type(-np.inf)
    if may.size:
        for s in range(last):
            if not may[place + s * right]:
                row[s] = lowest
    tops, sums = every(lowest), every(zero)
    for s in range(0, last, LANES):
        tops = larger(first(load(row, s), last - s, every(lowest)), tops)
    most = top(tops)
    if most == lowest:  # no key at all, or only NaN, which must stay NaN
        most = zero
    for s in range((last + LANES - 1) // LANES * LANES):  # what follows the last key, too
        row[s] = exp(row[s] - most)
    for s in range(0, last, LANES):
        sums = add(first(load(row, s), last - s, every(zero)), sums)
    sum_of = total(sums)
    share = scores.dtype.type(1) / sum_of if sum_of != zero else zero
    for s in range(0, room, LANES):
        store(row, s, multiply(first(load(row, s), last - s, every(zero)), every(share)))


@loop
def score_gradients(w, dw, at, room):
    """One row of weights and of their gradients: these become w (dw - sum of dw w)."""
    sums = every(w.dtype.type(0))
    for s in range(at, at + room, LANES):
        sums = multiply_add(load(w, s), load(dw, s), sums)
    mean = every(-total(sums))
    for s in range(at, at + room, LANES):
        store(dw, s, multiply(load(w, s), add(load(dw, s), mean)))
