"""An LSTM as large as nanoGPT's model for a CPU, on tiny Shakespeare: into docs/results.md.

    TINYLLM_DATA=... python -m tests.benchmarks.recurrent_shakespeare

Takes about ten minutes: once with as many steps as the Transformer, and once with more.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.report import DOCS, measured_with, write_section
from tinyllm.cli.main import main
from tinyllm.evaluation import mean_loss
from tinyllm.nn import Module
from tinyllm.train import Run

SIZES = (
    "--data tinyshakespeare --arch lstm --layers 2 --width 220 --context 64 --batch 12 "
    "--learning-rate 0.008 --seed 1"
)
RECIPES = ("--steps 2000 --dropout 0", "--steps 30000 --dropout 0.25")


class Forgetful(Module):
    """Reads each window from a state of 0, as a Transformer does."""

    def __init__(self, model: Module) -> None:
        self.model, self.config = model, model.config

    def forward(self, ids):
        return self.model(ids)


def train(recipe: str, folder: Path) -> list[str]:
    """Train once; return the cells of a row."""
    code = main(["train", *SIZES.split(), *recipe.split(), "--out", str(folder)])
    if code:
        sys.exit(code)
    run = Run.resume(folder)
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    windows = mean_loss(Forgetful(run.model), run.objective.validation_ids)
    figures = (f"{summary['val_loss']:.4f}", f"{windows:.4f}", f"{summary['seconds']:.0f}")
    return [f"`{recipe}`", f"{summary['parameters']:,}", *figures]


if __name__ == "__main__":
    head = ("recipe", "parameters", "validation loss", "in windows of 64", "seconds of training")
    with TemporaryDirectory() as folder:
        rows = [train(recipe, Path(folder) / str(i)) for i, recipe in enumerate(RECIPES)]
    lines = [" | ".join(row) for row in (head, ["---"] * len(head), *rows)]
    table = "\n".join(f"| {line} |" for line in lines)
    text = f"```\ntinyllm train {SIZES} RECIPE\n```\n\n{table}\n\n"
    command = "python -m tests.benchmarks.recurrent_shakespeare"
    write_section(DOCS / "results.md", "recurrent-shakespeare", text + measured_with(command))
