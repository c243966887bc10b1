"""Train a language model on a text.

  tinyllm train --data tinyshakespeare --out runs/first
  tinyllm train --data book.txt --layers 6 --width 192 --heads 6 --dropout 0.1
  tinyllm train --data book.txt --arch lstm --tokenizer words
  tinyllm train --resume runs/first

The first nine tenths of the text train the model, the rest measures it. Ctrl-C saves.
"""

from __future__ import annotations

import argparse
import re
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from tinyllm.cli.progress import train_with_progress
from tinyllm.errors import OptionError
from tinyllm.models import RNNConfig, TransformerConfig
from tinyllm.nn.rnn import CELLS
from tinyllm.text import TOKENIZERS
from tinyllm.text.datasets import DATASETS, download
from tinyllm.train.config import TrainingConfig
from tinyllm.train.run import Run

SIZES = TransformerConfig(vocabulary=1, context=64)
RECURRENT = RNNConfig(vocabulary=1, context=64)
TRAINING = TrainingConfig(data="")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    text = parser.add_argument_group("text")
    names = ", ".join(DATASETS)
    text.add_argument("--data", metavar="FILE", help=f"a text file, or one of: {names}")
    text.add_argument("--download", action="store_true", help="fetch a named data set first")
    text.add_argument("--encoding", help="of the file (default: utf-8)")
    text.add_argument(
        "--tokenizer", choices=TOKENIZERS, help=f"what a token is (default: {TRAINING.tokenizer})"
    )
    model = parser.add_argument_group("model")
    architectures = ("decoder-only", *CELLS)
    model.add_argument("--arch", choices=architectures, help="architecture (default: decoder-only)")
    for name, about in {
        "layers": f"one after the other, {RECURRENT.layers} where recurrent",
        "heads": "attention heads in each layer, none where recurrent",
        "width": "numbers a position carries",
        "context": "tokens the model looks back, or where recurrent: learns back",
    }.items():
        number(model, name, getattr(SIZES, name), int, about)
    model.add_argument("--norm", choices=("pre", "post"), help="place of the norm (default: pre)")
    number(model, "dropout", SIZES.dropout, float, "share of numbers set to 0 in training")
    training = parser.add_argument_group("training")
    number(training, "steps", TRAINING.steps, int, "steps of the optimiser")
    number(training, "batch", TRAINING.batch, int, "windows of text in a batch")
    number(training, "accumulate", TRAINING.accumulate, int, "batches in a step")
    number(training, "learning-rate", TRAINING.learning_rate, float, "highest learning rate")
    number(training, "final-learning-rate", TRAINING.final_learning_rate, float, "last one")
    number(training, "warmup", "steps/20", int, "steps until the highest learning rate")
    number(training, "weight-decay", TRAINING.weight_decay, float, "pull of matrices towards 0")
    number(training, "clip", TRAINING.clip, float, "longest gradient")
    number(training, "evaluate-every", "steps/8", int, "steps between evaluations")
    number(training, "seed", TRAINING.seed, int, "of weights, batches and dropout")
    run = parser.add_argument_group("run")
    run.add_argument("--out", metavar="RUN", help="new folder (default: runs/NAME-NUMBER)")
    run.add_argument("--resume", metavar="RUN", help="go on with a run; its options stay")
    run.add_argument("--stop-at", type=int, metavar="STEP", help="stop early; --resume goes on")


def number(
    group: argparse._ArgumentGroup, name: str, default: object, kind: type, about: str
) -> None:
    """Add an option that takes a number. It stays None where it was not given."""
    help_text = f"{about} (default: {default})"
    group.add_argument(f"--{name}", type=kind, metavar="N", help=help_text)


def run(args: argparse.Namespace) -> int:
    """Train, or go on training."""
    console = Console()
    if args.stop_at is not None and args.stop_at < 1:
        raise OptionError(f"train: --stop-at must be at least 1; got {args.stop_at}.")
    training = resumed(args) if args.resume else created(args)
    done = train_with_progress(training, console, args.stop_at)
    say_what_now(training, console, done)
    return 0


def created(args: argparse.Namespace) -> Run:
    """Start a new run from the options."""
    if args.data is None:
        raise OptionError("train: --data FILE says what to train on; or --resume RUN goes on.")
    if args.download and args.data in DATASETS and DATASETS[args.data].file:
        download(args.data)
    is_file = Path(args.data).is_file()
    data = str(Path(args.data).resolve()) if is_file else args.data
    folder = Path(args.out) if args.out else free_folder(args.data)
    config = TrainingConfig(data=data, **given(args, TrainingConfig, without={"data"}))
    sizes: dict[str, Any] = {"context": SIZES.context} | given_sizes(args)
    if args.arch in CELLS:
        return Run.create(folder, config, "recurrent", cell=args.arch, **sizes)
    return Run.create(folder, config, **sizes)


def resumed(args: argparse.Namespace) -> Run:
    """Go on with a run; refuse options that would make it another one."""
    options = [*given(args, TrainingConfig, set()), *given_sizes(args)]
    options += [name for name in ("arch", "out") if getattr(args, name)]
    if options:
        names = ", ".join("--" + name.replace("_", "-") for name in options)
        raise OptionError(f"train: --resume keeps the run's options; leave out {names}.")
    return Run.resume(args.resume)


def given(args: argparse.Namespace, config: type, without: set[str]) -> dict[str, Any]:
    """Return those options of a config that were given on the command line."""
    names = config.__dataclass_fields__.keys() - without
    values = {name: getattr(args, name, None) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def given_sizes(args: argparse.Namespace) -> dict[str, Any]:
    """Return the options of any model that were given; its config knows which are its own."""
    return given(args, TransformerConfig, {"vocabulary"}) | given(args, RNNConfig, {"vocabulary"})


def free_folder(data: str) -> Path:
    """Return runs/NAME-1, or the next number that is free."""
    stem = re.sub(r"[^\w.-]+", "-", Path(data).stem) or "run"
    count = 1
    while (folder := Path("runs") / f"{stem}-{count}").exists():
        count += 1
    return folder


def say_what_now(run: Run, console: Console, done: bool) -> None:
    """Print where the run lies and which command comes next."""
    say = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    say(f"run: {run.folder}")
    if run.metrics:
        loss, unit = run.metrics[-1]["val_loss"], run.tokenizer.unit
        console.print(f"validation loss: {loss:.4f} nats a {unit}")
    if not done or run.progress.step < run.config.steps:
        say(
            f"stopped at step {run.progress.step} of {run.config.steps}; go on with:\n"
            f"  tinyllm train --resume {run.folder}"
        )
    else:
        known = set(run.tokenizer.vocabulary)
        seen = known >= set("The ") or "The" in known
        prompt = ' --prompt "The "' if seen else ""
        say(f"let it write:\n  tinyllm generate {run.folder}{prompt} --temperature 0.8")
