"""What a measurement leaves: one dictionary, as JSON in a file, as tables on a page."""

from __future__ import annotations

from typing import Any

from tinyllm.bench import machine
from tinyllm.bench.compare import Request
from tinyllm.bench.ratios import verdict
from tinyllm.bench.subjects import SUBJECTS
from tinyllm.bench.table import Table

FORMAT = 1  # of the JSON
SEED = 0  # of weights and batches, on all sides


def measure(name: str, request: Request, command: str) -> dict[str, Any]:
    """Measure a subject; return raw figures, conditions, and the verdict on noise."""
    found = machine.conditions(request.sides, request.threads)  # before a peer drops out
    measurements = SUBJECTS[name].measure(request)
    return {
        "format": FORMAT,
        "subject": name,
        "command": command,
        **found,
        "seed": SEED,
        "rounds": request.rounds,
        "measurements": measurements,
        "noise": verdict(measurements),
        "notes": [*SUBJECTS[name].notes, *request.notes],
        "figure": None,
    }


def tables(results: dict[str, Any]) -> list[Table]:
    """Return the tables of a subject's raw figures."""
    return SUBJECTS[results["subject"]].tables(results["measurements"])
