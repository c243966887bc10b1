"""The subject `kernels`: the rungs of ladder.py in a process of its own, and what bounds them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from tinyllm.bench import ladder
from tinyllm.bench.compare import Measurement, Request, measurement, one_round
from tinyllm.bench.ladder import Rung
from tinyllm.bench.peers import OURS
from tinyllm.bench.table import Table, number

NOTES = (
    "GFLOP/s: 10^9 additions and multiplications a second, in the best call; float32, y = a b of "
    "768 by 128 and 128 by 512. Compiling is measured with an empty folder for compiled code, "
    "the speed in a second process that finds it there.",
)


def measure(request: Request) -> list[Measurement]:
    """Climb once to compile, then once more for each round."""
    first, found = measurement("compiling", "GFLOP/s"), measurement("a matrix product", "GFLOP/s")
    with TemporaryDirectory() as folder:
        for into in (first, *[found] * request.rounds):
            one_round(request, into, OURS, {"kind": "kernels"}, {"NUMBA_CACHE_DIR": folder})
    return [first, found]


def tables(measurements: list[Measurement]) -> list[Table]:
    """A row for each rung; then what bounds them."""
    first, rounds = (m["sides"][OURS] for m in measurements)
    rungs = Table(("rung", "GFLOP/s", "ms", "compiling, s", "what it is"))
    for i, rung in enumerate(rounds[0]["rungs"]):
        gflops, ms = (
            median(part["rungs"][i][name] for part in rounds) for name in ("gflops", "milliseconds")
        )
        compiling = f"{first[0]['rungs'][i]['compile_seconds']:.2f}"
        rungs.rows.append((rung["name"], number(gflops), number(ms), compiling, rung["what"]))
    bounds = Table(("what bounds them", "one thread", "all threads"))
    one, every = (f"{median(part['peak'][i] for part in rounds):.0f}" for i in (0, 1))
    cache, memory = (f"{median(p[name] for p in rounds):.0f}" for name in ("cache", "bandwidth"))
    bounds.rows.append(("arithmetic in registers, GFLOP/s", one, every))
    bounds.rows.append(("reading the nearest cache, GB/s", cache, ""))
    bounds.rows.append(("reading memory, GB/s", "", memory))
    return [rungs, bounds]


def draw(file: str | os.PathLike[str], measurements: Sequence[Measurement]) -> None:
    """Draw the roofline as PNG."""
    last: dict[str, Any] = measurements[-1]["sides"][OURS][-1]
    rungs = [Rung(**rung) for rung in last["rungs"]]
    one, every = last["peak"]
    ladder.figure(rungs, file, (one, every), last["bandwidth"], last["cache"])
