"""Compare trained runs: a table, and a picture of their losses.

tinyllm compare runs/ngram runs/lstm runs/gpt
tinyllm compare runs/* --figure losses.png --by seconds
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tinyllm.errors import CheckpointError, DataError
from tinyllm.files import sha256_of
from tinyllm.train.checkpoint import TOKENIZER, read_config, read_metrics
from tinyllm.train.figure import draw_comparison
from tinyllm.train.run import METRICS, SUMMARY

FIGURES = {"val_loss": "loss", "bits_per_byte": "bits/byte", "accuracy": "accuracy"}


@dataclass(frozen=True)
class Trained:
    """What a run's folder says about it."""

    name: str
    architecture: str
    task: str
    tokenizer: str
    tokens: str  # its file: two tokenizers of one kind differ, too
    data: str
    summary: dict[str, Any]
    metrics: list[dict[str, Any]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("runs", metavar="RUN", nargs="+", help="folders of trained models")
    parser.add_argument(
        "--figure",
        metavar="FILE",
        default="compare.png",
        help="where the picture goes (%(default)s)",
    )
    parser.add_argument(
        "--by", choices=("step", "seconds"), default="step", help="what goes to the right (step)"
    )


def run(args: argparse.Namespace) -> int:
    """Print the table, draw the picture."""
    runs = [read_run(Path(folder)) for folder in args.runs]
    console = Console()
    console.print(table(runs))
    for line in remarks(runs):
        console.print(line)
    measure = "bits_per_byte" if comparable_in_bits(runs) else "val_loss"
    curves = {r.name: [(line[args.by], line[measure]) for line in r.metrics] for r in runs}
    draw_comparison(args.figure, curves, args.by, FIGURES[measure])
    console.print(f"figure: {args.figure}", markup=False, highlight=False, soft_wrap=True)
    return 0


def read_run(folder: Path) -> Trained:
    """Read what a folder says about its run.

    Raises:    CheckpointError if it is no run, DataError if it was not evaluated yet
    """
    config = read_config(folder)
    training = config.get("training", {})
    metrics = read_metrics(folder / METRICS, last_step=10**12)
    if not metrics or not training:
        raise DataError(
            f"compare: {str(folder)!r} has no evaluation yet. Hint: tinyllm train --resume {folder}"
        )
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        summary["parameters"], summary["seconds"], summary["steps"], summary["val_loss"]
        tokens = sha256_of(folder / TOKENIZER)
    except (OSError, ValueError, KeyError, TypeError) as error:
        names = f"{SUMMARY} or {TOKENIZER}"
        raise CheckpointError(f"load: {names} of {str(folder)!r} is missing or broken.") from error
    return Trained(
        name=folder.name,
        architecture=config["model"].get("cell", config["architecture"]),
        task=training["task"],
        tokenizer=training["tokenizer"],
        tokens=tokens,
        data=training["data"],
        summary=summary,
        metrics=metrics,
    )


def table(runs: Sequence[Trained]) -> Table:
    """One row a run, the best loss first where the losses compare."""
    known = [name for name in FIGURES if any(name in run.summary for run in runs)]
    view = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    view.add_column("run")
    view.add_column("model")
    view.add_column("tokens")
    for name in ("parameters", "steps", "s", *(FIGURES[name] for name in known)):
        view.add_column(name, justify="right")
    for run in runs if differ(runs) else sorted(runs, key=best_first):
        s = run.summary
        figures = [f"{s[name]:.4f}" if s.get(name) is not None else "" for name in known]
        counts = (f"{s['parameters']:,}", f"{s['steps']:,}", f"{s['seconds']:,.0f}")
        view.add_row(run.name, run.architecture, run.tokenizer, *counts, *figures)
    return view


def best_first(run: Trained) -> float:
    """Order by what compares best."""
    return run.summary.get("bits_per_byte", run.summary["val_loss"])


def differ(runs: Sequence[Trained]) -> bool:
    """Whether the runs learnt different things: then no loss of one says anything of another."""
    return len({(run.task, run.architecture == "encoder-only") for run in runs}) > 1


def comparable_in_bits(runs: Sequence[Trained]) -> bool:
    """Whether bits a byte are the better measure: tokens differ, and all runs have them."""
    have = all("bits_per_byte" in run.metrics[-1] for run in runs)
    return have and len({run.tokens for run in runs}) > 1


def remarks(runs: Sequence[Trained]) -> list[str]:
    """Say what must not be compared."""
    lines = []
    if len({run.data for run in runs}) > 1:
        lines.append("The runs have different data: their losses are of different texts.")
    if differ(runs):
        return [*lines, "The runs learnt different things: their losses do not compare."]
    if comparable_in_bits(runs):
        lines.append("The tokens differ: compare bits a byte, not the loss.")
        if len({run.tokenizer == "words" for run in runs}) > 1:
            why = "rare words are one token, <unk>, which nobody has to spell"
            lines.append(f"Of words the bits are too low: {why}.")
    return lines
