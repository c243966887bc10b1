"""How good a trained run is, on the data it was held back from or on any other.

Who calls it: `tinyllm evaluate`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tinyllm.decoding import translate
from tinyllm.errors import DataError, OptionError
from tinyllm.evaluation.bits import bits_per_byte, bits_per_character
from tinyllm.evaluation.loss import mean_loss
from tinyllm.evaluation.references import corpus_bleu
from tinyllm.models import EncoderDecoder, EncoderOnly, NGramLM
from tinyllm.text import Tokenizer, load_text, split
from tinyllm.text.parts import (
    Examples,
    is_named,
    labelled_part,
    pairs_part,
    test_part,
    train_and_validation,
)
from tinyllm.train import checkpoint
from tinyllm.train.config import TrainingConfig
from tinyllm.train.objectives.labels import rows_of as rows_of_texts
from tinyllm.train.objectives.labels import scores
from tinyllm.train.objectives.masked_tokens import hidden_loss, in_windows, share_of, texts_of
from tinyllm.train.objectives.next_window import window_loss
from tinyllm.train.objectives.objective import columns_of, cut
from tinyllm.train.objectives.translations import pairs_loss, rows_of
from tinyllm.types import Array


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which run, on which data."""

    model: Any
    tokenizer: Tokenizer
    config: TrainingConfig  # the run's, with the data that it is measured on
    kept: dict[str, Any]
    own: bool  # whether these are the data it was trained on
    part: str | None
    beams: int


def report(
    folder: str | Path,
    data: str | None = None,
    *,
    part: str | None = None,
    encoding: str | None = None,
    source: str | None = None,
    target: str | None = None,
    beams: int = 1,
) -> dict[str, Any]:
    """Measure a run; return {"data": what was measured, name of a figure: its value}.

    data:   a name or a file as for training; None: the run's own. Of its own text, only what was
            held back is measured; of a data set, the part for tests
    part:   another part of a data set: "dev"
    beams:  for translations
    Raises:  CheckpointError if the folder is no run, DataError for the data
    """
    path = Path(folder)
    model, tokenizer = checkpoint.load_checkpoint(path)
    training = dict(checkpoint.read_config(path).get("training", {}))
    kept, _ = training.pop("kept", {}), training.pop("data_sha256", None)
    if not training:
        raise DataError(f"evaluate: {str(path)!r} does not say what it was trained for.")
    asked = {"data": data, "encoding": encoding, "source": source, "target": target}
    changes: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    if data is None and "data" not in training:
        raise DataError(
            f"evaluate: {str(path)!r} does not say which data it was trained on. Hint: --data FILE."
        )
    own = data is None or training.get("data") in (data, str(Path(data).resolve()))
    if own:
        changes.pop("data", None)
    config = TrainingConfig(**(training | changes))
    question = Question(
        model=model,
        tokenizer=tokenizer,
        config=config,
        kept=kept,
        own=own,
        part=part,
        beams=beams,
    )
    if config.task not in REPORTS:
        raise OptionError(
            f"evaluate: the task must be one of {', '.join(REPORTS)}; the run has {config.task!r}. "
            "Hint: an objective of your own has a `measure`."
        )
    return REPORTS[config.task](question)


def of_text(asked: Question) -> dict[str, Any]:
    """Loss of a language model, in units that compare between tokenizers."""
    if asked.part is not None:
        raise OptionError(f"evaluate: a text has no parts; leave out --part {asked.part}.")
    if isinstance(asked.model, EncoderOnly):
        return of_hidden_tokens(asked)
    text, _ = load_text(asked.config.data, asked.config.encoding)
    ids = asked.tokenizer.encode(text)
    before: Array = ids[:0]
    if asked.own:
        before, ids = split(ids)
    if len(ids) < 2:
        raise DataError(f"evaluate: needs at least 2 tokens; got {len(ids)}.")
    loss = text_loss(asked.model, ids, before)
    spelled = asked.tokenizer.decode(ids[1:])
    return {
        "data": f"the last tenth of {asked.config.data}" if asked.own else asked.config.data,
        f"{asked.tokenizer.unit}s": len(ids) - 1,
        "loss": loss,
        "perplexity": math.exp(loss),
        "bits_per_character": bits_per_character(loss, len(ids) - 1, spelled),
        "bits_per_byte": bits_per_byte(loss, len(ids) - 1, spelled),
    }


def text_loss(model: Any, ids: Array, before: Array) -> float:
    """Nats a token, as each kind of model is measured while it is trained."""
    if isinstance(model, NGramLM):
        return model.loss(ids, context_before=before)
    if isinstance(model, EncoderDecoder):
        return window_loss(model, ids)
    return mean_loss(model, ids)


def of_hidden_tokens(asked: Question) -> dict[str, Any]:
    """Loss of an encoder over tokens that were hidden from it, as many as in its training."""
    config, context = asked.config, asked.model.config.context
    texts, part = texts_of(config), None
    if texts:
        part = "held out"
        rows = cut([asked.tokenizer.encode(text) for text in texts[1]], context)
    else:
        ids = asked.tokenizer.encode(load_text(config.data, config.encoding)[0])
        rows = in_windows(split(ids)[1] if asked.own else ids, context)
    rows_read = [row for row in rows if len(row)]
    loss = hidden_loss(asked.model, asked.tokenizer, rows_read, share_of(config))
    return {"data": named(config.data, part), "texts": len(rows), "loss": loss}


def of_labels(asked: Question) -> dict[str, Any]:
    """Accuracy and macro-F1 of a classifier."""
    config, columns = asked.config, columns_of(asked.config)
    read = partial(labelled_part, config.data, names=asked.kept["labels"], **columns)
    examples, part = examples_of(asked, read)
    if examples.names != asked.kept["labels"]:
        raise DataError(
            f"evaluate: the run knows the labels {', '.join(asked.kept['labels'])}; "
            f"{config.data!r} has {', '.join(examples.names)}."
        )
    found = scores(
        asked.model, rows_of_texts(examples, asked.tokenizer, asked.model), examples.labels
    )
    return {"data": named(config.data, part), "texts": len(examples.texts), **found}


def of_translations(asked: Question) -> dict[str, Any]:
    """Loss of the right translations, and BLEU of the model's own."""
    config, columns = asked.config, columns_of(asked.config)
    pairs, part = examples_of(asked, partial(pairs_part, config.data, **columns))
    rows = rows_of(pairs, asked.tokenizer, asked.model.config.context)
    tokenize = "none" if is_named(config.data) else "13a"  # multi30k's lines are tokens already
    found = translate(asked.model, asked.tokenizer, pairs.sources, beams=asked.beams)
    return {
        "data": named(config.data, part),
        "texts": len(found),
        "loss": pairs_loss(asked.model, asked.tokenizer, rows),
        "bleu": corpus_bleu(found, pairs.targets, tokenize),
        "bleu_tokens": tokenize,
        "example": f"{pairs.sources[0]} -> {found[0]}",
    }


def examples_of(
    asked: Question, read: Callable[[str | None], Examples]
) -> tuple[Examples, str | None]:
    """Return what a run is measured on, and what that is called: held out, or a part for it."""
    if asked.own and not is_named(asked.config.data):
        return train_and_validation(asked.config.data, read)[1], "held out"
    part = asked.part or test_part(asked.config.data)
    return read(part), part


def named(data: str, part: str | None) -> str:
    """Name a data set with its part."""
    return f"{data}, {part}" if part else data


REPORTS: dict[str, Callable[[Question], dict[str, Any]]] = {
    "text": of_text,
    "classify": of_labels,
    "translate": of_translations,
}
