"""An encoder learns which characters are hidden in a text; then, in which direction texts run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.course.exercise import Points
from tinyllm.course.small import SIZES
from tinyllm.models import EncoderOnly, TransformerConfig, heads
from tinyllm.text import CharTokenizer, pad
from tinyllm.text.special import PADDING
from tinyllm.train import AdamW, cosine_with_warmup, train
from tinyllm.train.objectives.masked_tokens import hidden_loss, hole_logits, in_windows, with_holes
from tinyllm.types import Array

STEPS, BATCH, PEAK = 800, 32, 6e-3
CHOICES = {"layers": 1, "positions": "rotary"}  # who sees distances, soon finds its neighbours
DIRECTION_STEPS, DIRECTION_PEAK, SHORTEST, ASKED = 150, 3e-3, 8, 400


def new_encoder(tokenizer: CharTokenizer) -> EncoderOnly:
    """Build an encoder with its first weights."""
    sizes: dict[str, Any] = SIZES | CHOICES
    padding = tokenizer.special[PADDING]
    return EncoderOnly(TransformerConfig(vocabulary=len(tokenizer), padding=padding, **sizes), 0)


def learn_holes(
    model: EncoderOnly,
    tokenizer: CharTokenizer,
    parts: tuple[Array, Array],
    say: Callable[[str], None],
) -> Points:
    """Train on the first part of a text; return the loss over hidden characters of the second."""
    context = model.config.context
    rows = in_windows(parts[1], context)[:200]
    points: Points = []
    for step in train(
        partial(hole_logits, model),
        AdamW(model.parameters(), PEAK),
        with_new_holes(parts[0], tokenizer, context),
        partial(cosine_with_warmup, peak=PEAK, warmup=STEPS // 20, total=STEPS),
        steps=STEPS,
    ):
        if step.number % (STEPS // 10) == 0:
            loss = hidden_loss(model, tokenizer, rows)
            points.append((float(step.number), float(np.round(loss, 6))))
            say(f"step {step.number:>4} of {STEPS}: {loss:.3f} nats a hidden character")
    return points


def with_new_holes(ids: Array, tokenizer: Any, context: int) -> Iterator[tuple[Any, Array]]:
    """Cut windows out of a text, and hide some of their characters: without end."""
    rng = np.random.default_rng(0)
    while True:
        starts = rng.integers(0, len(ids) - context + 1, BATCH)
        yield with_holes([ids[start : start + context] for start in starts], tokenizer, rng)


def learn_direction(model: EncoderOnly, parts: tuple[Array, Array]) -> float:
    """Teach an encoder whether a text runs forwards or backwards; return the share of right ones.

    Both have the same characters. So a model must have learnt what follows what.
    """
    model = model.with_classes(2, rng=0, pooling="mean")
    context = model.config.context
    padding: Any = model.config.padding
    rng = np.random.default_rng(0)

    def batches() -> Iterator[tuple[Array, Array]]:
        while True:
            yield some_turned(parts[0], BATCH, context, padding, rng)

    for _ in train(
        partial(direction_logits, model),
        AdamW(model.parameters(), DIRECTION_PEAK),
        batches(),
        partial(
            cosine_with_warmup,
            peak=DIRECTION_PEAK,
            warmup=DIRECTION_STEPS // 20,
            total=DIRECTION_STEPS,
        ),
        steps=DIRECTION_STEPS,
    ):
        pass
    ids, is_turned = some_turned(parts[1], ASKED, context, padding, np.random.default_rng(0))
    return float((direction_logits(model, ids).data.argmax(axis=1) == is_turned).mean())


def direction_logits(model: EncoderOnly, ids: Array) -> Tensor:
    """Score both directions: ids (B, T) -> (B, 2). The mean is the learner's."""
    classes: Any = model.classes
    return classes(heads.mean_of_tokens(model.encode(ids), ids != model.config.padding))


def some_turned(
    ids: Array, count: int, longest: int, padding: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Cut pieces of different lengths out of a text, and turn half of them round: 1 for these."""
    lengths = rng.integers(SHORTEST, longest + 1, count)
    starts = rng.integers(0, len(ids) - longest + 1, count)
    is_turned = rng.integers(0, 2, count)
    pieces = [ids[start : start + length] for start, length in zip(starts, lengths, strict=True)]
    rows = [row[::-1] if turned else row for row, turned in zip(pieces, is_turned, strict=True)]
    return pad(rows, padding)[0], is_turned
