"""What tinyllm has found and chosen on this machine, and whether its threads get along.

Who calls: `tinyllm doctor`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np

from tinyllm.bench import machine
from tinyllm.kernels import gelu, jit, process
from tinyllm.kernels.simd import LANES
from tinyllm.text.datasets import DATASETS, folders

FIGHT = 1.5  # times the sum of both alone; without a fight, 0.9 to 1.2 was measured


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what was found, and, if that is bad, what to do."""

    name: str
    found: str
    advice: str = ""


def examine() -> list[Finding]:
    """Look at everything; takes some seconds, and longer where loops must be compiled first."""
    versions = ", ".join(f"{name} {number}" for name, number in machine.versions().items())
    return [
        Finding("versions", versions),
        Finding("processor", f"{machine.processor()}, {machine.cores()} cores for this process"),
        Finding("registers", f"{LANES} float32 numbers wide, as NumPy reports the processor"),
        threads(),
        fight(),
        compiled_code(),
        data_sets(),
    ]


def threads() -> Finding:
    """How many threads our loops use, of which library, and what decided."""
    gelu.tanh_forward(np.ones(8, np.float32))  # only a parallel loop starts the threads
    count, layer = jit.thread_count(), jit.import_numba().threading_layer()
    names = [n for n in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS") if os.environ.get(n)]
    by = f"set by {' and '.join(names)}" if names else "one for each core"
    found = f"{count} ({layer}), {by}"
    if count > machine.cores():
        return Finding(
            "threads", found, f"more threads than cores: export NUMBA_NUM_THREADS={machine.cores()}"
        )
    return Finding("threads", found)


def fight(rounds: int = 7) -> Finding:
    """Take turns between our threads and those of NumPy's BLAS: does it take longer than alone?

    Two pools of threads in one process can take the cores from each other, when threads that wait
    keep spinning. kernels/process.py asks them to sleep.
    """
    x, a = np.ones(2**18, np.float32), np.ones((384, 384), np.float32)

    def loop() -> object:
        return gelu.tanh_forward(x)

    def product() -> object:
        return a @ a

    def both() -> object:
        return loop(), product()

    ratios = [seconds(both) / (seconds(loop) + seconds(product)) for _ in range(rounds)]
    ratio = median(ratios)
    found = f"loops and BLAS in turns take {ratio:.2f} times what they take alone"
    if ratio < FIGHT:
        return Finding("fight", f"none: {found}")
    asked = ", ".join(f"{name}={value}" for name, value in process.WAITING.items())
    return Finding("fight", found, f"waiting threads spin: unset OMP_WAIT_POLICY, or set {asked}")


def seconds(call: Callable[[], object], times: int = 20) -> float:
    """How long so many calls take, after one that does not count."""
    call()
    start = time.perf_counter()
    for _ in range(times):
        call()
    return time.perf_counter() - start


def compiled_code() -> Finding:
    """Where compiled loops are kept, and how many are there."""
    folder = jit.import_numba().config.CACHE_DIR
    count = sum(file.endswith(".nbi") for _, _, files in os.walk(folder) for file in files)
    if not os.access(folder, os.W_OK):
        return Finding(
            "compiled", f"{folder} cannot be written", "set NUMBA_CACHE_DIR to a folder that can"
        )
    return Finding("compiled", f"{count} loops in {folder}")


def data_sets() -> Finding:
    """Which named data sets are on this machine."""
    here = [
        name
        for name, known in DATASETS.items()
        if not known.file or any((folder / known.file).is_file() for folder in folders())
    ]
    where = ", ".join(str(folder) for folder in folders())
    return Finding("data sets", f"{', '.join(here) or 'none'} (looked in {where})")
