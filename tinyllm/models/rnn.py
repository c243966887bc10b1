"""RNNLM: a recurrent language model. Its state sums up all that it has read, token by token.

Leaves out: the cells (nn/rnn.py), training (train/loop.py), sampling (decoding/generate.py).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import shape_error
from tinyllm.models.config import RNNConfig
from tinyllm.nn import Dropout, Embedding, Linear, Module, Parameter, StateCache
from tinyllm.nn.rnn import CELLS, State
from tinyllm.types import FLOAT, Rng, generator

# Of the embeddings. An LSTM of 0.8 million parameters, after 1,000 steps on tiny Shakespeare, loses
# 1.89 nats a character with 0.03, 1.73 with 0.1, 1.70 with 0.3, 1.75 with 1.
STD = 0.3


class RNNLM(Module):
    """Tokens to the scores of the next token, through a state that is carried from step to step.

    Shapes:  ids (B, T) integers, T >= 1 -> logits (B, T, V)
    rng:     a seed or a Generator: for the initial weights, and for dropout later
    Source:  Mikolov et al. 2010, Recurrent neural network based language model; dropout: Zaremba,
             Sutskever and Vinyals 2014; tied tables: Press and Wolf 2017

    >>> config = RNNConfig(vocabulary=5, context=8, cell="gru", layers=1, width=4)
    >>> RNNLM(config, rng=0)(np.array([[0, 3, 1]])).shape
    (1, 3, 5)
    """

    config_type = RNNConfig
    carries_state = True  # what it has read stays with it from batch to batch
    reach = sys.maxsize  # how many tokens a text may have that its state goes through

    def __init__(self, config: RNNConfig, rng: Rng) -> None:
        self.config, self.rng = config, generator(rng)
        C, V = config.width, config.vocabulary
        self.tokens = Embedding(V, C, std=STD, rng=self.rng)
        self.dropout = Dropout(config.dropout, self.rng)
        self.recurrent = CELLS[config.cell](
            C, C, layers=config.layers, dropout=config.dropout, rng=self.rng
        )
        self.output = None if config.tied else Linear(C, V, bias=False, std=STD, rng=self.rng)
        self.bias = Parameter(np.zeros(V, FLOAT))

    def forward(self, ids: Any, caches: list[StateCache] | None = None) -> Tensor:
        """ids (B, T) -> logits (B, T, V). With caches, ids continue what they have seen."""
        states = [cache.tensors() for cache in caches] if caches else [None]
        fresh = states[0] is None  # the first token of a text
        logits, after = self.read(ids, None if fresh else states)  # pyright: ignore
        for cache, state in zip(caches or [], after, strict=False):
            cache.keep(state, logits.shape[1])
        return logits

    def read(self, ids: Any, state: Sequence[State] | None = None) -> tuple[Tensor, list[State]]:
        """Return the logits of ids (B, T), and the state after them; gradients flow through both.

        state:  of each layer, as `nn.LSTM` returns it; None: a text begins
        """
        ids = np.asarray(ids)
        if ids.ndim != 2 or ids.shape[1] < 1:
            raise shape_error("RNNLM", "ids must be (B, T) with T >= 1", ids=ids.shape)
        x = self.dropout(self.tokens(ids))  # (B, T, C)
        x, after = self.recurrent(x, state)
        x = self.dropout(x)  # (B, T, C)
        table = self.tokens.weight.T if self.output is None else self.output.weight
        return ops.linear(x, table, self.bias), after

    def new_caches(self, batch: int = 1) -> list[StateCache]:
        """Return an empty cache for each layer; its first text says how large a batch is."""
        return [StateCache() for _ in self.recurrent.layers]
