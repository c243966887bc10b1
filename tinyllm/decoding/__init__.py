"""From the scores of the next token to text."""

from tinyllm.decoding.beam import Hypothesis, beam_search
from tinyllm.decoding.continued import Continued
from tinyllm.decoding.filters import min_p, repetition_penalty, temperature, top_k, top_p
from tinyllm.decoding.generate import generate, stream
from tinyllm.decoding.stop import until_stop
from tinyllm.decoding.translate import translate

__all__ = [
    "Continued",
    "Hypothesis",
    "beam_search",
    "generate",
    "min_p",
    "repetition_penalty",
    "stream",
    "temperature",
    "top_k",
    "top_p",
    "translate",
    "until_stop",
]
