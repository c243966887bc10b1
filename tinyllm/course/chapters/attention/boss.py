"""The boss of chapter 6: a GPT that writes, and an encoder-decoder that puts vowels back.

The first needs scores, causal masks, heads and rotary positions. The second needs the rest: its
words differ in length, its decoder looks at what the encoder has read, its positions are sines.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

import tinyllm
from tinyllm import no_grad
from tinyllm.course.exercise import Curves, Points
from tinyllm.course.small import train_small
from tinyllm.models import EncoderDecoder, TransformerConfig
from tinyllm.text import CharTokenizer, load_text, pad
from tinyllm.train import AdamW, cosine_with_warmup
from tinyllm.types import Array

TEXT_STEPS = 200
STEPS, BATCH, HELD_OUT, PEAK = 400, 32, 200, 6e-3


def run(say: Callable[[str], None]) -> Curves:
    """Train both; the curves are their losses on what they have not seen."""
    say("a GPT with rotary positions learns a text:")
    writes = train_small(say, positions="rotary", steps=TEXT_STEPS)
    say('an encoder-decoder with sinusoidal positions reads "rtrn", and learns to write "return":')
    return {"GPT": writes, "vowels": put_vowels_back(say, STEPS)}


def put_vowels_back(say: Callable[[str], None], steps: int) -> Points:
    """Train on words of Python's help; return the loss on others after each tenth of the steps."""
    text, _ = load_text("python-topics")
    words = sorted(set(re.findall(r"\b[a-z]{3,8}\b", text)))
    np.random.default_rng(0).shuffle(words)
    tokenizer = CharTokenizer.train("".join(words), special=["<pad>", "<s>", "</s>"])
    padding, begin, end = (tokenizer.special[name] for name in ("<pad>", "<s>", "</s>"))

    def ids(texts: list[str]) -> Array:
        return pad([np.append(tokenizer.encode(text), end) for text in texts], padding)[0]

    targets = ids(words)  # (words, T)
    sources = ids([re.sub("[aeiou]", "", word) for word in words])  # (words, S)
    config = TransformerConfig(
        vocabulary=len(tokenizer),
        context=targets.shape[1],
        layers=1,
        heads=2,
        width=64,
        positions="sinusoidal",
        padding=padding,
    )
    model, random = EncoderDecoder(config, rng=0), np.random.default_rng(0)
    optimiser, points = AdamW(model.parameters(), PEAK), []
    with tinyllm.backend("numpy"):
        for step in range(1, steps + 1):
            rows = random.integers(HELD_OUT, len(words), BATCH)
            optimiser.learning_rate = cosine_with_warmup(
                step, peak=PEAK, warmup=steps // 10, total=steps
            )
            optimiser.zero_grad()
            model.loss(sources[rows], targets[rows], begin).backward()
            optimiser.step()
            if step % max(1, steps // 10) == 0:
                with no_grad():
                    loss = model.loss(sources[:HELD_OUT], targets[:HELD_OUT], begin).item()
                points.append((float(step), float(np.round(loss, 6))))
                say(f"step {step:>4} of {steps}: {loss:.3f} nats a letter")
        apart = moved_by_padding(model, sources[:HELD_OUT], padding)
        say(f"a word alone, and beside longer ones: its scores are at most {apart:.0e} apart")
    return points


def moved_by_padding(model: EncoderDecoder, sources: Array, padding: int) -> float:
    """Say how much the scores of the shortest source change when it is filled up: they must not."""
    lengths = (sources != padding).sum(axis=1)
    shortest = sources[[lengths.argmin()]]
    with no_grad():
        filled = model(shortest, shortest[:, :1]).data
        alone = model(shortest[:, : lengths.min()], shortest[:, :1]).data
    return float(np.abs(filled - alone).max())
