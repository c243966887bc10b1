"""The boss of decoding: a small GPT learns, and then writes with the learner's functions.

Training does not use them, so it goes with the compiled kernels. Every text after it does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import tinyllm
from tinyllm.course.exercise import Points
from tinyllm.course.small import SIZES
from tinyllm.decoding import beam_search, generate
from tinyllm.evaluation import distinct_n
from tinyllm.models import build
from tinyllm.text import CharTokenizer, RandomWindows, load_text
from tinyllm.train import AdamW, cosine_with_warmup, train

STEPS, PEAK = 1000, 4e-3
TEMPERATURES = (0.0, 0.3, 0.6, 1.0, 1.4, 2.0)
FILTERS: dict[str, Any] = {"top_k": 40, "top_p": 0.98, "min_p": 0.005, "repetition_penalty": 1.02}
BEGINNINGS = ("The ", "A class ", "If the ", "When an object ")  # of different lengths: stop cuts
TEXTS, LENGTH = 4, 120  # of each beginning; new characters


def write_texts(say: Callable[[str], None]) -> Points:
    """Train; return distinct-2 of the texts at several temperatures."""
    model, tokenizer = trained(say)
    newline = int(tokenizer.encode("\n")[0])
    points = []
    with tinyllm.backend("numba"):
        for temperature in TEMPERATURES:
            prompts = [tokenizer.encode(text) for text in BEGINNINGS for _ in range(TEXTS)]
            rows = generate(model, prompts, LENGTH, temperature=temperature, rng=1, **FILTERS)
            lines = generate(
                model, prompts[::TEXTS], LENGTH, temperature=temperature, stop=newline, rng=1
            )
            new = [row[len(prompt) :] for row, prompt in zip(rows, prompts, strict=True)]
            points.append((temperature, float(np.round(distinct_n(new, 2), 6))))
            line = tokenizer.decode(lines[0]).strip()
            say(f"temperature {temperature}: distinct-2 {points[-1][1]:.3f}   {line[:60]!r}")
        prompt = tokenizer.encode(BEGINNINGS[0])
        best = beam_search(model, prompt, 40, beams=4)[0]
    say(f"beam search: {tokenizer.decode(best.ids)!r}, {best.score:.3f} nats a character")
    return points


def trained(say: Callable[[str], None]) -> tuple[Any, CharTokenizer]:
    """Train a small GPT on Python's help topics."""
    text, _ = load_text("python-topics")
    tokenizer = CharTokenizer.train(text)
    model: Any = build("decoder-only", {"vocabulary": len(tokenizer)} | SIZES, 0)
    optimiser = AdamW(model.parameters(), PEAK)
    batches = RandomWindows(tokenizer.encode(text), model.config.context, 16, rng=0)
    schedule = partial(cosine_with_warmup, peak=PEAK, warmup=STEPS // 20, total=STEPS)
    with tinyllm.backend("numba"):
        for step in train(model, optimiser, batches, schedule, steps=STEPS):
            if step.number % (STEPS // 4) == 0:
                say(f"training: step {step.number} of {STEPS}, {step.loss:.3f} nats a character")
    return model, tokenizer
