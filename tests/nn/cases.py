"""CASES: how to build each module and what to run it on; a new module needs an entry here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.models import RNNLM, DecoderOnly, RNNConfig, TransformerConfig
from tinyllm.nn import (
    GRU,
    LSTM,
    MLP,
    RNN,
    Dropout,
    Embedding,
    LayerNorm,
    Linear,
    Module,
    PostNorm,
    PreNorm,
    RMSNorm,
    SelfAttention,
    TransformerBlock,
)
from tinyllm.nn.rnn import RecurrentLayer
from tinyllm.types import Array, Shape

B, T, C, H, V = 2, 3, 4, 2, 5


@dataclass(frozen=True)
class Case:
    """`build(rng)` makes the module; it takes an array of `takes`, ids below V or numbers."""

    build: Callable[[np.random.Generator], Module]
    takes: Shape
    gives: Shape
    ids: bool = False
    elements: bool = True  # False: random directions, for what has very many parameters

    def input(self, rng: np.random.Generator) -> Array:
        """Draw an input."""
        if self.ids:
            return rng.integers(0, V, self.takes)
        return rng.standard_normal(self.takes)


def output(module: Module, x: Any) -> Tensor:
    """Run a module; of a recurrent one, which returns its state too, take what it says."""
    y = module(x)
    return y[0] if isinstance(y, tuple) else y


def attention(rng: np.random.Generator, **options: Any) -> SelfAttention:
    return SelfAttention(C, H, rng=rng, **({"causal": True} | options))


def block(rng: np.random.Generator, norm: str) -> TransformerBlock:
    return TransformerBlock(C, H, norm=norm, causal=True, layers=2, dropout=0.2, rng=rng)


def decoder(rng: np.random.Generator, norm: str) -> DecoderOnly:
    sizes = {"vocabulary": V, "context": T + 1, "layers": 2, "heads": H, "width": C}
    return DecoderOnly(TransformerConfig(norm=norm, dropout=0.2, **sizes), rng)


def rnn_model(rng: np.random.Generator, cell: str, tied: bool) -> RNNLM:
    sizes = {"vocabulary": V, "context": T, "layers": 2, "width": C}
    return RNNLM(RNNConfig(cell=cell, tied=tied, dropout=0.2, **sizes), rng)


CASES: dict[type[Module], list[Case]] = {
    Linear: [
        Case(lambda rng: Linear(C, 5, rng=rng), (B, T, C), (B, T, 5)),
        Case(lambda rng: Linear(C, 5, bias=False, rng=rng), (C,), (5,)),
    ],
    Embedding: [
        Case(lambda rng: Embedding(V, C, rng=rng), (B, T), (B, T, C), ids=True),
        Case(lambda rng: Embedding(V, C, rng=rng), (7,), (7, C), ids=True),
    ],
    Dropout: [
        Case(lambda rng: Dropout(0.4, rng), (B, T, C), (B, T, C)),
        Case(lambda rng: Dropout(0.0, rng), (C,), (C,)),
    ],
    LayerNorm: [Case(lambda rng: LayerNorm(C), (B, T, C), (B, T, C))],
    RMSNorm: [Case(lambda rng: RMSNorm(C), (B, T, C), (B, T, C))],
    MLP: [Case(lambda rng: MLP(C, 6, dropout=0.2, rng=rng), (B, T, C), (B, T, C))],
    SelfAttention: [
        Case(attention, (B, T, C), (B, T, C)),
        Case(lambda rng: attention(rng, causal=False, dropout=0.2), (B, T, C), (B, T, C)),
    ],
    PreNorm: [
        Case(lambda rng: PreNorm(MLP(C, 6, rng=rng), LayerNorm(C)), (B, T, C), (B, T, C)),
        Case(lambda rng: PreNorm(attention(rng), RMSNorm(C)), (B, T, C), (B, T, C)),
    ],
    PostNorm: [
        Case(lambda rng: PostNorm(MLP(C, 6, rng=rng), LayerNorm(C)), (B, T, C), (B, T, C)),
        Case(lambda rng: PostNorm(attention(rng), RMSNorm(C)), (B, T, C), (B, T, C)),
    ],
    TransformerBlock: [
        Case(lambda rng: block(rng, "pre"), (B, T, C), (B, T, C), elements=False),
        Case(lambda rng: block(rng, "post"), (B, T, C), (B, T, C), elements=False),
    ],
    DecoderOnly: [
        Case(lambda rng: decoder(rng, "pre"), (B, T), (B, T, V), ids=True, elements=False),
        Case(lambda rng: decoder(rng, "post"), (B, T), (B, T, V), ids=True, elements=False),
    ],
    RecurrentLayer: [
        Case(lambda rng: RecurrentLayer(LSTM.cell, 3, C, rng=rng), (B, T, 3), (B, T, C))
    ],
    RNN: [Case(lambda rng: RNN(3, C, layers=2, dropout=0.2, rng=rng), (B, T, 3), (B, T, C))],
    GRU: [Case(lambda rng: GRU(3, C, layers=2, dropout=0.2, rng=rng), (B, T, 3), (B, T, C))],
    LSTM: [Case(lambda rng: LSTM(3, C, layers=2, dropout=0.2, rng=rng), (B, T, 3), (B, T, C))],
    RNNLM: [
        Case(lambda rng: rnn_model(rng, "lstm", True), (B, T), (B, T, V), True, False),
        Case(lambda rng: rnn_model(rng, "gru", False), (B, T), (B, T, V), True, False),
        Case(lambda rng: rnn_model(rng, "rnn", True), (B, T), (B, T, V), True, False),
    ],
}
