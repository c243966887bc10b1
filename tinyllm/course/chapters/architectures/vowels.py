"""One task for two architectures: both read "fnctn", and write "function" after it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.evaluation.loss import loss_over
from tinyllm.models import EncoderDecoder, Transformer, TransformerConfig, encoder_decoder, masks
from tinyllm.text import CharTokenizer, batches, pad
from tinyllm.text.special import BEGIN, END, PADDING
from tinyllm.train import AdamW, cosine_with_warmup, train
from tinyllm.types import NO_TARGET, Array

STEPS, BATCH, PEAK, HELD_OUT = 400, 32, 6e-3, 200
LONGEST = 10  # characters of a word; a prompt is filled up to as many, so that all are alike
SIZES: dict[str, Any] = {"layers": 1, "heads": 2, "width": 64, "positions": "rotary"}

Batch = tuple[Any, Array]  # what the model is given, and its targets


class Words:
    """Words of a text, cut into those that train and those that are held out."""

    def __init__(self, text: str) -> None:
        words = sorted(set(re.findall(rf"\b[a-z]{{3,{LONGEST}}}\b", text)))
        order = np.random.default_rng(0).permutation(len(words))
        shuffled = [words[i] for i in order]
        self.held_out, self.trained = shuffled[:HELD_OUT], shuffled[HELD_OUT:]
        special = [PADDING, BEGIN, END]
        self.tokenizer = CharTokenizer.train(" " + "".join(words), special)
        self.padding, self.begin, self.end = (self.tokenizer.special[name] for name in special)

    def prompt(self, word: str) -> Array:
        """Encode what is read: the word without its vowels."""
        return self.tokenizer.encode(re.sub("[aeiou]", "", word).ljust(LONGEST))

    def answer(self, word: str) -> Array:
        """Encode what is to be written: the word, and that it ends."""
        return np.append(self.tokenizer.encode(word), self.end)

    def for_prefix_lm(self, words: list[str]) -> Batch:
        """Put prompt and answer into one row each; only the answer is to be learnt."""
        rows = [np.concatenate([self.prompt(word), self.answer(word)]) for word in words]
        ids, mask = pad(rows, self.padding)
        return batches.answer_targets(ids, np.full(len(words), LONGEST), mask)

    def for_encoder_decoder(self, words: list[str]) -> Batch:
        """Give the prompts to one stack of blocks, and the answers, moved by one, to the other."""
        sources, _ = pad([self.prompt(word) for word in words], self.padding)
        targets, mask = pad([self.answer(word) for word in words], self.padding)
        given = encoder_decoder.shift_right(targets, self.begin)
        return (sources, given), np.where(mask, targets, NO_TARGET)


def compare(text: str) -> dict[str, tuple[int, float]]:
    """Train both on the same words; return their numbers of parameters, and losses on others.

    Units:  nats a character of the answers
    """
    words = Words(text)
    config = TransformerConfig(
        vocabulary=len(words.tokenizer), context=2 * LONGEST + 1, padding=words.padding, **SIZES
    )
    prefix_lm = Transformer(config, rng=0, causal=False)
    both = EncoderDecoder(config, rng=0)
    found = {}
    for name, model, logits, batch_of in (
        ("prefix-LM", prefix_lm, partial(prefix_logits, prefix_lm), words.for_prefix_lm),
        ("encoder-decoder", both, lambda inputs: both(*inputs), words.for_encoder_decoder),
    ):
        loss = learn(model, logits, words, batch_of)
        found[name] = (model.count_parameters(), loss)
    return found


def prefix_logits(model: Transformer, ids: Array) -> Tensor:
    """Score the next characters of each text. All places see the prompt, and what is past."""
    x = model.states(ids, masks.prefix_lm(ids.shape[1], LONGEST))
    return ops.linear(x, model.tokens.weight.T)


def learn(
    model: Transformer | EncoderDecoder,
    logits: Callable[[Any], Tensor],
    words: Words,
    batch_of: Callable[[list[str]], Batch],
) -> float:
    """Train a model; return its loss on the words that were held out."""
    rng = np.random.default_rng(0)

    def endless() -> Iterator[Batch]:
        while True:
            yield batch_of([words.trained[i] for i in rng.integers(0, len(words.trained), BATCH)])

    schedule = partial(cosine_with_warmup, peak=PEAK, warmup=STEPS // 20, total=STEPS)
    for _ in train(logits, AdamW(model.parameters(), PEAK), endless(), schedule, steps=STEPS):
        pass
    return loss_over(model, [batch_of(words.held_out)], logits)
