"""`tinyllm COMMAND`: one file a command, listed here by hand."""

from __future__ import annotations

import argparse
import io
import os
import sys
import warnings
from types import ModuleType
from typing import NoReturn

from tinyllm import __version__
from tinyllm.cli import (
    bench,
    compare,
    course,
    doctor,
    evaluate,
    experiment,
    generate,
    quickstart,
    show,
    train,
)
from tinyllm.errors import MeasurementError, TinyllmError, TrainingError

COMMANDS: dict[str, ModuleType] = {
    "quickstart": quickstart,
    "train": train,
    "generate": generate,
    "evaluate": evaluate,
    "compare": compare,
    "show": show,
    "experiment": experiment,
    "course": course,
    "bench": bench,
    "doctor": doctor,
}

DESCRIPTION = """\
Language models from scratch, on a laptop.

  tinyllm quickstart                      train a small model and see it write, in two minutes
  tinyllm train --data book.txt           train on your own text
  tinyllm generate RUN --prompt "The "    let a trained model go on with a text
  tinyllm evaluate RUN                    measure it on what it has never seen
  tinyllm compare RUN RUN                 a table of several runs, and their losses drawn
  tinyllm show attention                  which words may look at which, in each architecture
  tinyllm experiment                      claims about language models, each tested in minutes
  tinyllm course start my-course          write the parts yourself, and train with them
  tinyllm bench                           how fast it is on this machine, side by side with others
  tinyllm doctor                          what it has found on this machine, and what is wrong
"""


class Parser(argparse.ArgumentParser):
    """A parser that reports a mistake in one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where help is; exit with 2."""
        self.exit(2, f"{self.prog}: {message}. See `{self.prog} --help`.\n")


def main(argv: list[str] | None = None) -> int:
    """Exit 0: done. 1: the work failed (a NaN loss). 2: what was asked for cannot be done."""
    for stream in (sys.stdout, sys.stderr):  # a terminal may not know a letter
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    args = build_parser().parse_args(argv)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = print_warning
            return COMMANDS[args.command].run(args)
    except TinyllmError as error:
        print(f"tinyllm: {' '.join(str(error).split())}", file=sys.stderr)
        return 1 if isinstance(error, TrainingError | MeasurementError) else 2
    except BrokenPipeError:  # `tinyllm generate ... | head`: the reader has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for Python's last flush
        return 0
    except OSError as error:  # a full disk, a folder without rights, a name that is too long
        name = f": {shorten(repr(str(error.filename)))}" if error.filename else ""
        print(f"tinyllm: {error.strerror or error}{name}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ntinyllm: stopped.", file=sys.stderr)
        return 130


def print_warning(message: Warning | str, *_: object) -> None:
    """Say a warning as a mistake is said: in one line, without the place in the source."""
    print(f"tinyllm: {' '.join(str(message).split())}", file=sys.stderr)


def shorten(name: str, most: int = 200) -> str:
    """Cut a name that would fill the screen."""
    return name if len(name) <= most else f"{name[:most]}..."


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with a sub-parser for each command."""
    parser = Parser(
        prog="tinyllm",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tinyllm {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        text = (module.__doc__ or "").strip()
        sub = commands.add_parser(
            name,
            help=text.partition("\n")[0],
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(sub)
    return parser


if __name__ == "__main__":
    sys.exit(main())
