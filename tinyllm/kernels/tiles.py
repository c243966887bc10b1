"""The inner loop of every product: a tile of y that stays in registers, and the panels it reads.

Who calls: loops in kernels/matmul.py, attention.py and recurrent.py; it is compiled into them.
Source: Goto and van de Geijn 2008, Anatomy of High-Performance Matrix Multiplication.
"""

from tinyllm.kernels.jit import loop
from tinyllm.kernels.simd import LANES, fill, load, multiply_add, store

HEIGHT, WIDTH = 6, 2 * LANES  # 12 registers hold y, 2 a row of b, 1 a number of a: 15 of 16


@loop
def product(a, b, terms, before, y):
    """y[:HEIGHT, :WIDTH] = before[:HEIGHT, :WIDTH] + a[:HEIGHT, :terms] @ b[:terms, :WIDTH].

    Each one is (flat array, where it begins, how far to the next row); a also says how far it is
    to the next column. For 12 multiplications of registers there are 8 loads; the plain loop
    needs two loads and a store for each.
    """
    l0, l1, l2, l3, l4, l5 = column(before, 0)  # the left half of each row, one register each
    r0, r1, r2, r3, r4, r5 = column(before, LANES)  # and the right half
    x, x0, down, right = a
    x1, x2, x3, x4, x5 = x0 + down, x0 + 2 * down, x0 + 3 * down, x0 + 4 * down, x0 + 5 * down
    z, z0, z_down = b
    for k in range(terms):
        row = z0 + k * z_down
        left, rest = load(z, row), load(z, row + LANES)
        number = fill(x, x0 + k * right)
        l0, r0 = multiply_add(number, left, l0), multiply_add(number, rest, r0)
        number = fill(x, x1 + k * right)
        l1, r1 = multiply_add(number, left, l1), multiply_add(number, rest, r1)
        number = fill(x, x2 + k * right)
        l2, r2 = multiply_add(number, left, l2), multiply_add(number, rest, r2)
        number = fill(x, x3 + k * right)
        l3, r3 = multiply_add(number, left, l3), multiply_add(number, rest, r3)
        number = fill(x, x4 + k * right)
        l4, r4 = multiply_add(number, left, l4), multiply_add(number, rest, r4)
        number = fill(x, x5 + k * right)
        l5, r5 = multiply_add(number, left, l5), multiply_add(number, rest, r5)
    keep(y, 0, (l0, l1, l2, l3, l4, l5))
    keep(y, LANES, (r0, r1, r2, r3, r4, r5))


@loop
def column(x, i):
    """One register of each row, beginning at column i."""
    flat, at, down = x
    at += i
    return (
        load(flat, at),
        load(flat, at + down),
        load(flat, at + 2 * down),
        load(flat, at + 3 * down),
        load(flat, at + 4 * down),
        load(flat, at + 5 * down),
    )


@loop
def keep(x, i, registers):
    """Store one register of each row, beginning at column i."""
    flat, at, down = x
    at += i
    store(flat, at, registers[0])
    store(flat, at + down, registers[1])
    store(flat, at + 2 * down, registers[2])
    store(flat, at + 3 * down, registers[3])
    store(flat, at + 4 * down, registers[4])
    store(flat, at + 5 * down, registers[5])


@loop
def pack(b, steps, k, stop, N, packed, K):
    """Copy rows k to stop of b (K, N) into panels (K, WIDTH): a tile reads them in one piece."""
    down, right = steps
    for j in range(0, N, WIDTH):
        columns, at, to = min(WIDTH, N - j), k * down + j * right, (j * K) + k * WIDTH
        if columns == WIDTH and right == 1:
            for n in range(stop - k):
                store(packed, to + n * WIDTH, load(b, at + n * down))
                store(packed, to + n * WIDTH + LANES, load(b, at + n * down + LANES))
        elif columns == WIDTH and stop == k + WIDTH:  # both counts are known: LLVM unrolls them
            for c in range(WIDTH):
                for n in range(WIDTH):
                    packed[to + n * WIDTH + c] = b[at + n * down + c * right]
        else:
            for n in range(stop - k):
                for c in range(WIDTH):  # the last panel ends in zeros
                    inside = c < columns
                    value = b[at + n * down + c * right] if inside else b.dtype.type(0)
                    packed[to + n * WIDTH + c] = value
