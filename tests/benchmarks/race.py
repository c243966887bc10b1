"""Who is first at a validation loss of 1.88 on tiny Shakespeare? From the start of the process.

    TINYLLM_DATA=... python -m tests.benchmarks.race [--rounds 3] [--steps 1400]

On one side nanoGPT's script for a CPU at its published settings, in PyTorch; it evaluates as it
does there, on random batches, and stops where that is below the target. On the other side
`tinyllm train` with a model of the same sizes and its own recipe; it evaluates once, at the end, on
the whole validation split. Both in turns.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.benchmarks.report import DOCS, measured_with, write_section

TARGET = 1.88
SIZES = {"layers": 4, "heads": 4, "width": 128, "context": 64, "batch": 12, "dropout": 0}
Finish = tuple[float, int, float]  # seconds, steps, validation loss


def ours(seed: int, steps: int) -> Finish:
    """Train with `tinyllm train`; the loss is that of the whole validation split."""
    options = {"data": "tinyshakespeare", **SIZES, "steps": steps, "evaluate-every": steps}
    with TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        line = [sys.executable, "-m", "tinyllm", "train", "--out", str(out), "--seed", str(seed)]
        line += [word for name, value in options.items() for word in (f"--{name}", str(value))]
        began = time.perf_counter()
        subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
        metrics = [json.loads(row) for row in (out / "metrics.jsonl").read_text().splitlines()]
    return seconds, steps, metrics[-1]["val_loss"]


def nanogpt(seed: int) -> Finish:
    """Train with the peer until its own estimate is below the target, or its steps are done."""
    file = str(Path(os.environ["TINYLLM_DATA"]) / "tinyshakespeare.txt")
    line = [sys.executable, "-m", "tests.benchmarks.peer_nanogpt_train", file]
    line += ["--target", str(TARGET), "--seed", str(seed)]
    began = time.perf_counter()
    done = subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True)
    seconds = time.perf_counter() - began
    last = json.loads(done.stdout.splitlines()[-1])
    return seconds, last["step"], last["val_loss"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=1400)
    options = parser.parse_args()
    rows, ratios = [], []
    for seed in range(1, options.rounds + 1):
        finishes = {"nanoGPT's script": nanogpt(seed), "tinyllm train": ours(seed, options.steps)}
        for name, (seconds, steps, loss) in finishes.items():
            reached = "yes" if loss <= TARGET else "no"
            rows.append(f"| {seed} | {name} | {seconds:.1f} | {steps:,} | {loss:.3f} | {reached} |")
        peer, own = finishes.values()
        ratios.append(peer[0] / own[0])
    head = f"| seed | who | seconds | steps | validation loss | at {TARGET}? |\n"
    table = head + "|---|---|---:|---:|---:|---|\n" + "\n".join(rows)
    command = f"python -m tests.benchmarks.race --rounds {options.rounds} --steps {options.steps}"
    ratio = f"Ratio of the seconds: {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})."
    write_section(DOCS / "results.md", "race", f"{table}\n\n{ratio}\n\n{measured_with(command)}")


if __name__ == "__main__":
    main()
