"""Side by side in one run: tinyllm against its peers, in turns, into docs/performance.md.

    python -m tests.benchmarks.compare step --peers torch numpy jax mygrad tinygrad
    python -m tests.benchmarks.compare operations
    python -m tests.benchmarks.compare generate

Each side runs in a process of its own, because two pools of threads in one process would disturb
each other. The sides take turns, so that a change of the machine's speed meets all of them. What
counts is the ratio of medians, round by round.
"""

import argparse
import json
import os
import subprocess
import sys
from statistics import median

from tests.benchmarks.report import ROOT, measured_with, write_section

OPERATIONS = (
    "softmax", "layer_norm", "cross_entropy", "gelu", "attention", "adamw", "embedding",
)  # fmt: skip


def run(side: str, what: str, times: int) -> list[float]:
    """Let a process of its own measure; return milliseconds."""
    line = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.worker", side, what, str(times)]
    unset = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}  # they choose slower loops in NumPy's BLAS
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{side} {what}: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def rounds(sides: list[str], what: str, times: int, count: int) -> dict[str, list[list[float]]]:
    """Measure all sides in turns."""
    figures: dict[str, list[list[float]]] = {side: [] for side in sides}
    for n in range(count):
        for side in sides if n % 2 == 0 else reversed(sides):
            figures[side].append(run(side, what, times))
    return figures


def row(name: str, side: str, figures: dict[str, list[list[float]]]) -> str:
    """One line of the table: what a peer takes, what tinyllm takes, and the ratio."""
    ours, theirs = figures["tinyllm"], figures[side]
    ratios = sorted(median(b) / median(a) for a, b in zip(ours, theirs, strict=True))
    cells = []
    for side_figures in (theirs, ours):
        took = [ms for part in side_figures for ms in part]
        cells.append(f"{median(took):.3g} (best {min(took):.3g})")
    spread = f"**{median(ratios):.2f}** ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    return f"| {name} | {cells[0]} | {cells[1]} | {spread} |"


def table(first: str, rows: list[str]) -> str:
    head = (
        f"| {first} | its ms, median | tinyllm's ms, median | times as fast |\n|---|---|---|---|\n"
    )
    return head + "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("step", "operations", "generate"))
    parser.add_argument("--peers", nargs="*", default=["torch"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--times", type=int, default=30)
    args = parser.parse_args()
    rows = []
    if args.what == "operations":
        for T in (64, 256):
            for name in OPERATIONS:
                figures = rounds(["tinyllm", "torch"], f"{name}@{T}", args.times, args.rounds)
                rows.append(row(f"{name}, T = {T}", "torch", figures))
                print(rows[-1], flush=True)
        text = table("forward and backward", rows)
    else:
        peers = ["torch", "uncached"] if args.what == "generate" else args.peers
        figures = rounds(["tinyllm", *peers], args.what, args.times, args.rounds)
        rows = [row(peer, peer, figures) for peer in peers]
        text = table("against", rows)
        print(text)
    command = f"python -m tests.benchmarks.compare {args.what}"
    write_section("performance.md", args.what, f"{text}\n\n{measured_with(command, 'torch')}")


if __name__ == "__main__":
    main()
