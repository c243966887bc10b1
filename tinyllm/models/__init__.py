"""Whole language models."""

from tinyllm.models.config import TransformerConfig
from tinyllm.models.decoder_only import DecoderOnly
from tinyllm.models.ngram import NGramLM

__all__ = ["DecoderOnly", "NGramLM", "TransformerConfig"]
