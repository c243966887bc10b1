"""The boss of the chapter: a tokenizer is trained, and used with more and more of its merges."""

from __future__ import annotations

from collections.abc import Callable

from tinyllm.course.exercise import Boss, Points
from tinyllm.errors import TrainingError
from tinyllm.text import BPETokenizer, load_text
from tinyllm.text.merges import BYTES

SIZES = (0, 50, 100, 200, 400, 1_000)  # merges; a loop that counts all anew takes its time
MEASURE = 40_000  # characters, the last of the text


def run(say: Callable[[str], None]) -> Points:
    """Train once: fewer merges are the beginning of more. Measure on a text it has not seen."""
    text, _ = load_text("python-topics")
    learn, unseen = text[:-MEASURE], text[-MEASURE:]
    tokenizer = BPETokenizer.train(learn, BYTES + SIZES[-1])
    say("the last merges: " + ", ".join(repr(a + b) for a, b in tokenizer.merges[-5:]))
    points: Points = []
    for size in SIZES:
        smaller = BPETokenizer(tokenizer.merges[:size])
        ids = smaller.encode(unseen)
        if smaller.decode(ids) != unseen:
            raise TrainingError("course: the text that comes back is not the one that went in.")
        rate = len(unseen.encode()) / len(ids)
        points.append((float(len(smaller)), round(rate, 6)))
        say(f"{len(smaller)} tokens: {rate:.2f} bytes a token")
    say("The text came back each time, byte for byte.")
    return points


BOSS = Boss(run=run, across="vocabulary", up="bytes a token")
