"""Test a claim about language models on this machine.

  tinyllm experiment                              which there are
  tinyllm experiment parallel-or-serial --quick   in seconds, to see that it works
  tinyllm experiment parallel-or-serial           in minutes: the figures that its page shows
  tinyllm experiment my_own.py                    one of yours

It prints a table and a verdict, draws a figure, and writes the raw figures as JSON.
"""

from __future__ import annotations

import argparse
import difflib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from rich.console import Console

import tinyllm
from tinyllm.bench.experiment import Experiment, measured, sentence, write
from tinyllm.errors import DataError, OptionError
from tinyllm.files import make_folder

PACKAGE = Path(tinyllm.__file__).parent
EXPERIMENTS = {  # name: the file in examples/
    "parallel-or-serial": "parallel_or_serial.py",
    "attention-heads": "attention_heads.py",
    "tokenizers": "tokenizers.py",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument(
        "experiment", nargs="?", metavar="NAME", help="which, or a file with an EXPERIMENT"
    )
    parser.add_argument("--quick", action="store_true", help="small, in seconds: no evidence")
    parser.add_argument(
        "--seeds", type=int, nargs="+", metavar="N", help="measure once with each (1 2 3)"
    )
    parser.add_argument(
        "--out", metavar="FOLDER", default="experiments", help="where files go (%(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Measure, tell, write."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    if args.experiment is None:
        for name in EXPERIMENTS:
            console.print(f"{name:<22}{load(name).claim}")
        console.print("\ntinyllm experiment NAME tests one; --quick takes seconds.")
        return 0
    experiment = load(args.experiment)
    seeds = args.seeds or experiment.seeds
    if min(seeds) < 0:
        raise OptionError(f"experiment: --seeds must be 0 or more; got {min(seeds)}.")
    make_folder(args.out)  # what cannot be written to is said before minutes of measuring
    console.print(f"Claim: {experiment.claim}\n")
    progress = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    record = measured(experiment, args.quick, seeds, progress.print)
    console.print()
    for table in experiment.tables(record["found"]):
        console.print(table.text(), end="\n\n")
    verdict = experiment.verdict(record["found"])
    console.print(f"The claim {verdict.held}. {verdict.why}")
    if args.quick:
        console.print("That was --quick: it shows that the experiment runs, and proves nothing.")
    console.print(sentence(record))
    for file in write(experiment, record, args.out):
        console.print(f"written: {file}")
    return 0


def load(name: str) -> Experiment:
    """Find an experiment by its name, or in a file.

    Raises:    OptionError if there is none of that name; DataError if a file has no EXPERIMENT
    """
    file = Path(name) if name.endswith(".py") else examples() / file_of(name)
    spec = spec_from_file_location(f"experiment_{file.stem}", file)
    if not file.is_file() or spec is None or spec.loader is None:
        raise DataError(f"experiment: there is no file {str(file)!r}.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    experiment = getattr(module, "EXPERIMENT", None)
    if not isinstance(experiment, Experiment):
        raise DataError(
            f"experiment: {str(file)!r} must define EXPERIMENT, a tinyllm.bench.experiment."
            f"Experiment; got {type(experiment).__name__}."
        )
    return experiment


def file_of(name: str) -> str:
    """Look a name up, and name the near ones if there is none."""
    if name not in EXPERIMENTS:
        near = difflib.get_close_matches(name, EXPERIMENTS) or list(EXPERIMENTS)
        raise OptionError(
            f"experiment: there is no {name!r}. Hint: {', '.join(near)}; "
            "`tinyllm experiment` lists all."
        )
    return EXPERIMENTS[name]


def examples() -> Path:
    """Where the examples lie: beside the package in its source, inside of it where installed."""
    inside = PACKAGE / "examples"
    return inside if inside.is_dir() else PACKAGE.parent / "examples"
