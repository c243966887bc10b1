"""Run: one training from a text to a folder, which can be stopped and resumed at any step.

Who calls: the commands train and quickstart. The loop itself is in loop.py.
"""

from __future__ import annotations

import json
import math
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from tinyllm.errors import CheckpointError, DataError, OptionError
from tinyllm.evaluation.loss import mean_loss
from tinyllm.files import write_atomically, write_json
from tinyllm.models import DecoderOnly, TransformerConfig
from tinyllm.text import CharTokenizer, RandomWindows, load_text, split
from tinyllm.train import checkpoint
from tinyllm.train.figure import draw_losses
from tinyllm.train.loop import Step, train
from tinyllm.train.optimisers import AdamW
from tinyllm.train.schedule import cosine_with_warmup

METRICS, SUMMARY, FIGURE = "metrics.jsonl", "summary.json", "loss.png"
MOST_EVALUATED = 131_072  # tokens an evaluation on the way looks at; the last one looks at all


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a model is trained. The defaults are measured: see docs/results.md."""

    data: str  # a data set's name or a file
    encoding: str = "utf-8"
    steps: int = 2000
    batch: int = 12  # windows in a batch
    accumulate: int = 1  # batches in a step
    learning_rate: float = 4e-3  # the highest, after the warm-up
    final_learning_rate: float = 0.0  # after the last step
    warmup: int | None = None  # steps; None: a twentieth of all
    weight_decay: float = 0.1
    clip: float = 1.0  # the longest gradient
    evaluate_every: int | None = None  # steps; None: an eighth of all
    seed: int = 1337

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "accumulate"):
            if getattr(self, name) < 1:
                raise OptionError(f"train: {name} must be at least 1; got {getattr(self, name)}.")
        for name in ("learning_rate", "clip"):
            if not 0 < getattr(self, name) < math.inf:
                raise OptionError(f"train: {name} must be above 0; got {getattr(self, name)}.")
        for name in ("weight_decay", "final_learning_rate", "seed", "warmup", "evaluate_every"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < math.inf:
                raise OptionError(f"train: {name} must be at least 0; got {value}.")

    def schedule(self, step: int) -> float:
        """Learning rate of step 0, 1, ..."""
        warmup = max(1, self.steps // 20) if self.warmup is None else self.warmup
        peak, final = self.learning_rate, self.final_learning_rate
        return cosine_with_warmup(step, peak=peak, warmup=warmup, total=self.steps, final=final)

    def evaluates_at(self, step: int) -> bool:
        """Whether an evaluation comes after this many steps."""
        return step % (self.evaluate_every or max(1, self.steps // 8)) == 0


@dataclass
class Progress:
    """How far a run is. Kept in the checkpoint, so that a resumed run counts on."""

    step: int = 0
    seconds: float = 0.0
    tokens: int = 0
    loss_sum: float = 0.0  # of the steps since the last evaluation
    loss_count: int = 0


class Run:
    """A model, its text, its optimiser and its folder.

    >>> config = TrainingConfig(data="python-topics", steps=10)
    >>> run = Run.create("runs/doctest", config, context=8, layers=1, heads=1, width=4)
    >>> run.model.config.context
    8
    """

    def __init__(self, folder: Path, config: TrainingConfig, **sizes: Any) -> None:
        text, self.data_sha256 = load_text(config.data, config.encoding)
        self.folder, self.config = folder, config
        self.tokenizer = CharTokenizer.train(text)
        self.train_ids, self.validation_ids = split(self.tokenizer.encode(text))
        model_config = TransformerConfig(vocabulary=len(self.tokenizer), **sizes)
        context = model_config.context
        if len(self.validation_ids) <= context:
            raise DataError(
                f"train: the text has {len(text)} characters; with context {context} it needs at "
                f"least {10 * (context + 1)}, of which a tenth is for validation. "
                "Hint: a longer text, or a smaller --context."
            )
        model_seed, data_seed = np.random.SeedSequence(config.seed).spawn(2)
        self.model = DecoderOnly(model_config, np.random.default_rng(model_seed))
        self.batches = RandomWindows(
            self.train_ids, context, config.batch, np.random.default_rng(data_seed)
        )
        self.optimiser = AdamW(
            self.model.parameters(), config.learning_rate, weight_decay=config.weight_decay
        )
        self.progress = Progress()
        self.metrics: list[dict[str, Any]] = []

    @classmethod
    def create(cls, folder: str | Path, config: TrainingConfig, **sizes: Any) -> Run:
        """Start a run in a folder that holds none yet. Nothing is written before it trains.

        Raises:  OptionError if the folder is taken or a size is wrong, DataError for the text
        """
        path = Path(folder)
        if path.is_file() or (path / checkpoint.CONFIG).exists():
            raise OptionError(
                f"train: {str(path)!r} is there already. Hint: go on with "
                f"`tinyllm train --resume {path}`, or choose another --out."
            )
        return cls(path, config, **sizes)

    @classmethod
    def resume(cls, folder: str | Path) -> Run:
        """Go on with a run exactly where its last checkpoint is.

        Raises:  CheckpointError if the folder is no run, DataError if its text has changed
        """
        path = Path(folder)
        saved = checkpoint.read_config(path)
        own = saved.get("training", {})
        known = {f.name for f in fields(TrainingConfig)} | {"data_sha256"}
        if not own or own.keys() - known:
            raise CheckpointError(f"resume: {str(path)!r} does not say how it was trained.")
        sha256 = own.pop("data_sha256")
        sizes = {k: v for k, v in saved["model"].items() if k != "vocabulary"}
        run = cls(path, TrainingConfig(**own), **sizes)
        if run.data_sha256 != sha256:
            raise DataError(
                f"resume: the text {run.config.data!r} has changed since the run began. "
                "Hint: start a new run."
            )
        state = checkpoint.load_training(path, run.model, run.optimiser)
        run.model.rng.bit_generator.state = state["model_rng"]
        run.batches.rng.bit_generator.state = state["data_rng"]
        run.progress = Progress(**state["progress"])
        run.metrics = [m for m in read_metrics(path) if m["step"] <= run.progress.step]
        return run

    def train(
        self,
        until: int | None = None,
        on_evaluation: Callable[[dict[str, Any]], None] = lambda metrics: None,
    ) -> Iterator[Step]:
        """Train up to step `until` (None: to the end), and yield after each step.

        Evaluates and saves on the way; whoever stops early calls `save`.
        """
        last = min(until or self.config.steps, self.config.steps)
        if not self.metrics:
            self.save()
        self.model.train()
        p, clock = self.progress, time.perf_counter()
        for step in train(
            self.model,
            self.optimiser,
            self.batches,
            self.config.schedule,
            start=p.step,
            steps=last,
            clip=self.config.clip,
            accumulate=self.config.accumulate,
        ):
            p.step, p.tokens = step.number, p.tokens + step.tokens
            p.loss_sum, p.loss_count = p.loss_sum + step.loss, p.loss_count + 1
            p.seconds, clock = p.seconds + time.perf_counter() - clock, time.perf_counter()
            yield step
            if step.number == self.config.steps or self.config.evaluates_at(step.number):
                on_evaluation(self.evaluate())
                self.save()
                clock = time.perf_counter()  # evaluation does not count as training time
        self.save()

    def evaluate(self) -> dict[str, Any]:
        """Measure both losses and add a line to metrics.jsonl."""
        p = self.progress
        most = None if p.step == self.config.steps else MOST_EVALUATED
        loss = mean_loss(self.model, self.validation_ids, most=most)
        line = {
            "step": p.step,
            "train_loss": round(p.loss_sum / max(1, p.loss_count), 6),
            "val_loss": round(loss, 6),
            "tokens_per_second": round(p.tokens / max(p.seconds, 1e-9)),
            "seconds": round(p.seconds, 3),
        }
        p.loss_sum, p.loss_count = 0.0, 0
        self.metrics.append(line)
        return line

    def save(self) -> None:
        """Write every file of the run; each is whole or not there."""
        training = asdict(self.config) | {"data_sha256": self.data_sha256}
        checkpoint.save_checkpoint(self.folder, self.model, self.tokenizer, training)
        state = {
            "model_rng": self.model.rng.bit_generator.state,
            "data_rng": self.batches.rng.bit_generator.state,
            "progress": asdict(self.progress),
        }
        checkpoint.save_training(self.folder, self.model, self.optimiser, state)
        lines = "".join(json.dumps(line) + "\n" for line in self.metrics)
        write_atomically(self.folder / METRICS, lines.encode())
        write_json(self.folder / SUMMARY, self.summary())
        if self.metrics:
            draw_losses(self.folder / FIGURE, self.metrics)

    def summary(self) -> dict[str, Any]:
        """Return the run's passport: what came out, and what it takes to get it again."""
        packages = {"tinyllm": "tinyllm-edu", "numpy": "numpy", "numba": "numba"}
        return {
            "val_loss": self.metrics[-1]["val_loss"] if self.metrics else None,
            "steps": self.progress.step,
            "seconds": round(self.progress.seconds, 3),
            "parameters": self.model.count_parameters(),
            "seed": self.config.seed,
            "data": self.config.data,
            "data_sha256": self.data_sha256,
            "versions": {"python": platform.python_version()}
            | {name: version(package) for name, package in packages.items()},
        }


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """Read metrics.jsonl; a run that was not evaluated yet has none."""
    file = folder / METRICS
    if not file.exists():
        return []
    try:
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    except ValueError as error:
        raise CheckpointError(f"load: {str(file)!r} is broken: {error}.") from error
