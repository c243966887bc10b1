"""The sides of a comparison take turns, each in a process of its own. Who calls: subjects.py.

A change of the machine's speed so meets all sides. What counts is their ratio, round by round.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tinyllm
from tinyllm.bench.peers import OURS
from tinyllm.errors import MeasurementError

Measurement = dict[str, Any]
"""{"name": what, "unit": of the values, "sides": {side: [a round's {"values": [...], ...}]}}"""

HOME = Path(tinyllm.__file__).parents[1]  # where the worker finds this very tinyllm
THREADS = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
UNSET = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}  # they choose slower loops in NumPy's BLAS
COMPILES = ("startup", "kernels")  # tasks in which compiling is itself measured


def ignore(text: str) -> None:
    """Say nothing."""


@dataclass
class Request:
    """What was asked for, and who takes part."""

    peers: list[str]
    named: bool  # the peers were asked for by name: one that fails ends the run
    rounds: int
    threads: int
    say: Callable[[str], None] = ignore  # takes one line on how it goes
    notes: list[str] = field(default_factory=list)  # what a reader of the figures must know

    @property
    def sides(self) -> list[str]:
        """Tinyllm and its peers."""
        return [OURS, *self.peers]


def measurement(name: str, unit: str, **facts: Any) -> Measurement:
    """Return one without figures."""
    return {"name": name, "unit": unit, **facts, "sides": {}}


def in_turns(request: Request, into: Measurement, task: Mapping[str, Any]) -> Measurement:
    """Let all sides do a task, round by round, every other round in reverse."""
    for n in range(request.rounds):
        for side in request.sides if n % 2 == 0 else request.sides[::-1]:
            one_round(request, into, side, task)
    return into


def one_round(
    request: Request,
    into: Measurement,
    side: str,
    task: Mapping[str, Any],
    environment: Mapping[str, str] | None = None,
) -> None:
    """Let one side do a task once more. A peer that nobody named may fail; a note says so.

    A process that had to compile is not measured: it holds the compiler, and its loops can be
    slower than they are from the next start on. What it has compiled is kept, so it goes again.

    Raises:  MeasurementError if tinyllm, or a peer that was named, fails
    """
    done = len(into["sides"].get(side, ()))
    request.say(f"{into['name']}: {side}, round {done + 1} of {request.rounds}")
    whole, environment = {"threads": request.threads, **task, "side": side}, environment or {}
    try:
        figures = run(whole, environment)
        if figures["compiling"] and task["kind"] not in COMPILES:
            figures = run(whole, environment)
    except MeasurementError as error:
        if side == OURS or request.named:
            raise
        request.peers.remove(side)
        request.notes.append(f"left out: {error}")
        into["sides"].pop(side, None)
        return
    into["sides"].setdefault(side, []).append(figures)


def run(task: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Let a process of its own do a task; return its figures.

    Raises:  MeasurementError with the last line that the process said
    """
    line = [sys.executable, "-W", "ignore", "-m", "tinyllm.bench.worker", json.dumps(task)]
    variables = {name: value for name, value in os.environ.items() if name not in UNSET}
    variables |= dict.fromkeys(THREADS, str(task["threads"]))
    variables |= environment
    done = subprocess.run(line, cwd=HOME, env=variables, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise MeasurementError(f"bench: {task['side']} failed at {task['kind']}: {said[-1]}")
    return json.loads(done.stdout.splitlines()[-1])
