"""Every choice of TransformerConfig, drawn: tiny models of all three architectures."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tinyllm.models import DecoderOnly, EncoderDecoder, EncoderOnly, TransformerConfig
from tinyllm.nn.mlp import MLPS
from tinyllm.nn.norm import NORMS
from tinyllm.nn.positions import POSITIONS
from tinyllm.nn.residual import RESIDUALS

V, CONTEXT, PADDING = 11, 8, 0
SIZES = {"vocabulary": V, "context": CONTEXT, "layers": 2, "heads": 4, "width": 16}
CHOICES: dict[str, list[Any]] = {
    "norm": list(RESIDUALS),
    "normalisation": list(NORMS),
    "positions": list(POSITIONS),
    "activation": list(MLPS),
    "kv_heads": [None, 1, 2, 4],
    "tied": [True, False],
    "biases": [True, False],
}
EACH = [{name: value} for name, values in CHOICES.items() for value in values]
choices = st.fixed_dictionaries({name: st.sampled_from(v) for name, v in CHOICES.items()})
ARCHITECTURES: dict[str, Any] = {
    "decoder-only": DecoderOnly,
    "encoder-only": EncoderOnly,
    "encoder-decoder": EncoderDecoder,
}


def name_of(options: dict[str, Any]) -> str:
    return ",".join(f"{name}={value}" for name, value in options.items())


def build(kind: Any, seed: int = 0, **options: Any) -> Any:
    """A model whose weights are as large as after training: nothing in it is nearly zero."""
    model = kind(TransformerConfig(**(SIZES | options)), seed)
    rng = np.random.default_rng(seed)
    for p in model.parameters():
        p.data += 0.3 * rng.standard_normal(p.shape, dtype=np.float32)
    return model


def draw_ids(seed: int, *shape: int) -> np.ndarray:
    """Ids that are tokens: none is padding."""
    return np.random.default_rng(seed).integers(1, V, shape)


def filled_up(ids: np.ndarray, length: int) -> np.ndarray:
    """The ids (B, T), with padding behind: (B, length)."""
    return np.pad(ids, ((0, 0), (0, length - ids.shape[1])), constant_values=PADDING)
