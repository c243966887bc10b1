"""How fast one product of matrices is on each rung, from plain loops to tinyllm's own tiles.

The loops are in rungs.py. Beside them stands what bounds them: `peak`, `cache_bandwidth` and
`bandwidth`; `figure` draws both. Told in docs/why-this-kernel-is-fast.md.
Who calls: `tinyllm bench kernels`.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from tinyllm.bench import rungs
from tinyllm.bench.bandwidth import read_bandwidth
from tinyllm.errors import MeasurementError
from tinyllm.files import write_atomically
from tinyllm.kernels import matmul
from tinyllm.kernels.jit import loop, parallel_loop, prange, thread_count
from tinyllm.kernels.simd import LANES, add, load, multiply_add
from tinyllm.kernels.tiles import HEIGHT, WIDTH, column, keep
from tinyllm.types import Array

LEAST, MOST = 0.3, 2.0  # seconds for which each rung is called again and again
SPAN = 14 * LANES  # numbers that a thread of `peak` has: 14 registers


@dataclass(frozen=True)
class Method:
    """A rung before it is measured; `bytes` as in Rung."""

    call: Callable[[Array, Array], Array]
    bytes: float | None
    what: str


@dataclass(frozen=True)
class Rung:
    """A rung, measured.

    Units:
        gflops           10^9 additions and multiplications a second, in the best call
        milliseconds     of the best call
        compile_seconds  the first call less a typical one: nearly 0 where the compiled loop was
                         kept from an earlier run
        bytes            what the inner loop loads and stores for each addition or multiplication,
                         from whatever cache or memory; None: not known
    """

    name: str
    gflops: float
    compile_seconds: float
    milliseconds: float
    what: str
    bytes: float | None = None


def _filled(into: Any) -> Callable[[Array, Array], Array]:
    """Give a y of zeros to a loop that adds to it."""

    def call(a: Array, b: Array) -> Array:
        y = rungs.zeros(len(a), b.shape[1])
        into(a, b, y)
        return y

    return call


OF_TILE = 4 * (HEIGHT + WIDTH) / (2 * HEIGHT * WIDTH)  # bytes loaded for each k, by operations
METHODS = {
    "naive": Method(_filled(rungs.naive), 4.0, "three loops, as the formula says"),
    "reordered": Method(_filled(rungs.reordered), 6.0, "the inner loop runs along memory"),
    "blocked": Method(_filled(rungs.blocked), 6.0, "a block of b stays in the nearest cache"),
    "packed": Method(_filled(rungs.packed), 6.0, "each block of b is one piece of memory"),
    "register tile": Method(rungs.tiled, OF_TILE, "a tile of y stays in registers"),
    "parallel": Method(matmul.tiles.numba, OF_TILE, "tinyllm's own tiles, on all threads"),
    "NumPy's BLAS": Method(np.matmul, None, "for comparison: a @ b, on all threads"),
}


# -------------------------------------------------------------------- the rungs
def measure(M: int = 768, K: int = 128, N: int = 512, times: int = 10) -> list[Rung]:
    """Measure all rungs, one after the other, with the product of an M by K and a K by N matrix.

    times:   calls of each after its first one: more where they are over soon, fewer where they
             take more than two seconds
    Raises:  MeasurementError where a rung gives something else than a @ b
    """
    rng, a, b = np.random.default_rng(0), rungs.zeros(M, K), rungs.zeros(K, N)
    a[:], b[:] = rng.standard_normal((M, K)), rng.standard_normal((K, N))
    return [_measured(name, method, a, b, times) for name, method in METHODS.items()]


def _measured(name: str, method: Method, a: Array, b: Array, times: int) -> Rung:
    """Time one rung, and check what it gives."""
    first = _seconds(lambda: _check(name, method.call(a, b), a @ b))
    took: list[float] = []
    while sum(took) < LEAST or (len(took) < times and sum(took) < MOST):
        took.append(_seconds(lambda: method.call(a, b)))
    return Rung(
        name=name,
        gflops=2 * a.size * b.shape[1] / min(took) / 1e9,
        compile_seconds=max(0.0, first - median(took)),
        milliseconds=min(took) * 1e3,
        what=method.what,
        bytes=method.bytes,
    )


def _check(name: str, y: Array, expected: Array) -> None:
    """Hold y to what BLAS gives; float32 adds in another order, so not to the last bit."""
    error, most = np.abs(y - expected).max(), np.abs(expected).max()
    if not error <= 1e-5 * most:
        raise MeasurementError(f"kernels: {name} differs from a @ b by {error:.1g} of {most:.3g}.")


def _seconds(call: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


# -------------------------------------------------------------------- what bounds them
@loop
def _chains(x, at, rounds):
    """c = c d + e in 12 registers, again and again. No round reads memory."""
    d, e, start = load(x, at), load(x, at + LANES), at + 2 * LANES
    l0, l1, l2, l3, l4, l5 = column((x, start, LANES), 0)
    r0, r1, r2, r3, r4, r5 = column((x, start, LANES), 6 * LANES)
    for _ in range(rounds):
        l0, r0 = multiply_add(l0, d, e), multiply_add(r0, d, e)
        l1, r1 = multiply_add(l1, d, e), multiply_add(r1, d, e)
        l2, r2 = multiply_add(l2, d, e), multiply_add(r2, d, e)
        l3, r3 = multiply_add(l3, d, e), multiply_add(r3, d, e)
        l4, r4 = multiply_add(l4, d, e), multiply_add(r4, d, e)
        l5, r5 = multiply_add(l5, d, e), multiply_add(r5, d, e)
    keep((x, start, LANES), 0, (l0, l1, l2, l3, l4, l5))
    keep((x, start, LANES), 6 * LANES, (r0, r1, r2, r3, r4, r5))


@parallel_loop
def _chains_in_threads(x, rounds, threads):
    """Each thread has its own 14 registers of x."""
    for thread in prange(threads):
        _chains(x, thread * SPAN, rounds)


@loop
def _read(x, rounds):
    """Load all of x, a multiple of six registers, again and again; add what was loaded."""
    s0, s1, s2, s3, s4, s5 = column((x, 0, LANES), 0)
    for _ in range(rounds):
        for i in range(0, x.size, 6 * LANES):
            n0, n1, n2, n3, n4, n5 = column((x, i, LANES), 0)
            s0, s1, s2 = add(s0, n0), add(s1, n1), add(s2, n2)
            s3, s4, s5 = add(s3, n3), add(s4, n4), add(s5, n5)
    keep((x, 0, LANES), 0, (s0, s1, s2, s3, s4, s5))


def peak() -> tuple[float, float]:
    """Return the most GFLOP/s that one thread computes, and all threads: nothing is loaded."""
    return _peak(1), _peak(thread_count())


def _peak(threads: int, rounds: int = 1_000_000) -> float:
    """Measure so many threads; the best of short calls, as anything else disturbs them."""
    x = np.full(threads * SPAN, 0.5, np.float32)
    _chains_in_threads(x, 1, threads)  # compiles
    best = min(_seconds(lambda: _chains_in_threads(x, rounds, threads)) for _ in range(100))
    return threads * rounds * 12 * LANES * 2 / best / 1e9


def cache_bandwidth(size: int = 24 * 1024, rounds: int = 1000) -> float:
    """Return how many GB/s one thread reads of an array of about `size` bytes, again and again."""
    count = size // (24 * LANES) * 6 * LANES
    x = rungs.zeros(count)
    _read(x, 1)  # compiles
    best = min(_seconds(lambda: _read(x, rounds)) for _ in range(100))
    return x.nbytes * rounds / best / 1e9


def bandwidth() -> float:
    """Return how many GB/s all threads together read of an array that no cache holds, 1 GiB."""
    return read_bandwidth() / 1e9


# -------------------------------------------------------------------- the picture
def figure(
    rungs: Sequence[Rung],
    path: str | os.PathLike[str],
    peaks: tuple[float, float] | None = None,
    memory: float | None = None,
    cache: float | None = None,
) -> None:
    """Draw a roofline as PNG: each rung by what it loads and stores, below what bounds it.

    peaks, memory, cache:  what peak(), bandwidth() and cache_bandwidth() gave; measured anew
                           where left out
    Units:                 operations a byte to the right, GFLOP/s upwards
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (slow import)
    from matplotlib.figure import Figure  # noqa: PLC0415

    drawing = Figure(figsize=(7.5, 5), layout="constrained")
    axes = drawing.add_subplot()
    one, every = peaks or peak()
    _roof(axes, "nearest cache, one thread", cache or cache_bandwidth(), one, "#1f6fb4")
    _roof(axes, "memory, all threads", memory or bandwidth(), every, "#c44e52")
    written: dict[float, float] = {}  # how high the last text at this x stands
    for rung in sorted(rungs, key=lambda rung: rung.gflops):
        if rung.bytes is None:
            axes.axhline(rung.gflops, color="#9a9a9a", linewidth=0.8, linestyle=":")
            axes.text(0.105, rung.gflops, rung.name, va="bottom", fontsize=8)
            continue
        x = 1 / rung.bytes
        written[x] = max(rung.gflops, written.get(x, 0) * 1.25)
        axes.plot(x, rung.gflops, "o", color="black", markersize=4)
        axes.text(x * 1.07, written[x], rung.name, va="center", fontsize=8)
    axes.set(xscale="log", yscale="log", xlim=(0.1, 20), ylim=(0.3, 1.6 * every))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set(xlabel="operations for each byte loaded or stored", ylabel="GFLOP/s")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    picture = io.BytesIO()
    FigureCanvasAgg(drawing).print_png(picture)
    write_atomically(path, picture.getvalue())


def _roof(axes: Any, name: str, gigabytes: float, gflops: float, color: str) -> None:
    """As fast as the bytes come, up to what can be computed."""
    x = np.geomspace(0.1, 20, 200)
    label = f"{name}: {gigabytes:.0f} GB/s, {gflops:.0f} GFLOP/s"
    axes.plot(x, np.minimum(gigabytes * x, gflops), color=color, label=label)
