"""One side of a comparison in a process of its own: a task as JSON in, figures as JSON out.

    python -m tinyllm.bench.worker '{"kind": "training", "side": "tinyllm", ...}'

Two libraries in one process would have two pools of threads, which take the cores from each other.
Who calls: compare.py.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from tinyllm.bench import process_memory
from tinyllm.bench.sizes import TINY, bytes_read
from tinyllm.kernels.jit import import_numba, on_compile

MODULES = {"tinyllm": "ours", "numpy": "ours", "by_hand": "by_hand"}
MODULES |= {"blas": "ours", "torch": "peer_torch", "uncached": "peer_torch"}
LIBRARIES = {"jax": ("jax", "optax"), "mygrad": ("mygrad", "mygrad.nnet")}
LIBRARIES |= {"tinygrad": ("tinygrad", "tinygrad.nn.optim")}
MEBIBYTE = 2**20


def module_of(side: str) -> Any:
    """Import the file that speaks for a side, with all the libraries it uses."""
    for library in LIBRARIES.get(side, ()):
        import_module(library)
    if side in ("tinyllm", "by_hand"):
        import_numba()
    return import_module(f"tinyllm.bench.{MODULES.get(side, 'peer_engines')}")


def step_of(side: str, sizes: dict[str, Any], batch: int, threads: int) -> Callable[[], float]:
    """Return a side's training step: always the same batch; gives the loss before the step."""
    module, config = module_of(side), SimpleNamespace(**sizes)
    if side == "numpy":
        return module.training_step(config, batch, "numpy")
    if side == "torch":
        return module.training_step(config, batch, threads)
    if side in MODULES:
        return module.training_step(config, batch)
    if threads < (os.cpu_count() or 1) and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])  # JAX goes by this
    return module.PEERS[side](config, batch)


def milliseconds(
    function: Callable[[], Any], times: int, limit: float = float("inf")
) -> list[float]:
    """How long each of several calls took, after two that do not count.

    limit:  seconds; where the second call takes longer, there is nothing to return
    """
    function()
    start = time.perf_counter()
    function()
    if time.perf_counter() - start > limit:
        return []
    took = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        took.append((time.perf_counter() - start) * 1e3)
    return took


def training(
    side: str, sizes: dict[str, Any], batch: int, threads: int, times: int, limit: float = 1e9
) -> dict[str, Any]:
    """Milliseconds of a training step."""
    return {"values": milliseconds(step_of(side, sizes, batch, threads), times, limit)}


def operation(side: str, name: str, context: int, threads: int, times: int) -> dict[str, Any]:
    """Milliseconds of one operation, forward and backward."""
    module = module_of(side)
    if side == "torch":
        module.torch.set_num_threads(threads)
    return {"values": milliseconds(module.operations(context)[name], times)}


def product(side: str, rows: int, layer: str, way: str, threads: int, times: int) -> dict[str, Any]:
    """Milliseconds of one product of matrices, which our tiles or NumPy's BLAS compute."""
    return {"values": milliseconds(module_of(side).product(side, rows, layer, way), times)}


def generation(
    side: str, sizes: dict[str, int], tokens: int, threads: int, times: int, bound: bool = False
) -> dict[str, Any]:
    """Milliseconds a token; with `bound`, also what memory allows.

    The bandwidth comes last: our loops change how OpenMP's threads wait, for PyTorch too.
    """
    module, config = module_of(side), SimpleNamespace(**sizes)
    if side == "tinyllm":
        run = module.generator(config)
    else:
        run = module.generator(side == "torch", config, threads)
    run(tokens)
    values = [1e3 / run(tokens)[1] for _ in range(times)]
    if not bound:
        return {"values": values}
    read_bandwidth = import_module("tinyllm.bench.bandwidth").read_bandwidth
    return {"values": values, "bytes": bytes_read(sizes), "bandwidth": read_bandwidth()}


def memory(
    side: str, sizes: dict[str, int], batch: int, threads: int, times: int
) -> dict[str, Any]:
    """MiB that some training steps need at most, beyond what the libraries hold.

    Libraries import much of themselves with the first step: Numba, and PyTorch's optimiser, some
    60 MiB each. So a first step of a tiny model comes before the count.
    """
    step_of(side, sizes | TINY, batch, threads)()
    before = process_memory.resident()
    step = step_of(side, sizes, batch, threads)
    for _ in range(times):
        step()
    most = process_memory.peak()
    return {"values": [(most - before) / MEBIBYTE], "libraries": before / MEBIBYTE}


def startup(
    side: str, sizes: dict[str, int], batch: int, threads: int, began: float
) -> dict[str, Any]:
    """Seconds from the start of this process, at the time `began`, to the end of the first step."""
    step_of(side, sizes, batch, threads)()
    return {"values": [time.time() - began]}


def kernels(side: str, threads: int) -> dict[str, Any]:
    """GFLOP/s of tinyllm's product of matrices; beside it all rungs, and what bounds them."""
    ladder = import_module("tinyllm.bench.ladder")
    rungs = [vars(rung) for rung in ladder.measure()]
    values = [rung["gflops"] for rung in rungs if rung["name"] == "parallel"]
    bounds = {"peak": ladder.peak(), "cache": ladder.cache_bandwidth()}
    return {"values": values, "rungs": rungs, **bounds, "bandwidth": ladder.bandwidth()}


KINDS = {
    "training": training,
    "operation": operation,
    "product": product,
    "generation": generation,
    "memory": memory,
    "startup": startup,
    "kernels": kernels,
}


def perform(kind: str, **task: Any) -> dict[str, Any]:
    """Do one task; return its figures, and the seconds that compiling took meanwhile."""
    compiling = [0.0]
    token = on_compile.set(lambda name, seconds: compiling.append(seconds))
    try:
        return KINDS[kind](**task) | {"compiling": sum(compiling)}
    finally:
        on_compile.reset(token)


if __name__ == "__main__":
    print(json.dumps(perform(**json.loads(sys.argv[1]))))  # noqa: T201 (the answer)
