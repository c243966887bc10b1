"""Measure a trained run: on what was held back from it, or on other data.

tinyllm evaluate runs/first
tinyllm evaluate runs/first --data book.txt
tinyllm evaluate runs/trec-1 --data trec --part test
tinyllm evaluate runs/multi30k-1 --beams 4
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tinyllm.errors import OptionError
from tinyllm.train.report import report

ABOUT = {
    "loss": "nats: mean surprise",
    "perplexity": "as if each token were a choice among that many",
    "bits_per_character": "compares between tokenizers",
    "bits_per_byte": "compares between tokenizers and languages",
    "accuracy": "share of texts whose likeliest class is the right one",
    "macro_f1": "mean over the classes, each with the same weight",
    "bleu_tokens": "how sacrebleu cuts words: none, at blanks; 13a, marks apart",
    "bleu": "0 to 100: how much of the references' wording is met",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("run", metavar="RUN", help="folder of a trained model")
    parser.add_argument("--data", metavar="FILE", help="a file or a data set (the run's own)")
    parser.add_argument("--part", help="of a data set, such as dev (the one for tests)")
    parser.add_argument("--encoding", help="of the file (that of the training)")
    parser.add_argument("--source", metavar="NAME", help="column of texts, or language")
    parser.add_argument("--target", metavar="NAME", help="column of labels, or language")
    parser.add_argument(
        "--beams", type=int, default=1, metavar="N", help="texts that stay open in translation (1)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(args: argparse.Namespace) -> int:
    """Print a table, or JSON."""
    if args.beams < 1:
        raise OptionError(f"evaluate: --beams must be at least 1; got {args.beams}.")
    data = args.data
    if data is not None and Path(data).is_file():
        data = str(Path(data).resolve())
    found = report(
        args.run,
        data,
        part=args.part,
        encoding=args.encoding,
        source=args.source,
        target=args.target,
        beams=args.beams,
    )
    if args.json:
        json.dump(found, sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
        return 0
    view = Table(title=str(found.pop("data")), title_justify="left", show_header=False)
    view.add_column()
    view.add_column(justify="right")
    view.add_column()
    example = found.pop("example", None)
    for name, value in found.items():
        figure = f"{value:.4f}" if isinstance(value, float) else f"{value}"
        view.add_row(name.replace("_", " "), figure, ABOUT.get(name, ""))
    console = Console()
    console.print(view)
    if example:
        console.print(example, markup=False, highlight=False, soft_wrap=True)
    return 0
