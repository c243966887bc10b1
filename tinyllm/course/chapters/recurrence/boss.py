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

CELLS, STEPS, CONTEXT, BATCH, WIDTH, PEAK = ("rnn", "gru", "lstm"), 150, 32, 8, 64, 1e-2


def run(say: Callable[[str], None]) -> Points:
    """Train the cells in turn; the steps of the second go on where those of the first end."""
    text, _ = load_text("python-topics")
    tokenizer = CharTokenizer.train(text)
    train_ids, validation_ids = split(tokenizer.encode(text))
    schedule = partial(cosine_with_warmup, peak=PEAK, warmup=STEPS // 20, total=STEPS)
    points: Points = []
    for turn, cell in enumerate(CELLS):
        config = RNNConfig(
            vocabulary=len(tokenizer), context=CONTEXT, cell=cell, layers=1, width=WIDTH
        )
        model = RNNLM(config, rng=0)
        optimiser = AdamW(model.parameters(), PEAK)
        batches = RandomWindows(train_ids, CONTEXT, BATCH, rng=0)
        with tinyllm.backend("numpy"):  # its kernels are the functions that a learner replaced
            for step in train(model, optimiser, batches, schedule, steps=STEPS):
                if step.number % (STEPS // 5) == 0:
                    loss = mean_loss(model, validation_ids, most=4_000)
                    points.append((float(turn * STEPS + step.number), round(float(loss), 6)))
                    say(f"{cell}, step {step.number} of {STEPS}: {loss:.3f} nats a character")
    return points


BOSS = Boss(run=run, across="step: RNN, then GRU, then LSTM")
