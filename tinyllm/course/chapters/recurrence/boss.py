"""The boss of the chapter: the three cells, trained on the same text one after the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import tinyllm
from tinyllm.course.exercise import Boss, Points
from tinyllm.evaluation import mean_loss
from tinyllm.models import RNNLM, RNNConfig
from tinyllm.text import CharTokenizer, RandomWindows, load_text, split
from tinyllm.train import AdamW, cosine_with_warmup, train

CELLS = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}
STEPS, CONTEXT, BATCH, WIDTH, PEAK = 400, 32, 8, 64, 1e-2


def run(say: Callable[[str], None]) -> Points:
    """Train the cells in turn; the steps of the second go on where those of the first end."""
    curves = {name: learn(cell, name, say) for cell, name in CELLS.items()}
    for name, points in curves.items():
        say(f"after {STEPS} steps, {name:>4}: {points[-1][1]:.3f} nats a character")
    return [
        (turn * STEPS + step, loss)
        for turn, points in enumerate(curves.values())
        for step, loss in points
    ]


def learn(cell: str, name: str, say: Callable[[str], None]) -> Points:
    """Train a model of one cell on Python's help topics; return its validation losses."""
    text, _ = load_text("python-topics")
    tokenizer = CharTokenizer.train(text)
    train_ids, validation_ids = split(tokenizer.encode(text))
    config = RNNConfig(vocabulary=len(tokenizer), context=CONTEXT, cell=cell, layers=1, width=WIDTH)
    model = RNNLM(config, rng=0)
    points: Points = []
    with tinyllm.backend("numpy"):  # its kernels are the functions that a learner replaced
        for step in train(
            model,
            AdamW(model.parameters(), PEAK),
            RandomWindows(train_ids, CONTEXT, BATCH, rng=0),
            partial(cosine_with_warmup, peak=PEAK, warmup=STEPS // 20, total=STEPS),
            steps=STEPS,
        ):
            if step.number % (STEPS // 5) == 0:
                loss = round(float(mean_loss(model, validation_ids, most=4_000)), 6)
                points.append((float(step.number), loss))
                say(f"{name}, step {step.number} of {STEPS}: {loss:.3f} nats a character")
    return points


BOSS = Boss(run=run, across="step: RNN, then GRU, then LSTM")
