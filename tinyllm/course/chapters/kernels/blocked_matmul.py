"""Exercise blocked-matmul: six loops in the place of three; and how much faster they are."""

from __future__ import annotations

import dis
import inspect
import re
import time
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from tinyllm.course.chapters.parts import part, some
from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.kernels import matmul
from tinyllm.kernels.jit import import_numba
from tinyllm.types import FLOAT, Array

WHOLE = {"@", "@=", "dot", "einsum", "inner", "matmul", "tensordot", "vdot"}  # products of arrays


def use(blocked: Callable[..., Array], a: Array, b: Array, size: int) -> Array:
    """Call it as Python, without @njit; refuse a product of whole arrays: the boss wants loops."""
    plain = getattr(blocked, "py_func", blocked)
    if isinstance(plain, FunctionType):
        operators = {step.argrepr for step in dis.get_instructions(plain)}
        for name in sorted(WHOLE & (operators | set(plain.__code__.co_names))):
            raise TypeError(f"{name!r} multiplies whole arrays; Numba is to compile loops here")
    return plain(a, b, size)


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, st  # noqa: PLC0415

    def chosen(drawn: tuple[Any, ...]) -> Arguments:
        rows, terms, columns, a, b, size = drawn
        return part(a, rows, terms), part(b, terms, columns), size

    factors = arrays((4, 4), nice()), arrays((4, 4), nice())
    return st.tuples(some(4), some(4), some(4), *factors, st.integers(1, 3)).map(chosen)


def probes() -> list[Arguments]:
    a = np.arange(1, 26, dtype=FLOAT).reshape(5, 5) / 2
    b = a[::-1].T.copy() - 3
    return [(a, b, 2), (a[:3], b[:, :4].copy(), 2), (a[:, :2].copy(), b[:2], 4), (a[:4], b, 5)]


