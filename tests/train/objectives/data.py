"""Small data for every objective, and a tiny run on them."""

import csv
from pathlib import Path
from typing import Any

from tests.train.runs import write_text
from tinyllm.train import Run, TrainingConfig

SIZES = {"context": 8, "layers": 1, "heads": 2, "width": 8}
COLOURS = ("red", "green", "blue")
KINDS = {  # objective: (task, architecture)
    "next-token": ("text", "decoder-only"),
    "next-window": ("text", "encoder-decoder"),
    "masked": ("text", "encoder-only"),
    "labels": ("classify", "encoder-only"),
    "translations": ("translate", "encoder-decoder"),
}


def write_labelled(folder: Path, count: int = 60) -> str:
    """Texts whose label is the colour in them."""
    file = folder / "labelled.csv"
    rows = [
        (f"{'very ' * (i % 4)}{COLOURS[i % 3]} {'cat' if i % 2 else 'dog'}", COLOURS[i % 3].upper())
        for i in range(count)
    ]
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows([("text", "label"), *rows])
    return str(file)


def write_pairs(folder: Path, count: int = 60) -> str:
    """Numbers, and the same ones backwards."""
    file = folder / "pairs.tsv"
    numbers = [str(1234567 * (i + 1) % 10**5) for i in range(count)]
    lines = [f"{number}\t{number[::-1]}" for number in numbers]
    file.write_text("source\ttarget\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return str(file)


def make_run(folder: Path, kind: str, name: str = "run", **changes: Any) -> Run:
    """Create a tiny run; nothing is written yet, but its data."""
    task, architecture = KINDS[kind]
    data = {"labels": write_labelled, "translations": write_pairs}.get(kind, write_text)(folder)
    sizes = SIZES | {k: changes.pop(k) for k in [*changes] if k in (*SIZES, "dropout", "pooling")}
    options = {"data": data, "steps": 4, "batch": 3, "evaluate_every": 2, "task": task}
    if kind == "labels":
        options |= {"tokenizer": "words", "hide": 0.2, "label_smoothing": 0.1}
    return Run.create(folder / name, TrainingConfig(**(options | changes)), architecture, **sizes)
