"""Train a small model in two minutes, compare it with counting, and see it write.

The text is one that every Python carries: its own help topics. Nothing is downloaded.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.table import Table

from tinyllm.cli.progress import train_with_progress
from tinyllm.cli.train import free_folder, say_what_now
from tinyllm.decoding import generate
from tinyllm.models import DecoderOnly, NGramLM
from tinyllm.train.config import TrainingConfig
from tinyllm.train.figure import draw_losses
from tinyllm.train.run import FIGURE, Run

PROMPTS = ("The ", "An object ", "import ")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument(
        "--steps", type=int, default=1200, metavar="N", help="training steps (1200)"
    )
    parser.add_argument("--seed", type=int, default=1337, help="of weights and batches (1337)")
    parser.add_argument("--out", metavar="RUN", help="new folder (default: runs/quickstart-NUMBER)")


def run(args: argparse.Namespace) -> int:
    """Train, compare, sample."""
    console = Console()
    folder = Path(args.out) if args.out else free_folder("quickstart")
    config = TrainingConfig(data="python-topics", steps=args.steps, seed=args.seed)
    training = Run.create(folder, config, context=64)
    text: Any = training.objective
    characters = len(text.train_ids) + len(text.validation_ids)
    console.print(
        f"{characters:,} characters of Python's help topics, "
        f"{training.model.count_parameters():,} parameters, {config.steps} steps."
    )
    done = train_with_progress(training, console)
    if done:
        losses = rivals(training)
        draw_losses(folder / FIGURE, training.metrics, losses)
        model_loss = training.metrics[-1]["val_loss"]
        console.print(table(losses | {"this Transformer": model_loss}))
        say_who_wins(model_loss, losses["5-gram"], console)
        show_samples(training, console)
    say_what_now(training, console, done)
    return 0


def rivals(training: Run) -> dict[str, float]:
    """Return the validation loss of guessing and of counting, in nats a character."""
    text: Any = training.objective
    size, ids = len(training.tokenizer), text.train_ids
    losses = {"uniform": math.log(size)}
    for name, order, method in (
        ("unigram", 1, "add-k"),
        ("bigram", 2, "add-k"),
        ("5-gram", 5, "kneser-ney"),
    ):
        model = NGramLM(order, size, method).fit(ids)
        losses[name] = model.loss(text.validation_ids, context_before=ids)
    return losses


ABOUT = {
    "uniform": "a guess: every character equally likely",
    "unigram": "how often each character stands in the text",
    "bigram": "counts of pairs: the next character given one",
    "5-gram": "counts of five, interpolated Kneser-Ney",
    "this Transformer": "sees up to 64 characters back",
}


def table(losses: dict[str, float]) -> Table:
    """Return the comparison, best last."""
    view = Table(title="Validation loss a character (less is better)", title_justify="left")
    view.add_column("model")
    view.add_column("nats", justify="right")
    view.add_column("bits", justify="right")
    view.add_column("what it knows")
    for name, loss in losses.items():
        view.add_row(name, f"{loss:.3f}", f"{loss / math.log(2):.3f}", ABOUT[name])
    return view


def say_who_wins(model: float, counting: float, console: Console) -> None:
    """Say plainly whether the Transformer beats the counts of five."""
    if model < counting:
        console.print(f"The Transformer beats the 5-gram by {counting - model:.3f} nats.")
    else:
        console.print(
            f"The 5-gram still beats the Transformer by {model - counting:.3f} nats: on a small "
            "text, counting is a strong rival. More steps or a wider model close the gap."
        )


def show_samples(training: Run, console: Console) -> None:
    """Print three continuations."""
    tokenizer, model = training.tokenizer, cast(DecoderOnly, training.model)
    for seed, prompt in enumerate(PROMPTS):
        ids = generate(model, tokenizer.encode(prompt), 200, temperature=0.8, top_p=0.95, rng=seed)
        console.rule(f"sample {seed + 1}", align="left")
        console.print(tokenizer.decode(ids), markup=False, highlight=False)
    console.rule()
