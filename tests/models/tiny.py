"""Small decoder-only models for tests."""

from typing import Any

import numpy as np

from tinyllm import ops
from tinyllm.models import DecoderOnly, TransformerConfig
from tinyllm.types import Array

SIZES = {"vocabulary": 11, "context": 8, "layers": 2, "heads": 2, "width": 8}


def tiny(rng: Any = 0, **changes: Any) -> DecoderOnly:
    return DecoderOnly(TransformerConfig(**(SIZES | changes)), rng)


def stirred(rng: int = 0, **changes: Any) -> DecoderOnly:
    """A model whose weights are as large as after training: nothing in it is nearly zero."""
    model = tiny(rng, **changes)
    random = np.random.default_rng(rng)
    for p in model.parameters():
        p.data += 0.3 * random.standard_normal(p.shape, dtype=np.float32)
    return model


def draw_ids(seed: int, *shape: int, vocabulary: int = 11) -> Array:
    return np.random.default_rng(seed).integers(0, vocabulary, shape)


def loss_and_gradients(model: DecoderOnly, ids: Array, targets: Array) -> dict[str, Array]:
    """Return {"loss": ..., parameter: gradient}."""
    model.zero_grad()
    loss = ops.cross_entropy(model(ids), targets)
    loss.backward()
    return {"loss": loss.data} | {name: p.grad for name, p in model.named_parameters()}
