"""A small model on a real text that every Python carries: what the bosses of the course train."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import tinyllm
from tinyllm.course.exercise import Points
from tinyllm.evaluation import mean_loss
from tinyllm.models import build
from tinyllm.text import CharTokenizer, RandomWindows, load_text, split
from tinyllm.train import AdamW, cosine_with_warmup, train

SIZES = {"context": 32, "layers": 2, "heads": 2, "width": 64}


def train_small(
    say: Callable[[str], None],
    architecture: str = "decoder-only",
    *,
    steps: int = 200,
    batch: int = 8,
    learning_rate: float = 4e-3,
    backend: str = "numpy",
    **sizes: Any,
) -> Points:
    """Train on Python's help topics; return the validation loss after each tenth of the steps.

    backend: "numpy" goes through the definitions, so through each function that a learner replaced;
             "numba" is faster, but its loops hold some of them inside, as attention does softmax
    sizes:  of the model's config; what is not given is SIZES
    """
    text, _ = load_text("python-topics")
    tokenizer = CharTokenizer.train(text)
    train_ids, validation_ids = split(tokenizer.encode(text))
    model: Any = build(architecture, {"vocabulary": len(tokenizer)} | SIZES | sizes, 0)
    optimiser = AdamW(model.parameters(), learning_rate)
    batches = RandomWindows(train_ids, model.config.context, batch, rng=0)
    schedule = partial(cosine_with_warmup, peak=learning_rate, warmup=steps // 20, total=steps)
    points = []
    with tinyllm.backend(backend):
        for step in train(model, optimiser, batches, schedule, steps=steps):
            if step.number % max(1, steps // 10) == 0:
                loss = mean_loss(model, validation_ids, most=4_000)
                points.append((float(step.number), float(np.round(loss, 6))))
                say(f"step {step.number:>4} of {steps}: {loss:.3f} nats a character")
    return points
