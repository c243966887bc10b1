"""The boss: an encoder learns which characters are hidden in a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from tinyllm import backend
from tinyllm.course.exercise import Boss, Points
from tinyllm.course.small import SIZES
from tinyllm.models import EncoderOnly, TransformerConfig
from tinyllm.text import CharTokenizer, load_text, split
from tinyllm.text.special import MASK, PADDING
from tinyllm.train import AdamW, cosine_with_warmup, train
from tinyllm.train.objectives.masked_tokens import hidden_loss, hole_logits, in_windows, with_holes
from tinyllm.types import Array

STEPS, BATCH, PEAK = 800, 32, 6e-3
CHOICES = {"layers": 1, "positions": "rotary"}  # who sees distances, soon finds its neighbours


def run(say: Callable[[str], None]) -> Points:
    """Train on Python's help topics; return the loss over hidden characters of another part."""
    text, _ = load_text("python-topics")
    tokenizer = CharTokenizer.train(text, [PADDING, MASK])
    train_ids, validation_ids = split(tokenizer.encode(text))
    padding = tokenizer.special[PADDING]
    sizes: dict[str, Any] = SIZES | CHOICES
    config = TransformerConfig(vocabulary=len(tokenizer), padding=padding, **sizes)
    model, rows = EncoderOnly(config, rng=0), in_windows(validation_ids, config.context)[:200]
    points: Points = []
    with backend("numpy"):  # goes through the definitions
        for step in train(
            partial(hole_logits, model),
            AdamW(model.parameters(), PEAK),
            with_new_holes(train_ids, tokenizer, config.context),
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


HOLES = Boss(run=run, up="nats a hidden character")
