"""What an encoder's states are turned into: guesses of masked tokens, classes, one vector a text.

Who calls: encoder_only.py.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.models.config import TransformerConfig
from tinyllm.nn import Dropout, Linear, Module, Parameter
from tinyllm.nn.mlp import ACTIVATIONS
from tinyllm.nn.norm import NORMS
from tinyllm.types import FLOAT, Array


class MaskedHead(Module):
    """Which token stood at each place: dense, activation, norm, then a score for each token.

    Shapes:  x (B, T, C), table (V, C) -> logits (B, T, V)
    table:   that of the tokens: it scores them too, unless the config says `tied=False`
    Source:  Devlin et al. 2019, BERT; dense, activation and norm are in its code, not in its text
    """

    def __init__(self, config: TransformerConfig, rng: np.random.Generator) -> None:
        C, V = config.width, config.vocabulary
        self.activation = ACTIVATIONS[config.activation]
        self.dense = Linear(C, C, bias=config.biases, rng=rng)
        self.norm = NORMS[config.normalisation](C, config.biases)
        self.output = None if config.tied else Linear(C, V, bias=False, rng=rng)
        self.bias = Parameter(np.zeros(V, FLOAT)) if config.biases else None

    def forward(self, x: Tensor, table: Tensor) -> Tensor:
        """x (B, T, C), table (V, C) -> logits (B, T, V)."""
        x = self.norm(self.activation(self.dense(x)))  # (B, T, C)
        return ops.linear(x, table.T if self.output is None else self.output.weight, self.bias)


class ClassHead(Module):
    """Which class a text belongs to: dense, tanh, then a score for each class.

    Shapes:  x (B, C) -> logits (B, K)
    Source:  Devlin et al. 2019, section 4; dense and tanh ("pooler") are in its code
    """

    def __init__(self, config: TransformerConfig, rng: np.random.Generator) -> None:
        C, K = config.width, config.classes
        self.dense = Linear(C, C, bias=config.biases, rng=rng)
        self.dropout = Dropout(config.dropout, rng)
        self.output = Linear(C, K, bias=config.biases, rng=rng)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, C) -> (B, K)."""
        return self.output(self.dropout(ops.tanh(self.dense(x))))


def first_token(x: Tensor, mask: Array | None) -> Tensor:
    """Take the vector of the first token, such as <cls>: x (B, T, C) -> (B, C)."""
    return x[:, 0]


def mean_of_tokens(x: Tensor, mask: Array | None) -> Tensor:
    """Take the mean over all that is no padding: x (B, T, C) -> (B, C).

    Source:  Reimers and Gurevych 2019, Sentence-BERT, section 3: better there than the first token
    """
    if mask is None:
        return x.mean(axis=1)
    counts = np.maximum(mask.sum(axis=1, keepdims=True), 1)  # (B, 1)
    shares = (mask / counts).astype(x.dtype)  # (B, T)
    return (x * shares[:, :, None]).sum(axis=1)


POOLINGS: dict[str, Callable[[Tensor, Array | None], Tensor]] = {
    "first": first_token,
    "mean": mean_of_tokens,
}
