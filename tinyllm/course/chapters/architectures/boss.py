"""The boss: an encoder reads texts with holes; then two architectures put vowels back.

The library's functions are called by way of their modules: there the learner's stand in.
"""

from __future__ import annotations

from collections.abc import Callable

from tinyllm import backend
from tinyllm.course.chapters.architectures.holes import learn_direction, learn_holes, new_encoder
from tinyllm.course.chapters.architectures.vowels import compare
from tinyllm.course.exercise import Boss, Points
from tinyllm.text import CharTokenizer, load_text, split
from tinyllm.text.special import MASK, PADDING


def run(say: Callable[[str], None]) -> Points:
    """Train four models on Python's help topics; return the first one's loss in the holes."""
    text, _ = load_text("python-topics")
    tokenizer = CharTokenizer.train(text, [PADDING, MASK])
    parts = split(tokenizer.encode(text))
    with backend("numpy"):  # these models are so small that compiling would take longer
        encoder = new_encoder(tokenizer)
        points = learn_holes(encoder, tokenizer, parts, say)
        say("forwards or backwards? The mean of the encoder's vectors decides")
        for name, model in {"with": encoder, "without": new_encoder(tokenizer)}.items():
            say(f"  {name} what the holes have taught: {learn_direction(model, parts):.0%} right")
        say('vowels are put back: "fnctn" -> "function"')
        for name, (parameters, loss) in compare(text).items():
            say(f"  {name}, {parameters:,} parameters: {loss:.3f} nats a character")
    return points


BOSS = Boss(run=run, up="nats a hidden character")
