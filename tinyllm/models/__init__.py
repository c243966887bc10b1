"""Whole language models."""

from collections.abc import Mapping
from typing import Any

from tinyllm.models.config import RNNConfig, TransformerConfig
from tinyllm.models.decoder_only import DecoderOnly
from tinyllm.models.encoder_decoder import EncoderDecoder
from tinyllm.models.encoder_only import EncoderOnly
from tinyllm.models.ngram import NGramLM
from tinyllm.models.rnn import RNNLM
from tinyllm.models.transformer import Transformer
from tinyllm.types import Rng

Model = DecoderOnly | RNNLM | EncoderOnly | EncoderDecoder  # what learns by gradients
MODELS: dict[str, Any] = {
    "decoder-only": DecoderOnly,
    "encoder-only": EncoderOnly,
    "encoder-decoder": EncoderDecoder,
    "recurrent": RNNLM,
}


def build(architecture: str, options: Mapping[str, Any], rng: Rng) -> Model:
    """Build a model of MODELS from plain values.

    Raises:  OptionError if its config does not know an option, or misses one
    """
    kind = MODELS[architecture]
    return kind(kind.config_type.from_dict(options), rng)


__all__ = [
    "MODELS",
    "RNNLM",
    "DecoderOnly",
    "EncoderDecoder",
    "EncoderOnly",
    "Model",
    "NGramLM",
    "RNNConfig",
    "Transformer",
    "TransformerConfig",
    "build",
]
