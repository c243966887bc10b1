"""The published CPU run of nanoGPT, by `tinyllm train`, over three seeds: into docs/results.md.

    TINYLLM_DATA=... python -m tests.benchmarks.tiny_shakespeare

Takes about five minutes. Only data, sizes, steps, batch, dropout and seed are given.
"""

import json
import sys
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

from tests.benchmarks.report import DOCS, measured_with, write_section
from tinyllm.cli.main import main

SEEDS = (1, 2, 3)
OPTIONS = (
    "--data tinyshakespeare --layers 4 --heads 4 --width 128 --context 64 --batch 12 "
    "--steps 2000 --dropout 0"
)


def train(seed: int, folder: Path) -> dict[str, float]:
    """Train once; return the run's summary."""
    code = main(["train", *OPTIONS.split(), "--seed", str(seed), "--out", str(folder)])
    if code:
        sys.exit(code)
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def table(runs: list[dict[str, float]]) -> str:
    """One row a seed, and the mean."""
    rows = [
        f"| {seed} | {run['val_loss']:.4f} | {run['seconds']:.0f} |"
        for seed, run in zip(SEEDS, runs, strict=True)
    ]
    loss, seconds = (mean(run[name] for run in runs) for name in ("val_loss", "seconds"))
    head = ["| seed | validation loss | seconds of training |", "|---|---|---|"]
    return "\n".join([*head, *rows, f"| **mean** | **{loss:.4f}** | {seconds:.0f} |"])


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        runs = [train(seed, Path(folder) / str(seed)) for seed in SEEDS]
    command = "python -m tests.benchmarks.tiny_shakespeare"
    text = f"```\ntinyllm train {OPTIONS} --seed SEED\n```\n\n{table(runs)}\n\n"
    write_section(DOCS / "results.md", "tiny-shakespeare", text + measured_with(command))
