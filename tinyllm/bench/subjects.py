"""What can be measured: SUBJECTS. Each says who takes part, how it is done, how it is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from tempfile import TemporaryDirectory

from tinyllm.bench import growth, kernels
from tinyllm.bench.compare import Measurement, Request, in_turns, measurement, one_round
from tinyllm.bench.peers import OURS
from tinyllm.bench.ratios import ratios, values_of
from tinyllm.bench.sizes import BATCH, GPT2, LARGER, LAYERS, RECURRENT, SMALL
from tinyllm.bench.table import Table, number
from tinyllm.nn.rnn import CELLS

TRAINING = ("torch", "numpy", "by_hand", "jax", "mygrad", "tinygrad")
OPERATIONS = (
    "softmax", "layer_norm", "cross_entropy", "gelu", "attention", "adamw", "embedding",
)  # fmt: skip
STEP = {"sizes": SMALL, "batch": BATCH}
RATIO = "Ratio: what the peer needs over what tinyllm needs, median and range of the rounds."


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One thing to measure."""

    about: str
    measure: Callable[[Request], list[Measurement]]
    tables: Callable[[list[Measurement]], list[Table]]
    peers: tuple[str, ...] = ()  # who can take part
    usual: tuple[str, ...] = ("torch",)  # who does, where nobody is named
    rounds: int = 5
    notes: tuple[str, ...] = (RATIO,)


# -------------------------------------------------------------------- measuring
def train(request: Request) -> list[Measurement]:
    """A training step of nanoGPT's configuration for a CPU."""
    into = measurement("training step", "ms")
    return [in_turns(request, into, {"kind": "training", **STEP, "times": 30})]


def recurrent(request: Request) -> list[Measurement]:
    """A training step of a recurrent model with each kind of cell."""
    task = {"kind": "training", "batch": BATCH, "times": 30}
    return [
        in_turns(
            request,
            measurement(f"training step, {cell}", "ms"),
            task | {"sizes": RECURRENT | {"cell": cell}},
        )
        for cell in CELLS
    ]


def operations(request: Request) -> list[Measurement]:
    """Each operation at the shapes of the same model, and of one with four times the context."""
    return [
        in_turns(
            request,
            measurement(f"{name}, T = {T}", "ms"),
            {"kind": "operation", "name": name, "context": T, "times": 30},
        )
        for T in (64, 256)
        for name in OPERATIONS
    ]


def products(request: Request) -> list[Measurement]:
    """The products of a linear layer, forward and backward, in a block of the same model."""
    return [
        in_turns(
            request,
            measurement(f"{layer}, {way}", "ms"),
            {"kind": "product", "rows": 768, "layer": layer, "way": way, "times": 300},
        )
        for layer in LAYERS
        for way in ("y", "dx", "dW")
    ]


def generate(request: Request) -> list[Measurement]:
    """A token from the small model, and one from a model of GPT-2-small's size."""
    task = {"kind": "generation", "sizes": SMALL, "tokens": 63, "times": 300}
    found = [in_turns(request, measurement("a token, small model", "ms"), task)]
    cached = [peer for peer in request.peers if peer != "uncached"]
    others, request.peers = request.peers, cached
    task = {"kind": "generation", "sizes": GPT2, "tokens": 32, "times": 3, "bound": True}
    found.append(in_turns(request, measurement("a token, GPT-2-small's size", "ms"), task))
    request.peers = others
    return found


def memory(request: Request) -> list[Measurement]:
    """The most that 20 training steps hold, at two sizes."""
    found = []
    for name, sizes in (("context 64, width 128", SMALL), ("context 256, width 256", LARGER)):
        task = {"kind": "memory", "sizes": sizes, "batch": BATCH, "times": 20}
        found.append(in_turns(request, measurement(name, "MiB"), task))
    return found


def startup(request: Request) -> list[Measurement]:
    """Seconds to the first step, with an empty folder for compiled code, and with a full one."""
    found = [measurement(name, "s") for name in ("nothing compiled yet", "compiled before")]
    for n in range(request.rounds):
        for side in request.sides if n % 2 == 0 else request.sides[::-1]:
            with TemporaryDirectory() as folder:
                for into in found:
                    if side in request.sides:  # else it has failed
                        task = {"kind": "startup", **STEP, "began": time.time()}
                        one_round(request, into, side, task, {"NUMBA_CACHE_DIR": folder})
    return found


