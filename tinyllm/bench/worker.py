"""One side of a comparison, in a process of its own: prints its figures as one line of JSON.

python -m tests.benchmarks.worker tinyllm step 30
"""

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

SMALL = SimpleNamespace(vocabulary=65, context=64, layers=4, heads=4, width=128)
BATCH = 12


def training(side: str) -> Callable[[], Any]:
    """The training step of nanoGPT's configuration for a CPU."""
    if side in ("tinyllm", "numpy"):
        ours = import_module("tests.benchmarks.ours")
        return ours.training_step(SMALL, BATCH, "numba" if side == "tinyllm" else "numpy")
    if side in ("by_hand", "torch"):
        module = "by_hand" if side == "by_hand" else "peer_torch"
        return import_module(f"tests.benchmarks.{module}").training_step(SMALL, BATCH)
    return import_module("tests.benchmarks.peer_numpy_engines").PEERS[side](SMALL, BATCH)


def operation(side: str, name: str, T: int) -> Callable[[], Any]:
    """Forward and backward of one operation."""
    if side == "tinyllm":
        return import_module("tests.benchmarks.ours").operations(T)[name]
    return import_module("tests.benchmarks.peer_torch").ops(T)[name]


def milliseconds(function: Callable[[], Any], times: int) -> list[float]:
    """How long each of several calls took, after two that do not count."""
    function()
    function()
    took = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        took.append((time.perf_counter() - start) * 1e3)
    return took


def generation(side: str) -> list[float]:
    """Milliseconds a token, over windows of 63 tokens."""
    if side == "tinyllm":
        run = import_module("tests.benchmarks.ours").generator(SMALL)
    else:
        torch = import_module("tests.benchmarks.peer_torch")
        run = (torch.generate_cached if side == "torch" else torch.generate_uncached)(SMALL)
    run(63)
    return [1e3 / run(63)[1] for _ in range(8)]


def measure(side: str, what: str, times: int) -> list[float]:
    """Milliseconds of "step", "generate", or an operation as "softmax@64"."""
    if what == "step":
        return milliseconds(training(side), times)
    if what == "generate":
        return generation(side)
    name, _, T = what.partition("@")
    return milliseconds(operation(side, name, int(T)), times)


if __name__ == "__main__":
    side, what, times = sys.argv[1:]
    print(json.dumps(measure(side, what, int(times))))
