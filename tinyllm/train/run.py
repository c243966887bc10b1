"""Run: one training from data to a folder, which can be stopped and resumed at any step.

Who calls: the commands train and quickstart. The loop itself is in loop.py, what is learnt in
objectives.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tinyllm.errors import CheckpointError, DataError, OptionError, TrainingError
from tinyllm.files import make_folder, write_atomically, write_json
from tinyllm.models import MODELS, Model, build
from tinyllm.nn.state_cache import from_arrays, to_arrays
from tinyllm.text import Tokenizer, load_tokenizer
from tinyllm.train import checkpoint
from tinyllm.train.config import TrainingConfig
from tinyllm.train.figure import draw_losses
from tinyllm.train.loop import Step, train
from tinyllm.train.objectives import Objective, objective_of
from tinyllm.train.optimisers import AdamW

METRICS, SUMMARY, FIGURE = "metrics.jsonl", "summary.json", "loss.png"
OF_TIME = ("step", "train_loss", "tokens_per_second", "seconds")
MOST_EVALUATED = 131_072  # tokens an evaluation on the way looks at; the last one looks at all


@dataclass
class Progress:
    """How far a run is. Kept in the checkpoint, so that a resumed run counts on."""

    step: int = 0
    seconds: float = 0.0
    tokens: int = 0
    loss_sum: float = 0.0  # of the steps since the last evaluation
    loss_count: int = 0


class Run:
    """A model, what it learns, its optimiser and its folder.

    >>> config = TrainingConfig(data="python-topics", steps=10)
    >>> run = Run.create("runs/doctest", config, context=8, layers=1, heads=1, width=4)
    >>> run.model.config.context
    8
    """

    def __init__(self, folder: Path, objective: Objective, model: Model) -> None:
        self.folder, self.config = folder, objective.config
        self.objective, self.model = objective, model
        _, data_seed = np.random.SeedSequence(self.config.seed).spawn(2)
        self.batches: Any = objective.begin(model, np.random.default_rng(data_seed))
        self.optimiser = AdamW(
            model.parameters(), self.config.learning_rate, weight_decay=self.config.weight_decay
        )
        self.progress = Progress()
        self.metrics: list[dict[str, Any]] = []

    @classmethod
    def create(
        cls,
        folder: str | Path,
        config: TrainingConfig,
        architecture: str = "decoder-only",
        **sizes: Any,
    ) -> Run:
        """Start a run in a folder that holds none yet. Nothing is written before it trains.

        architecture:  a name of MODELS; `sizes` are the options of its config
        Raises:  OptionError if the folder is taken, a size is wrong, or the architecture cannot do
                 the task; DataError for the data; CheckpointError for a run to start from
        """
        path = Path(folder)
        if path.is_file():
            raise OptionError(f"train: {str(path)!r} is a file. Hint: choose another --out.")
        if (path / checkpoint.CONFIG).exists():
            raise OptionError(
                f"train: {str(path)!r} is there already. Hint: go on with "
                f"`tinyllm train --resume {path}`, or choose another --out."
            )
        objective = objective_of(config.task, architecture)(config)
        model_seed, _ = np.random.SeedSequence(config.seed).spawn(2)
        random = np.random.default_rng(model_seed)
        if config.start_from is not None:
            first, tokenizer = checkpoint.load_checkpoint(config.start_from)
            objective.use(tokenizer)
            options = objective.options | sizes
            model = checkpoint.taken_over(first, architecture, options, random)
            return cls(path, objective, model)
        objective.use(objective.new_tokenizer())
        return cls(path, objective, build(architecture, objective.options | sizes, random))

    @classmethod
    def resume(cls, folder: str | Path) -> Run:
        """Go on with a run exactly where its last checkpoint is.

        Raises:  CheckpointError if the folder is no run, DataError if its data have changed
        """
        path = Path(folder)
        saved = checkpoint.read_config(path)
        architecture, own = saved["architecture"], dict(saved.get("training", {}))
        if architecture not in MODELS:
            raise CheckpointError(
                f"resume: {str(path)!r} holds counts, made in one go: there is nothing to go on "
                "with."
            )
        sha256, _ = own.pop("data_sha256", None), own.pop("kept", None)
        try:
            config = TrainingConfig(**own)
            objective_type = objective_of(config.task, architecture)
            model = build(architecture, saved["model"], rng=0)
        except (OptionError, TypeError) as error:
            raise CheckpointError(
                f"resume: {str(path)!r} does not say how it was trained: {error}"
            ) from error
        objective = objective_type(config)
        if objective.sha256 != sha256:
            raise DataError(
                f"resume: the text {config.data!r} has changed since the run began. "
                "Hint: start a new run."
            )
        objective.use(load_tokenizer(path / checkpoint.TOKENIZER))
        run = cls(path, objective, model)
        state, carried = checkpoint.load_training(path, run.model, run.optimiser)
        try:
            run.model.rng.bit_generator.state = state["model_rng"]
            run.batches.state = state["batches"]
            run.progress = Progress(**state["progress"])
        except (KeyError, TypeError, ValueError) as error:
            file = str(path / checkpoint.TRAINING)
            raise CheckpointError(f"load: {file!r} does not say how far training is.") from error
        from_arrays(objective.carried, carried)
        run.metrics = checkpoint.read_metrics(path / METRICS, run.progress.step)
        return run

    @property
    def tokenizer(self) -> Tokenizer:
        """Text to ids and back."""
        return self.objective.tokenizer

    def train(
        self,
        until: int | None = None,
        on_evaluation: Callable[[dict[str, Any]], None] = lambda metrics: None,
    ) -> Iterator[Step]:
        """Train up to step `until` (None: to the end), and yield after each step.

        Evaluates and saves on the way; whoever stops early calls `save`.
        """
        last = self.config.steps if until is None else min(until, self.config.steps)
        if not self.metrics:
            self.save()
        self.model.train()
        p, clock = self.progress, time.perf_counter()
        for step in train(
            partial(self.objective.logits, self.model),
            self.optimiser,
            self.batches,
            self.config.schedule,
            start=p.step,
            steps=last,
            clip=self.config.clip,
            accumulate=self.config.accumulate,
            label_smoothing=self.config.label_smoothing,
        ):
            p.step, p.tokens = step.number, p.tokens + step.tokens
            p.loss_sum, p.loss_count = p.loss_sum + step.loss, p.loss_count + 1
            p.seconds, clock = p.seconds + time.perf_counter() - clock, time.perf_counter()
            if step.number == self.config.steps or self.config.evaluates_at(step.number):
                on_evaluation(self.evaluate())
                self.save()
                clock = time.perf_counter()  # evaluation does not count as training time
            yield step  # after the evaluation: whoever stops here has lost none
        self.save()

    def evaluate(self) -> dict[str, Any]:
        """Measure what was not trained on, and add a line to metrics.jsonl.

        Raises:  TrainingError if the loss is not a finite number: such a model is not saved
        """
        p = self.progress
        most = None if p.step == self.config.steps else MOST_EVALUATED
        found = self.objective.measure(self.model, most)
        loss = found["val_loss"]
        if not math.isfinite(loss):
            raise TrainingError(
                f"train: the validation loss after step {p.step} must be a finite number; got "
                f"{loss}. Hint: a smaller learning rate, a longer warm-up."
            )
        line = {
            "step": p.step,
            "train_loss": round(p.loss_sum / max(1, p.loss_count), 6),
            **{name: round(value, 6) for name, value in found.items()},
            "tokens_per_second": round(p.tokens / max(p.seconds, 1e-9)),
            "seconds": round(p.seconds, 3),
        }
        p.loss_sum, p.loss_count = 0.0, 0
        self.metrics.append(line)
        return line

    def save(self) -> None:
        """Write every file of the run; each is whole or not there.

        The metrics come before the state of the training. If the machine stops in between, they
        have a line too many, which `resume` drops; the other way round one would be lost.
        """
        make_folder(self.folder)
        lines = "".join(json.dumps(line) + "\n" for line in self.metrics)
        write_atomically(self.folder / METRICS, lines.encode())
        state = {
            "model_rng": self.model.rng.bit_generator.state,
            "batches": self.batches.state,
            "progress": asdict(self.progress),
        }
        carried = to_arrays(self.objective.carried)
        checkpoint.save_training(self.folder, self.model, self.optimiser, state, carried)
        training = asdict(self.config) | {"data_sha256": self.objective.sha256}
        training |= {"kept": self.objective.kept}
        checkpoint.save_checkpoint(self.folder, self.model, self.tokenizer, training)
        write_json(self.folder / SUMMARY, self.summary())
        if self.metrics:
            draw_losses(self.folder / FIGURE, self.metrics, unit=self.objective.unit)

    def summary(self) -> dict[str, Any]:
        """Return the run's passport: what came out, and what it takes to get it again."""
        last = self.metrics[-1] if self.metrics else {"val_loss": None}
        return {
            **{name: value for name, value in last.items() if name not in OF_TIME},
            "steps": self.progress.step,
            "seconds": round(self.progress.seconds, 3),
            "parameters": self.model.count_parameters(),
            "seed": self.config.seed,
            "data": self.config.data,
            "data_sha256": self.objective.sha256,
            "versions": checkpoint.versions(),
        }