def whole_blocks_only(a: Array, b: Array, size: int) -> Array:
    (M, K), N = a.shape, b.shape[1]
    y = np.zeros((M, N), a.dtype)
    for i0 in range(0, M // size * size, size):
        for k0 in range(0, K // size * size, size):
            for j0 in range(0, N // size * size, size):
                for i in range(i0, i0 + size):
                    for k in range(k0, k0 + size):
                        for j in range(j0, j0 + size):
                            y[i, j] += a[i, k] * b[k, j]
    return y


def over_the_edge(a: Array, b: Array, size: int) -> Array:
    (M, K), N = a.shape, b.shape[1]
    y = np.zeros((M, N), a.dtype)
    for i0 in range(0, M, size):
        for k0 in range(0, K, size):
            for j0 in range(0, N, size):
                for i in range(i0, i0 + size):
                    for k in range(k0, k0 + size):
                        for j in range(j0, j0 + size):
                            y[i, j] += a[i, k] * b[k, j]
    return y


def each_block_starts_anew(a: Array, b: Array, size: int) -> Array:
    (M, K), N = a.shape, b.shape[1]
    y = np.zeros((M, N), a.dtype)
    for k0 in range(0, K, size):
        for i0 in range(0, M, size):
            for j0 in range(0, N, size):
                for i in range(i0, min(i0 + size, M)):
                    for j in range(j0, min(j0 + size, N)):
                        y[i, j] = 0
                        for k in range(k0, min(k0 + size, K)):
                            y[i, j] += a[i, k] * b[k, j]
    return y


def first_terms_only(a: Array, b: Array, size: int) -> Array:
    (M, K), N = a.shape, b.shape[1]
    y = np.zeros((M, N), a.dtype)
    for i0 in range(0, M, size):
        for j0 in range(0, N, size):
            for i in range(i0, min(i0 + size, M)):
                for k in range(min(size, K)):
                    for j in range(j0, min(j0 + size, N)):
                        y[i, j] += a[i, k] * b[k, j]
    return y


def last_of_each_block_missing(a: Array, b: Array, size: int) -> Array:
    (M, K), N = a.shape, b.shape[1]
    y = np.zeros((M, N), a.dtype)
    for i0 in range(0, M, size):
        for k0 in range(0, K, size):
            for j0 in range(0, N, size):
                for i in range(i0, min(i0 + size - 1, M)):
                    for k in range(k0, min(k0 + size - 1, K)):
                        for j in range(j0, min(j0 + size - 1, N)):
                            y[i, j] += a[i, k] * b[k, j]
    return y


def blocks_overlap(a: Array, b: Array, size: int) -> Array:
    (M, K), N = a.shape, b.shape[1]
    y = np.zeros((M, N), a.dtype)
    for i0 in range(0, M, size):
        for k0 in range(0, K, size):
            for j0 in range(0, N, size):
                for i in range(i0, min(i0 + size + 1, M)):
                    for k in range(k0, min(k0 + size + 1, K)):
                        for j in range(j0, min(j0 + size + 1, N)):
                            y[i, j] += a[i, k] * b[k, j]
    return y


def second_transposed(a: Array, b: Array, size: int) -> Array:
    (M, K), N = a.shape, b.shape[1]
    y = np.zeros((M, N), a.dtype)
    for i0 in range(0, M, size):
        for k0 in range(0, K, size):
            for j0 in range(0, N, size):
                for i in range(i0, min(i0 + size, M)):
                    for k in range(k0, min(k0 + size, K)):
                        for j in range(j0, min(j0 + size, N)):
                            y[i, j] += a[i, k] * b[j, k]
    return y


def steps_of_one(a: Array, b: Array, size: int) -> Array:
    (M, K), N = a.shape, b.shape[1]
    y = np.zeros((M, N), a.dtype)
    for i0 in range(0, M, size):
        for k0 in range(K):
            for j0 in range(0, N, size):
                for i in range(i0, min(i0 + size, M)):
                    for k in range(k0, min(k0 + size, K)):
                        for j in range(j0, min(j0 + size, N)):
                            y[i, j] += a[i, k] * b[k, j]
    return y


def float64_result(a: Array, b: Array, size: int) -> Array:
    (M, K), N = a.shape, b.shape[1]
    y = np.zeros((M, N))
    for i in range(M):
        for k in range(K):
            for j in range(N):
                y[i, j] += a[i, k] * b[k, j]
    return y


def products_of_blocks(a: Array, b: Array, size: int) -> Array:
    (M, K), N = a.shape, b.shape[1]
    y = np.zeros((M, N), a.dtype)
    for i in range(0, M, size):
        for j in range(0, N, size):
            for k in range(0, K, size):
                part = a[i : i + size, k : k + size] @ b[k : k + size, j : j + size]
                y[i : i + size, j : j + size] += part
    return y


def rows_of_blocks(a: Array, b: Array, size: int) -> Array:
    (M, K), N = a.shape, b.shape[1]
    y = np.zeros((M, N), a.dtype)
    for k0 in range(0, K, size):
        for j0 in range(0, N, size):
            for i in range(M):
                for k in range(k0, min(k0 + size, K)):
                    y[i, j0 : j0 + size] += a[i, k] * b[k, j0 : j0 + size]
    return y


def sum_in_a_number(a: Array, b: Array, size: int) -> Array:
    (M, K), N = a.shape, b.shape[1]
    y = np.zeros((M, N), a.dtype)
    for j0 in range(0, N, size):
        for k0 in range(0, K, size):
            for i in range(M):
                for j in range(j0, min(j0 + size, N)):
                    total = y[i, j]
                    for k in range(k0, min(k0 + size, K)):
                        total += a[i, k] * b[k, j]
                    y[i, j] = total
    return y


BLOCKED_MATMUL = Exercise(
    name="blocked-matmul",
    target="tinyllm.kernels.matmul:blocked",
    use=use,
    cases=cases,
    probes=probes,
    mistakes=(
        whole_blocks_only,
        over_the_edge,
        each_block_starts_anew,
        first_terms_only,
        last_of_each_block_missing,
        blocks_overlap,
        second_transposed,
        steps_of_one,
        float64_result,
        products_of_blocks,
    ),
    others=(rows_of_blocks, sum_in_a_number),
)


# -------------------------------------------------------------------- how fast it is
SIDE, BLOCKS, ROUNDS = 512, (32, 64, 128), 3


def three_loops(a: Array, b: Array, size: int) -> Array:
    """The definition; `size` is not used."""
    y = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = a.dtype.type(0)
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            y[i, j] = total
    return y


def measure(say: Callable[[str], None]) -> None:
    """Compile the blocked product and the three loops, and say how many times faster it is."""
    numba = import_numba()
    function = inspect.unwrap(matmul.blocked)  # without what counts its calls
    function = getattr(function, "py_func", function)  # without the learner's @njit
    a, b = np.random.default_rng(0).standard_normal((2, SIDE, SIDE)).astype(FLOAT)
    try:
        blocked, loops = numba.njit(function), numba.njit(three_loops)
        few = a[:2], b[:, :2].copy(), 2
        apart = np.abs(matmul.blocked(*few) - blocked(*few)).max()  # as Python, and compiled
        wrong = max(apart, np.abs(blocked(a, b, 100) - a @ b).max())
    except (numba.core.errors.NumbaError, ImportError) as error:
        say(f"blocked product: Numba cannot compile it: {reason(error)}. Write plain loops.")
        return
    if wrong > 0.01:
        say(f"blocked product: compiled, it is wrong by {wrong:.2g}")
        return
    slow = fastest(loops, a, b, 0)
    for size in BLOCKS:
        quick = fastest(blocked, a, b, size)
        say(
            f"product of two matrices {SIDE} x {SIDE} in blocks of {size}: {quick * 1e3:.0f} ms, "
            f"{slow / quick:.1f} times as fast as three loops ({slow * 1e3:.0f} ms)"
        )


def reason(error: Exception) -> str:
    """Say in one line what the compiler did not like: its messages fill a screen, in colours."""
    head, *rest = re.sub(r"\x1b\[\d*m", "", str(error)).strip().splitlines()
    text = rest[0] if rest and head.startswith("Failed in") else head
    place = getattr(error, "loc", None)
    return text.rstrip(".") if place is None else f"line {place.line}: {text.rstrip('.')}"


def fastest(product: Callable[..., Array], a: Array, b: Array, size: int) -> float:
    """Return the seconds of the best of a few rounds."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        product(a, b, size)
        seconds.append(time.perf_counter() - start)
    return min(seconds)
