"""Train a model: on a text, on texts with labels, on texts with translations.

  tinyllm train --data tinyshakespeare --out runs/first
  tinyllm train --data book.txt --layers 6 --width 192 --heads 6 --dropout 0.1
  tinyllm train --data book.txt --arch lstm --tokenizer words
  tinyllm train --data book.txt --arch ngram --order 5
  tinyllm train --task classify --data trec
  tinyllm train --task classify --data reviews.csv --source text --target label
  tinyllm train --task translate --data multi30k --source en --target de
  tinyllm train --resume runs/first

A tenth of the data, or a part that is meant for it, measures the model. Ctrl-C saves.
"""

from __future__ import annotations

import argparse
import re
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from tinyllm.cli.options import ARCHITECTURES, add_options, given, given_names
from tinyllm.cli.progress import train_with_progress
from tinyllm.errors import OptionError
from tinyllm.models import EncoderOnly, RNNConfig, TransformerConfig
from tinyllm.text import TASKS, download_task
from tinyllm.text.datasets import DATASETS, download
from tinyllm.text.tables import TABLES
from tinyllm.train.checkpoint import read_config
from tinyllm.train.config import TrainingConfig
from tinyllm.train.counting import count_text
from tinyllm.train.objectives import OBJECTIVES, objective_of
from tinyllm.train.run import Run

WITHOUT_WEIGHTS = ("dropout", "pooling")  # options that a run may change which starts from another
FOR_COUNTING = {"data", "download", "encoding", "tokenizer", "vocabulary_size", "lower", "task"}
FOR_COUNTING |= {"out", "arch", "order", "method", "k"}
OPTIONS = {"start_from": "from"}  # those that are called otherwise on the command line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    add_options(parser)


def run(args: argparse.Namespace) -> int:
    """Train, or go on training."""
    console = Console()
    if args.stop_at is not None and args.stop_at < 1:
        raise OptionError(f"train: --stop-at must be at least 1; got {args.stop_at}.")
    if args.arch == "ngram":
        return count(args, console)
    if args.order is not None or args.method is not None or args.k is not None:
        raise OptionError("train: --order, --method and --k are for --arch ngram.")
    training = resumed(args) if args.resume else created(args)
    done = train_with_progress(training, console, args.stop_at)
    say_what_now(training, console, done)
    return 0


def created(args: argparse.Namespace) -> Run:
    """Start a new run from the options; what was not given is what was measured for the task."""
    task = args.task or "text"
    architecture, cell = ARCHITECTURES[args.arch or next(iter(OBJECTIVES[task]))]
    objective = objective_of(task, architecture)
    sizes: dict[str, Any] = objective.sizes | ({"cell": cell} if cell else {})
    options: dict[str, Any] = (
        objective.defaults | given(args, TrainingConfig, without={"data"}) | {"task": task}
    )
    if args.start_from:
        if args.tokenizer or args.vocabulary_size or args.lower is not None:
            raise OptionError(
                "train: --from keeps the tokenizer of its run; leave out --tokenizer."
            )
        sizes = {name: value for name, value in sizes.items() if name in WITHOUT_WEIGHTS}
        first = read_config(Path(args.start_from)).get("training", {})
        for name in ("tokenizer", "vocabulary_size", "lower"):
            options[name] = first.get(name, options.get(name))
        options["start_from"] = str(Path(args.start_from).resolve())
    config = TrainingConfig(data=data_of(args), **options)
    folder = Path(args.out) if args.out else free_folder(args.data)
    return Run.create(folder, config, architecture, **(sizes | given_sizes(args)))


def resumed(args: argparse.Namespace) -> Run:
    """Go on with a run; refuse options that would make it another one."""
    refuse_all_but({"resume", "stop_at"}, args, "--resume keeps the run's options")
    return Run.resume(args.resume)


def count(args: argparse.Namespace, console: Console) -> int:
    """Count a text: an n-gram model has no steps."""
    refuse_all_but(FOR_COUNTING, args, "an n-gram model is counted in one go")
    if args.task not in (None, "text"):
        raise OptionError(f"train: the task {args.task!r} needs a model that learns in steps.")
    config = TrainingConfig(data=data_of(args), **given(args, TrainingConfig, without={"data"}))
    folder = Path(args.out) if args.out else free_folder(args.data)
    options = {name: getattr(args, name) for name in ("order", "method", "k")}
    summary = count_text(folder, config, **{k: v for k, v in options.items() if v is not None})
    say = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    say(f"run: {folder}\n{summary['parameters']:,} n-grams in {summary['seconds']:.1f} s")
    bits = f"{summary['bits_per_byte']:.4f} bits a byte"
    say(f"validation loss: {summary['val_loss']:.4f} nats, {bits}")
    say(f"let it write:\n  tinyllm generate {folder}")
    return 0


def refuse_all_but(allowed: set[str], args: argparse.Namespace, rule: str) -> None:
    """Refuse options that would not be looked at.

    Raises:    OptionError that names them
    """
    unused = [name for name in given_names(args) if name not in allowed]
    if unused:
        names = ", ".join("--" + OPTIONS.get(name, name).replace("_", "-") for name in unused)
        raise OptionError(f"train: {rule}; leave out {names}.")


def data_of(args: argparse.Namespace) -> str:
    """Return the data's name, or the whole path of a file; fetch a named set if that is asked."""
    if args.data is None:
        raise OptionError("train: --data FILE says what to train on; or --resume RUN goes on.")
    two_files = args.source and Path(args.data).suffix.lower() not in TABLES
    file = Path(f"{args.data}.{args.source}") if two_files else Path(args.data)
    if file.is_file():
        return str(Path(args.data).resolve())
    if args.download and args.data in TASKS:
        download_task(args.data)
    elif args.download and args.data in DATASETS and DATASETS[args.data].file:
        download(args.data)
    return args.data


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
        last, unit = run.metrics[-1], run.objective.unit
        console.print(f"validation loss: {last['val_loss']:.4f} nats a {unit}")
        if "accuracy" in last:
            console.print(f"validation accuracy: {last['accuracy']:.1%}")
    if not done or run.progress.step < run.config.steps:
        say(
            f"stopped at step {run.progress.step} of {run.config.steps}; go on with:\n"
            f"  tinyllm train --resume {run.folder}"
        )
        return
    say(what_now(run))


def what_now(run: Run) -> str:
    """Name the command that makes use of this run."""
    match run.config.task, run.model:
        case "classify", _:
            return f"measure it on what it has never seen:\n  tinyllm evaluate {run.folder}"
        case "translate", _:
            return f'let it translate:\n  tinyllm generate {run.folder} --prompt "..."'
        case _, EncoderOnly():
            return (
                "teach it labels, from here on:\n"
                f"  tinyllm train --task classify --data NAME --from {run.folder}"
            )
    known = set(run.tokenizer.vocabulary)
    seen = known >= set("The ") or "The" in known
    prompt = ' --prompt "The "' if seen else ""
    return f"let it write:\n  tinyllm generate {run.folder}{prompt} --temperature 0.8"
