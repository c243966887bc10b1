"""CASES: how to build each module and what to run it on; a new module needs an entry here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.models import (
    RNNLM,
    DecoderOnly,
    EncoderDecoder,
    EncoderOnly,
    RNNConfig,
    TransformerConfig,
)
from tinyllm.models.heads import ClassHead, MaskedHead
from tinyllm.nn import (
    GRU,
    LSTM,
    MLP,
    RNN,
    CrossAttention,
    CrossBlock,
    Dropout,
    Embedding,
    GatedMLP,
    LayerNorm,
    Linear,
    Module,
    PostNorm,
    PreNorm,
    RMSNorm,
    SelfAttention,
    TransformerBlock,
)
from tinyllm.nn.positions import INSIDE
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
    call: Callable[[Any, Any], Any] = lambda module, x: module(x)

    def input(self, rng: np.random.Generator) -> Array:
        """Draw an input."""
        if self.ids:
            return rng.integers(0, V, self.takes)
        return rng.standard_normal(self.takes)


def output(case: Case, module: Module, x: Any) -> Tensor:
    """Run a module; of a recurrent one, which returns its state too, take what it says."""
    y = case.call(module, x)
    return y[0] if isinstance(y, tuple) else y


def attention(rng: np.random.Generator, **options: Any) -> SelfAttention:
    return SelfAttention(C, H, rng=rng, **({"causal": True} | options))


OTHERS = {
    "normalisation": "rms",
    "positions": "rotary",
    "activation": "swiglu",
    "kv_heads": 1,
    "biases": False,
}
MORE = {"positions": "alibi", "activation": "relu", "kv_heads": 1}


def block(rng: np.random.Generator, norm: str, **options: Any) -> TransformerBlock:
    shared = {"causal": True, "layers": 2, "dropout": 0.2, "rng": rng}
    return TransformerBlock(C, H, norm=norm, **shared, **options)


def cross_block(rng: np.random.Generator, norm: str, **options: Any) -> CrossBlock:
    shared = {"causal": True, "layers": 2, "dropout": 0.2, "rng": rng}
    return CrossBlock(C, H, norm=norm, **shared, **options)


def config(**options: Any) -> TransformerConfig:
    sizes = {"vocabulary": V, "context": T + 1, "layers": 2, "heads": H, "width": C}
    return TransformerConfig(**(sizes | {"dropout": 0.2} | options))


def decoder(rng: np.random.Generator, norm: str, **options: Any) -> DecoderOnly:
    return DecoderOnly(config(norm=norm, **options), rng)


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
    MLP: [
        Case(lambda rng: MLP(C, 6, dropout=0.2, rng=rng), (B, T, C), (B, T, C)),
        Case(lambda rng: MLP(C, 6, biases=False, rng=rng), (B, T, C), (B, T, C)),
    ],
    GatedMLP: [
        Case(lambda rng: GatedMLP(C, 6, dropout=0.2, rng=rng), (B, T, C), (B, T, C)),
        Case(lambda rng: GatedMLP(C, 6, biases=False, rng=rng), (B, T, C), (B, T, C)),
    ],
    SelfAttention: [
        Case(attention, (B, T, C), (B, T, C)),
        Case(lambda rng: attention(rng, causal=False, dropout=0.2), (B, T, C), (B, T, C)),
        Case(lambda rng: attention(rng, kv_heads=1, biases=False), (B, T, C), (B, T, C)),
        *(
            Case(lambda rng, p=p: attention(rng, positions=p(H, C // H)), (B, T, C), (B, T, C))
            for p in INSIDE.values()
        ),
    ],
    CrossAttention: [
        Case(
            lambda rng, n=n: CrossAttention(C, H, kv_heads=n, dropout=0.2, rng=rng),
            (B, T, C),
            (B, T, C),
            call=lambda layer, x: layer(x, layer.read(x)),
        )
        for n in (None, 1)
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
        Case(lambda rng: block(rng, "pre", **OTHERS), (B, T, C), (B, T, C), elements=False),
        Case(lambda rng: block(rng, "post", **MORE), (B, T, C), (B, T, C), elements=False),
    ],
    CrossBlock: [
        Case(
            lambda rng, norm=norm, options=options: cross_block(rng, norm, **options),
            (B, T, C),
            (B, T, C),
            elements=False,
            call=lambda layer, x: layer(x, source=layer.cross.branch.read(x)),
        )
        for norm, options in (("pre", {}), ("post", MORE), ("pre", OTHERS))
    ],
    MaskedHead: [
        Case(
            lambda rng, options=options: MaskedHead(config(**options), rng),
            (V, C),
            (V, V),
            call=lambda head, x: head(x, x if isinstance(x, Tensor) else Tensor(x)),
        )
        for options in ({}, OTHERS | {"tied": True})
    ],
    ClassHead: [
        Case(lambda rng: ClassHead(config(classes=3), rng), (B, C), (B, 3)),
        Case(lambda rng: ClassHead(config(classes=3, biases=False), rng), (B, C), (B, 3)),
    ],
    EncoderOnly: [
        Case(
            lambda rng, options=options: EncoderOnly(config(**options), rng),
            (B, T),
            (B, T, V),
            ids=True,
            elements=False,
        )
        for options in (
            {"padding": 0},
            OTHERS | {"norm": "post", "padding": 0},
            MORE | {"tied": False},
        )
    ],
    EncoderDecoder: [
        Case(
            lambda rng, options=options: EncoderDecoder(config(**options), rng),
            (B, T),
            (B, T, V),
            ids=True,
            elements=False,
            call=lambda model, ids: model(ids[:, ::-1], ids),
        )
        for options in (
            {"padding": 0},
            OTHERS | {"norm": "post", "source_vocabulary": V},
            MORE | {"tied": False},
        )
    ],
    DecoderOnly: [
        Case(
            lambda rng: decoder(rng, "pre", **OTHERS, tied=False),
            (B, T),
            (B, T, V),
            ids=True,
            elements=False,
        ),
        Case(lambda rng: decoder(rng, "post", **MORE), (B, T), (B, T, V), True, False),
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
