"""The one inner loop of every product: four rows of a times a matrix. Compiled into its callers.

Who calls: loops in kernels/matmul.py and kernels/attention.py.
"""

from tinyllm.kernels.jit import loop

ROWS = 4


@loop
def four_rows(a, b, c, terms, start, stop):
    """c[:4, : stop - start] = a[:4, :terms] @ b[:terms, start:stop].

    Each value loaded from b serves four rows, each value of c is loaded once for four terms:
    16 multiply-adds for 12 accesses, where the plain loop needs 3 accesses for each.
    """
    zero = c.dtype.type(0)
    c0, c1, c2, c3 = c[0], c[1], c[2], c[3]
    columns = stop - start  # not b[:, start:stop]: its rows would not be known to lie in order
    for j in range(columns):
        c0[j] = zero
        c1[j] = zero
        c2[j] = zero
        c3[j] = zero
    fours = terms - terms % 4
    for k in range(0, fours, 4):
        b0, b1 = b[k, start:stop], b[k + 1, start:stop]
        b2, b3 = b[k + 2, start:stop], b[k + 3, start:stop]
        a00, a01, a02, a03 = a[0, k], a[0, k + 1], a[0, k + 2], a[0, k + 3]
        a10, a11, a12, a13 = a[1, k], a[1, k + 1], a[1, k + 2], a[1, k + 3]
        a20, a21, a22, a23 = a[2, k], a[2, k + 1], a[2, k + 2], a[2, k + 3]
        a30, a31, a32, a33 = a[3, k], a[3, k + 1], a[3, k + 2], a[3, k + 3]
        for j in range(columns):
            c0[j] += a00 * b0[j] + a01 * b1[j] + a02 * b2[j] + a03 * b3[j]
            c1[j] += a10 * b0[j] + a11 * b1[j] + a12 * b2[j] + a13 * b3[j]
            c2[j] += a20 * b0[j] + a21 * b1[j] + a22 * b2[j] + a23 * b3[j]
            c3[j] += a30 * b0[j] + a31 * b1[j] + a32 * b2[j] + a33 * b3[j]
    for k in range(fours, terms):
        row, a0, a1, a2, a3 = b[k, start:stop], a[0, k], a[1, k], a[2, k], a[3, k]
        for j in range(columns):
            c0[j] += a0 * row[j]
            c1[j] += a1 * row[j]
            c2[j] += a2 * row[j]
            c3[j] += a3 * row[j]
