"""How the time of a training step grows: one size changes, the others stay. With exponents."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import Any

from tinyllm.bench.compare import Measurement, Request, measurement, one_round
from tinyllm.bench.peers import OURS
from tinyllm.bench.ratios import exponent, ratios, values_of
from tinyllm.bench.sizes import BATCH, SMALL
from tinyllm.bench.table import Table, number

QUANTITIES: dict[str, tuple[int, ...]] = {
    "context": (64, 128, 256, 512, 1024),
    "width": (64, 128, 256, 512, 768),
    "layers": (1, 2, 4, 8, 16),
    "batch": (1, 4, 12, 32, 64),
    "threads": (1, 2),
}
TIMES, LIMIT = 5, 3.0  # calls at each size; seconds of a step that is too slow to be measured
NOTES = (
    f"Others than the size that changes: {', '.join(f'{n} {v}' for n, v in SMALL.items())}, "
    f"batch {BATCH}. Exponent: p of time = c size^p, by least squares on the logarithms.",
)


def task_at(quantity: str, size: int) -> dict[str, Any]:
    """Return the task of a training step where one quantity has another size."""
    task = {"kind": "training", "sizes": SMALL, "batch": BATCH, "times": TIMES, "limit": LIMIT}
    if quantity in SMALL:
        return task | {"sizes": SMALL | {quantity: size}}
    return task | {quantity: size}


def measure(request: Request) -> list[Measurement]:
    """Measure each side at each size, in turns; a side that is too slow leaves larger ones out."""
    found = []
    for quantity, sizes in QUANTITIES.items():
        slow: set[str] = set()
        for size in sizes:
            into = measurement(f"{quantity} {size}", "ms", quantity=quantity, size=size)
            for n in range(request.rounds):
                for side in request.sides if n % 2 == 0 else request.sides[::-1]:
                    if side not in slow:
                        one_round(request, into, side, task_at(quantity, size))
            slow |= {side for side in into["sides"] if not values_of(into, side)}
            for side in slow:
                into["sides"].pop(side, None)
            found.append(into)
    return found


def curves(measurements: Iterable[Measurement]) -> dict[str, dict[str, dict[int, float]]]:
    """Return {quantity: {side: {size: median ms}}}."""
    found: dict[str, dict[str, dict[int, float]]] = {}
    for m in measurements:
        for side in m["sides"]:
            line = found.setdefault(m["quantity"], {}).setdefault(side, {})
            line[m["size"]] = median(values_of(m, side))
    return found


def tables(measurements: list[Measurement]) -> list[Table]:
    """Exponents, then the time at each size."""
    sides = list(dict.fromkeys(side for m in measurements for side in m["sides"]))
    powers = Table(("grows with", "from", "to", *(f"{side}, exponent" for side in sides)))
    for quantity, lines in curves(measurements).items():
        sizes = sorted({size for line in lines.values() for size in line})
        cells = [power(lines.get(side, {})) for side in sides]
        powers.rows.append((quantity, str(sizes[0]), str(sizes[-1]), *cells))
    peers = [side for side in sides if side != OURS]
    head = ("size", *(f"{side}, ms" for side in sides), *(f"ratio to {peer}" for peer in peers))
    times = Table(head)
    for m in measurements:
        cells = [number(median(values_of(m, s))) if s in m["sides"] else "" for s in sides]
        times.rows.append((m["name"], *cells, *(ratio_at(m, peer) for peer in peers)))
    return [powers, times]


def power(line: dict[int, float]) -> str:
    """Return the exponent of {size: ms}, as text."""
    found = exponent(list(line), list(line.values()))
    return "" if found is None else f"{found:.2f}"


def ratio_at(measured: Measurement, peer: str) -> str:
    """Return the median ratio at one size, as text; empty where a side is missing."""
    both = {OURS, peer} <= measured["sides"].keys()
    return f"{median(ratios(measured, peer)):.2f}" if both else ""
