"""Whole language models."""

from tinyllm.models.config import TransformerConfig
from tinyllm.models.decoder_only import DecoderOnly
from tinyllm.models.ngram import NGramLM

MODELS: dict[str, type[DecoderOnly]] = {"decoder-only": DecoderOnly}

__all__ = ["MODELS", "DecoderOnly", "NGramLM", "TransformerConfig"]
