"""The options of `tinyllm train`, and which of them were given.

An option that was not given is None, and so its default can depend on the task: the help says what
it is where.
"""

from __future__ import annotations

import argparse
from typing import Any

from tinyllm.models import TransformerConfig
from tinyllm.models.smoothing import METHODS
from tinyllm.nn.mlp import MLPS
from tinyllm.nn.norm import NORMS
from tinyllm.nn.positions import POSITIONS
from tinyllm.nn.rnn import CELLS
from tinyllm.text import TASKS, TOKENIZERS
from tinyllm.text.datasets import DATASETS
from tinyllm.train.config import TrainingConfig
from tinyllm.train.objectives import OBJECTIVES

# what --arch is called: the architecture, and where it is recurrent, the cell
ARCHITECTURES: dict[str, tuple[str, str | None]] = {
    "ngram": ("ngram", None),
    **{cell: ("recurrent", cell) for cell in CELLS},
    "encoder-only": ("encoder-only", None),
    "encoder-decoder": ("encoder-decoder", None),
    "decoder-only": ("decoder-only", None),
}
SIZES = TransformerConfig(vocabulary=1, context=64)
TRAINING = TrainingConfig(data="")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe all options, in groups."""
    add_data(parser.add_argument_group("data"))
    add_model(parser.add_argument_group("model"))
    add_training(parser.add_argument_group("training"))
    run = parser.add_argument_group("run")
    run.add_argument("--out", metavar="RUN", help="new folder (default: runs/NAME-NUMBER)")
    run.add_argument("--resume", metavar="RUN", help="go on with a run; its options stay")
    run.add_argument("--stop-at", type=int, metavar="STEP", help="stop early; --resume goes on")
    run.add_argument(
        "--from",
        dest="start_from",
        metavar="RUN",
        help="begin with the weights and the tokenizer of another run, as for fine-tuning",
    )


def add_data(group: argparse._ArgumentGroup) -> None:
    """What is learnt, and from what."""
    group.add_argument("--task", choices=OBJECTIVES, help="what is learnt (default: text)")
    names = ", ".join([*DATASETS, *TASKS])
    group.add_argument("--data", metavar="FILE", help=f"a file, or one of: {names}")
    group.add_argument(
        "--download", action="store_true", default=None, help="fetch a named data set first"
    )
    group.add_argument("--encoding", help="of the file (default: utf-8)")
    group.add_argument(
        "--source", metavar="NAME", help="column of texts; language that is translated: en"
    )
    group.add_argument(
        "--target", metavar="NAME", help="column of labels; language that comes out: de"
    )
    default = told("tokenizer", TRAINING.tokenizer)
    group.add_argument("--tokenizer", choices=TOKENIZERS, help=f"what a token is ({default})")
    group.add_argument(
        "--lower",
        action=argparse.BooleanOptionalAction,
        help="whether words are put into lower case (default: no; classify yes)",
    )
    number(group, "vocabulary-size", "words 10000, bpe 4000", int, "of words or BPE")


def add_model(group: argparse._ArgumentGroup) -> None:
    """What the model is."""
    group.add_argument(
        "--arch",
        choices=ARCHITECTURES,
        help="architecture (default: decoder-only; to classify encoder-only, to translate "
        "encoder-decoder)",
    )
    for name, about in {
        "layers": "one after the other; 2 where recurrent",
        "heads": "attention heads in each layer, none where recurrent",
        "width": "numbers a position carries",
        "context": "tokens the model looks back, or where recurrent: learns back",
    }.items():
        number(group, name, told(name, getattr(SIZES, name)), int, about)
    about = "share of numbers set to 0 in training"
    number(group, "dropout", told("dropout", SIZES.dropout), float, about)
    group.add_argument("--norm", choices=("pre", "post"), help="place of the norm (default: pre)")
    for name, choices, about in (
        ("normalisation", NORMS, "what a norm is"),
        ("positions", POSITIONS, "how a token knows its place"),
        ("activation", MLPS, "in the MLP"),
    ):
        default = getattr(SIZES, name)
        group.add_argument(f"--{name}", choices=choices, help=f"{about} (default: {default})")
    number(group, "kv-heads", "heads", int, "heads of keys and values, shared by several")
    for name, about in {
        "tied": "one table reads tokens and scores them",
        "biases": "products and norms add a bias",
    }.items():
        group.add_argument(
            f"--{name}", action=argparse.BooleanOptionalAction, help=f"{about} (default: yes)"
        )
    group.add_argument(
        "--pooling", choices=("first", "mean"), help="what of a text is classified (default: mean)"
    )
    number(group, "order", 5, int, "ngram: tokens in the longest n-gram")
    group.add_argument("--method", choices=METHODS, help="ngram: smoothing (default: kneser-ney)")
    number(group, "k", 1.0, float, "ngram: what add-k adds")


def add_training(group: argparse._ArgumentGroup) -> None:
    """How it is trained."""
    for name, default, kind, about in (
        ("steps", TRAINING.steps, int, "steps of the optimiser"),
        ("batch", TRAINING.batch, int, "windows of text, or texts, in a batch"),
        ("accumulate", TRAINING.accumulate, int, "batches in a step"),
        ("learning-rate", TRAINING.learning_rate, float, "highest learning rate"),
        ("final-learning-rate", TRAINING.final_learning_rate, float, "last one"),
        ("warmup", "steps/20", int, "steps until the highest learning rate"),
        ("weight-decay", TRAINING.weight_decay, float, "pull of matrices towards 0"),
        ("clip", TRAINING.clip, float, "longest gradient"),
        ("label-smoothing", TRAINING.label_smoothing, float, "share of a target for all others"),
        ("hide", "encoder-only 0.15", float, "share of tokens that are hidden"),
        ("evaluate-every", "steps/8", int, "steps between evaluations"),
        ("seed", TRAINING.seed, int, "of weights, batches and dropout"),
    ):
        number(group, name, told(name.replace("-", "_"), default), kind, about)


def told(name: str, default: object) -> str:
    """Say a default, and what it is in other tasks: "default: 12; classify 32"."""
    text = f"default: {default}"
    for task, objectives in OBJECTIVES.items():
        for objective in objectives.values() if task != "text" else ():
            own = (objective.defaults | objective.sizes).get(name, default)
            text += f"; {task} {own}" if own != default else ""
    return text


def number(
    group: argparse._ArgumentGroup, name: str, default: object, kind: type, about: str
) -> None:
    """Add an option that takes a number. It stays None where it was not given."""
    text = str(default)
    text = text if text.startswith("default") else f"default: {text}"
    group.add_argument(f"--{name}", type=kind, metavar="N", help=f"{about} ({text})")


def given(args: argparse.Namespace, config: type, without: set[str]) -> dict[str, Any]:
    """Return those options of a config that were given on the command line."""
    names = config.__dataclass_fields__.keys() - without
    values = {name: getattr(args, name, None) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def given_names(args: argparse.Namespace) -> list[str]:
    """Return the names of all options that were given."""
    return [name for name, value in vars(args).items() if value is not None and name != "command"]
