"""From the scores of the next token to text."""

from tinyllm.decoding.beam import Hypothesis, beam_search
from tinyllm.decoding.filters import min_p, repetition_penalty, temperature, top_k, top_p
from tinyllm.decoding.generate import generate, stream
from tinyllm.decoding.stop import until_stop

__all__ = [
    "Hypothesis",
    "beam_search",
    "generate",
    "min_p",
    "repetition_penalty",
    "stream",
    "temperature",
    "top_k",
    "top_p",
    "until_stop",
]