# -------------------------------------------------------------------- telling
def figures(measured: Measurement, side: str) -> str:
    """Median and best, as text."""
    values = values_of(measured, side)
    return f"{number(median(values))} (best {number(min(values))})"


def ratio(measured: Measurement, peer: str) -> str:
    """Median ratio and range of the rounds, as text."""
    found = ratios(measured, peer)
    if len(found) == 1:
        return f"{found[0]:.2f}"
    return f"{median(found):.2f} ({found[0]:.2f} to {found[-1]:.2f})"


def compared(measurements: list[Measurement]) -> list[Table]:
    """One row for each peer in each measurement."""
    unit = measurements[0]["unit"]
    table = Table(("measured", "against", f"its {unit}, median", f"tinyllm's {unit}", "ratio"))
    for m in measurements:
        peers = [side for side in m["sides"] if side != OURS]
        for peer in peers:
            cells = (figures(m, peer), figures(m, OURS), ratio(m, peer))
            table.rows.append((m["name"], peer, *cells))
        if not peers:
            table.rows.append((m["name"], "nobody", "", figures(m, OURS), ""))
    return [table]


def compared_to_memory(measurements: list[Measurement]) -> list[Table]:
    """The ratios, and what share of the memory's bandwidth each side uses."""
    head = ("at GPT-2-small's size", "ms a token", "reads, GB/s", "memory gives, GB/s", "share")
    table = Table(head)
    for side, rounds in measurements[-1]["sides"].items():
        took = median(values_of(measurements[-1], side))
        reads, gives = rounds[0]["bytes"] / took / 1e6, max(p["bandwidth"] for p in rounds) / 1e9
        table.rows.append(
            (side, number(took), f"{reads:.1f}", f"{gives:.1f}", f"{reads / gives:.0%}")
        )
    return [*compared(measurements), table]


def compared_with_compiling(measurements: list[Measurement]) -> list[Table]:
    """The ratios, and how much of tinyllm's time was compiling."""
    table = Table(("tinyllm's first step", "s", "of which compiling, s"))
    for m in measurements:
        compiling = median(part["compiling"] for part in m["sides"][OURS])
        table.rows.append((m["name"], number(median(values_of(m, OURS))), number(compiling)))
    return [*compared(measurements), table]


SUBJECTS: dict[str, Subject] = {
    "train": Subject(
        about="a training step of nanoGPT's configuration for a CPU",
        measure=train,
        tables=compared,
        peers=TRAINING,
        usual=TRAINING,
    ),
    "recurrent": Subject(
        about="a training step of a recurrent model: 12 texts, 64 steps, width 256",
        measure=recurrent,
        tables=compared,
        peers=("torch", "numpy"),
        usual=("torch", "numpy"),
    ),
    "operations": Subject(
        about="single operations, forward and backward",
        measure=operations,
        tables=compared,
        peers=("torch",),
    ),
    "products": Subject(
        about="the matrix products of a training step, by our tiles and by NumPy's BLAS",
        measure=products,
        tables=compared,
        peers=("blas",),
        usual=("blas",),
    ),
    "generate": Subject(
        about="a token from a small model, and from one of GPT-2-small's size",
        measure=generate,
        tables=compared_to_memory,
        peers=("torch", "uncached"),
        usual=("torch", "uncached"),
        notes=(RATIO, "Memory's bandwidth: a sum over 1 GiB in all threads, best of 5."),
    ),
    "memory": Subject(
        about="the most memory that 20 training steps hold",
        measure=memory,
        tables=compared,
        peers=TRAINING,
        rounds=3,
        notes=(
            RATIO,
            "Counted is the peak of resident memory above that after a step of a tiny model, for "
            "which the libraries have loaded what they need: so weights, optimiser, activations.",
        ),
    ),
    "startup": Subject(
        about="from the start of the process to the end of the first training step",
        measure=startup,
        tables=compared_with_compiling,
        peers=TRAINING[:-1],  # tinygrad keeps compiled code in a folder of its own
        rounds=3,
    ),
    "growth": Subject(
        about="how the time of a training step grows with each size",
        measure=growth.measure,
        tables=growth.tables,
        peers=("torch", "numpy", "by_hand"),
        rounds=1,
        notes=growth.NOTES,
    ),
    "kernels": Subject(
        about="a matrix product from plain loops to our own tiles, and what bounds it",
        measure=kernels.measure,
        tables=kernels.tables,
        usual=(),
        rounds=1,
        notes=kernels.NOTES,
    ),
}
