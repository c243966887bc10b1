"""The boss: one small model, trained by SGD with momentum, and again by AdamW."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tinyllm
from tinyllm.course.exercise import Points
from tinyllm.course.small import SIZES
from tinyllm.evaluation import mean_loss
from tinyllm.models import build
from tinyllm.text import CharTokenizer, RandomWindows, load_text, split
from tinyllm.train import SGD, AdamW, schedule, train

STEPS, BATCH, ACCUMULATE = 100, 4, 2  # two batches in a step


def train_by_both(say: Callable[[str], None]) -> Points:
    """Return the validation loss after each tenth of AdamW's steps; tell SGD's at its end."""
    say(f"SGD with momentum, {STEPS} steps:")
    curve_of("sgd", 0.1, say)
    say(f"AdamW, {STEPS} steps:")
    return curve_of("adamw", 4e-3, say)


def curve_of(name: str, peak: float, say: Callable[[str], None]) -> Points:
    """Train the same model on the same text by one of the two."""
    text, _ = load_text("python-topics")
    tokenizer = CharTokenizer.train(text)
    train_ids, validation_ids = split(tokenizer.encode(text))
    model: Any = build("decoder-only", {"vocabulary": len(tokenizer)} | SIZES, 0)
    parameters = model.parameters()
    optimiser = SGD(parameters, peak, momentum=0.9) if name == "sgd" else AdamW(parameters, peak)
    batches = RandomWindows(train_ids, model.config.context, BATCH, rng=0)

    def rate(step: int) -> float:  # by way of its module, where the learner's function stands
        return schedule.cosine_with_warmup(step, peak=peak, warmup=STEPS // 10, total=STEPS)

    points = []
    with tinyllm.backend("numpy"):
        done = train(model, optimiser, batches, rate, steps=STEPS, accumulate=ACCUMULATE)
        for step in done:
            if step.number % (STEPS // 10) == 0:
                loss = mean_loss(model, validation_ids, most=4_000)
                points.append((float(step.number), round(float(loss), 6)))
                say(
                    f"step {step.number:>4}: {loss:.3f} nats a character, learning rate "
                    f"{step.learning_rate:.2g}, gradient {step.gradient_norm:.2f} long"
                )
    return points
