"""From the scores of the next token to text."""

from tinyllm.decoding.filters import temperature, top_k, top_p
from tinyllm.decoding.generate import generate, stream

__all__ = ["generate", "stream", "temperature", "top_k", "top_p"]
