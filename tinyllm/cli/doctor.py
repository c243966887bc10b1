"""Say what tinyllm has found and chosen on this machine, and whether anything is wrong.

  tinyllm doctor

It looks at versions, threads, compiled code and data sets, and measures whether the threads of our
loops and those of NumPy's matrix products get along.
"""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table

from tinyllm import __version__
from tinyllm.bench import health


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are none."""


def run(args: argparse.Namespace) -> int:
    """Examine, tell; exit 1 if something should be changed."""
    console = Console(highlight=False, markup=False)
    findings = health.examine()
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row("tinyllm", __version__)
    for finding in findings:
        table.add_row(finding.name, finding.found)
    console.print(table)
    wrong = [finding for finding in findings if finding.advice]
    for finding in wrong:
        console.print(f"\n{finding.name}: {finding.advice}", soft_wrap=True)
    console.print("\nAll is well." if not wrong else "")
    return 1 if wrong else 0
