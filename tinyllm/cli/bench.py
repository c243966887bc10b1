"""Measure how fast tinyllm is on this machine, side by side with others.

  tinyllm bench                                   a training step, against all that is installed
  tinyllm bench operations --against torch
  tinyllm bench growth --json growth.json --figure growth.png

The sides take turns, each in a process of its own. What counts is the ratio: machines differ.
For the peers: pip install 'tinyllm-edu[bench]'
"""

from __future__ import annotations

import argparse
import os
import shlex
from pathlib import Path
from typing import Any

from rich.console import Console

from tinyllm.bench import machine, peers, results
from tinyllm.bench.compare import Request
from tinyllm.bench.figure import draw
from tinyllm.bench.subjects import SUBJECTS
from tinyllm.errors import OptionError
from tinyllm.files import write_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    about = "; ".join(f"{name}: {subject.about}" for name, subject in SUBJECTS.items())
    parser.add_argument(
        "subject", nargs="?", choices=SUBJECTS, default="train", help=f"what to measure. {about}"
    )
    names = ", ".join(peers.PACKAGES)
    parser.add_argument(
        "--against", metavar="PEERS", help=f"with commas between: {names} (default: all installed)"
    )
    parser.add_argument(
        "--rounds", type=int, metavar="N", help="turns of each side (default: 1 to 5, by subject)"
    )
    parser.add_argument(
        "--threads", type=int, metavar="N", help="of each side (default: all cores)"
    )
    parser.add_argument("--json", metavar="FILE", help="write all raw figures")
    parser.add_argument("--figure", metavar="FILE.png", help="draw them")


def run(args: argparse.Namespace) -> int:
    """Measure, tell, write."""
    check(args)
    console = Console(highlight=False, markup=False, soft_wrap=True)
    subject = SUBJECTS[args.subject]
    possible = subject.usual if args.against is None else subject.peers
    request = Request(
        peers=peers.choose(args.against, args.subject, possible),
        named=args.against is not None,
        rounds=args.rounds or subject.rounds,
        threads=args.threads or machine.cores(),
    )
    with Console(stderr=True).status(f"measuring {subject.about}") as status:
        request.say = lambda text: status.update(text)
        found = results.measure(args.subject, request, command(args))
    tell(found, console)
    if args.figure:
        draw(args.figure, args.subject, found["measurements"])
        folder = Path(args.json).parent if args.json else Path()
        found["figure"] = os.path.relpath(args.figure, folder)
    if args.json:
        write_json(args.json, found)
    return 0


def check(args: argparse.Namespace) -> None:
    """Refuse what would fail after minutes of measuring.

    Raises:  OptionError
    """
    for name in ("rounds", "threads"):
        value = getattr(args, name)
        if value is not None and value < 1:
            raise OptionError(f"bench: --{name} must be at least 1; got {value}.")
    if args.threads is not None and args.threads > machine.cores():
        raise OptionError(
            f"bench: --threads must be at most the cores there are, {machine.cores()}; "
            f"got {args.threads}."
        )
    if args.figure and Path(args.figure).suffix != ".png":
        raise OptionError(f"bench: --figure must end in .png; got {args.figure!r}.")
    for name in ("json", "figure"):
        file = getattr(args, name)
        if file and (not Path(file).parent.is_dir() or Path(file).is_dir()):
            raise OptionError(
                f"bench: --{name} must be a file in a folder that is there; got {file!r}."
            )


def command(args: argparse.Namespace) -> str:
    """Return the line that measures the same again."""
    line = ["tinyllm", "bench", args.subject]
    for name in ("against", "rounds", "threads"):
        value = getattr(args, name)
        line += [f"--{name}", str(value)] if value is not None else []
    return shlex.join(line)


def tell(found: dict[str, Any], console: Console) -> None:
    """Print the tables, the conditions, and whether the figures can be trusted."""
    for table in results.tables(found):
        console.print(table.text(), end="\n\n")
    for line in found["notes"]:
        console.print(line)
    console.print(f"Measured with {machine.sentence(found)}.")
    for line in found["noise"]:
        console.print(line)
