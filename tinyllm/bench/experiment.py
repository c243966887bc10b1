"""An experiment: a claim of the field, what measures it, and what the figures say of it.

Leaves out: the experiments themselves (examples/), and how they are started (cli/experiment.py).
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyllm.bench import machine
from tinyllm.bench.peers import OURS
from tinyllm.bench.table import Table
from tinyllm.files import make_folder, write_atomically, write_json

Settings = dict[str, Any]
Say = Callable[[str], None]
HELD, IN_PART, NOT_HELD = "held", "held in part", "did not hold at this scale"


@dataclass(frozen=True)
class Verdict:
    """Whether a claim held, and the figures that say so, in a sentence or two."""

    held: str  # HELD, IN_PART or NOT_HELD
    why: str


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A claim, and the way to its verdict. All that is measured is plain data, fit for JSON.

    measure:      measure(settings, seed, say) -> what was found with one seed, {name: figures};
                  `say` tells in a line how far it is
    tables:       tables(found) -> tables; `found` lists what `measure` gave for each seed
    draw:         draw(figure, found) fills an empty Figure of matplotlib
    verdict:      verdict(found) -> what the figures say of the claim
    full, quick:  the settings of minutes, and those of seconds
    """

    name: str  # as in `tinyllm experiment NAME`
    claim: str  # one sentence
    measure: Callable[[Settings, int, Say], dict[str, Any]]
    tables: Callable[[list[Any]], Sequence[Table]]
    draw: Callable[[Any, list[Any]], None]
    verdict: Callable[[list[Any]], Verdict]
    full: Settings
    quick: Settings
    seeds: Sequence[int] = (1, 2, 3)
    size: tuple[float, float] = (8.0, 4.2)  # of the figure, in inches


def measured(experiment: Experiment, quick: bool, seeds: Sequence[int], say: Say) -> dict[str, Any]:
    """Measure with each seed; return what was found, and all it takes to measure it again."""
    settings = experiment.quick if quick else experiment.full
    start, found = time.perf_counter(), []
    for seed in seeds:

        def say_of_seed(line: str, seed: int = seed) -> None:
            say(f"{time.perf_counter() - start:>6.0f} s   seed {seed}: {line}")

        found.append(experiment.measure(settings, seed, say_of_seed))
    line = f"tinyllm experiment {experiment.name}{' --quick' * quick}"
    if tuple(seeds) != tuple(experiment.seeds):
        line += f" --seeds {' '.join(map(str, seeds))}"
    return {
        "experiment": experiment.name,
        "command": line,
        "settings": settings,
        "seeds": list(seeds),
        "seconds": round(time.perf_counter() - start, 1),
        **machine.conditions([OURS], machine.cores()),
        "found": found,
    }


def write(experiment: Experiment, record: dict[str, Any], folder: str | Path) -> list[Path]:
    """Write the raw figures as JSON, and the drawing as PNG and SVG; return the files.

    Raises:    DataError if the folder cannot be written to
    """
    start = make_folder(folder) / experiment.name
    files = [start.with_suffix(suffix) for suffix in (".json", ".png", ".svg")]
    write_json(files[0], record)
    for file in files[1:]:
        write_atomically(file, drawn(experiment, record["found"], file.suffix[1:]))
    return files


def drawn(experiment: Experiment, found: list[Any], form: str) -> bytes:
    """Draw what was found; the same figures give the same bytes."""
    from matplotlib import rc_context  # noqa: PLC0415 (slow import)
    from matplotlib.figure import Figure  # noqa: PLC0415

    style: Any = {
        "axes.grid": True,
        "grid.alpha": 0.25,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
        "svg.hashsalt": experiment.name,
    }
    with rc_context(style):
        figure = Figure(figsize=experiment.size, layout="constrained")
        experiment.draw(figure, found)
        picture = io.BytesIO()
        dateless = {"Date": None} if form == "svg" else {}
        figure.savefig(picture, format=form, dpi=150, metadata=dateless)
    return picture.getvalue()


def section(experiment: Experiment, record: dict[str, Any]) -> str:
    """Write what was found as it stands on a page: verdict, tables, conditions."""
    verdict = experiment.verdict(record["found"])
    tables = [table.markdown() for table in experiment.tables(record["found"])]
    first = f"**The claim {verdict.held}.** {verdict.why}"
    return "\n\n".join([first, *tables, sentence(record)])


def sentence(record: dict[str, Any]) -> str:
    """How, when and with what it was measured, in one line."""
    seeds = ", ".join(map(str, record["seeds"]))
    day = record["date"].partition("T")[0]
    return (
        f"Measured by `{record['command']}` on {day}, seeds {seeds}, in {record['seconds']:,.0f} "
        f"seconds, with {machine.sentence(record)}."
    )


def spread(values: Sequence[float], digits: int = 3) -> str:
    """Write the mean of several seeds, and how far they are apart: the least and the greatest.

    >>> spread([1.0, 1.25, 1.5])
    '1.250 (1.000 to 1.500)'
    """
    mean = sum(values) / len(values)
    return f"{mean:,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"
