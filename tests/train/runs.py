"""Tiny runs: a short text, a small model, a few steps."""

import json
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file

from tinyllm.train import Run, TrainingConfig

TEXT = "The quick brown fox jumps over the lazy dog.\n" * 20
SIZES = {"context": 8, "layers": 2, "heads": 2, "width": 8}


def write_text(folder: Path, text: str = TEXT) -> str:
    file = folder / "text.txt"
    file.write_text(text, encoding="utf-8")
    return str(file)


def make_run(folder: Path, name: str = "run", **changes: Any) -> Run:
    """Create a run in folder/name on the text that lies in `folder`; nothing is written yet."""
    cell = changes.pop("cell", None)
    sizes = SIZES | {k: changes.pop(k) for k in [*changes] if k in (*SIZES, "norm", "dropout")}
    options = {"data": write_text(folder), "steps": 4, "batch": 2, "evaluate_every": 2} | changes
    if cell:
        del sizes["heads"]
        config = TrainingConfig(**options)
        return Run.create(folder / name, config, "recurrent", cell=cell, **sizes)
    return Run.create(folder / name, TrainingConfig(**options), **sizes)


def trained(folder: Path, name: str = "run", until: int | None = None, **changes: Any) -> Run:
    run = make_run(folder, name, **changes)
    list(run.train(until))
    return run


def read_json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def without_times(metrics: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: m[k] for k in ("step", "train_loss", "val_loss")} for m in metrics]


def same_files(one: Path, two: Path) -> None:
    """Hold two runs to each other, byte for byte where no time comes in."""
    for name in ("model.safetensors", "tokenizer.json"):
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
    states = [load_file(folder / "optimizer.safetensors") for folder in (one, two)]
    assert states[0].keys() == states[1].keys()
    for name, array in states[0].items():
        assert array.tobytes() == states[1][name].tobytes(), name
    assert without_times(read_metrics(one)) == without_times(read_metrics(two))
    summaries = [read_json(folder / "summary.json") for folder in (one, two)]
    for summary in summaries:
        del summary["seconds"]
    assert summaries[0] == summaries[1]
