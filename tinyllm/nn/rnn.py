"""RNN, GRU, LSTM: recurrent layers, one above the other. They differ by their cell alone.

Leaves out: the formulas of a step (ops/rnn.py, gru.py, lstm.py), whole models (models/rnn.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import OptionError, shape_error
from tinyllm.nn.dropout import Dropout
from tinyllm.nn.module import Module, Parameter
from tinyllm.types import FLOAT, Array, Rng, generator

State = tuple[Tensor, ...]  # what one layer hands from step to step: (h,), of an LSTM (h, c)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What makes one kind of layer: how wide its sums are, what it carries, its operation."""

    gates: int
    carries: int
    steps: Callable[..., State]


class RecurrentLayer(Module):
    """One layer: the inputs' share of all steps is one product, then the steps are one node.

    Shapes:   x (B, T, I), state of (B, C) each -> y (B, T, C), state; with G gates:
              input_weight (I, G C), recurrent_weight (C, G C), both biases (G C)
    weights:  uniform in +-1/sqrt(C), as PyTorch's. Two biases add up, except in a GRU's last third,
              where r stands before the second one; so weights can be copied one by one
    """

    def __init__(self, cell: Cell, inputs: int, width: int, *, rng: np.random.Generator) -> None:
        bound, columns = 1 / math.sqrt(width), cell.gates * width

        def uniform(*shape: int) -> Array:
            return (2 * rng.random(shape, FLOAT) - 1) * FLOAT.type(bound)

        self.cell, self.width = cell, width
        self.input_weight = Parameter(uniform(inputs, columns), decay=True)
        self.input_bias = Parameter(uniform(columns))
        self.recurrent_weight = Parameter(uniform(width, columns), decay=True)
        self.recurrent_bias = Parameter(uniform(columns))

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return all states (B, T, C), and the last one; without a `state`, begin with zeros."""
        share = ops.linear(x, self.input_weight, self.input_bias)
        if state is None:
            zeros = Tensor(np.zeros((x.shape[0], self.width), share.dtype))
            state = (zeros,) * self.cell.carries
        weights = self.recurrent_weight, self.recurrent_bias
        y, *last = self.cell.steps(share, *weights, *state)
        return y, tuple(last)


class Recurrent(Module):
    """Layers one above the other: each reads the states of the one below. RNN, GRU, LSTM are this.

    Shapes:   x (B, T, I) -> y (B, T, C), and the state: a list with one entry for each layer,
              (h,) or of an LSTM (h, c), (B, C) each. Give it back with the text that follows
    dropout:  share of numbers set to 0 between two layers, in training
    Raises:   OptionError for sizes below 1, ShapeError if x or the state does not fit

    >>> lstm = LSTM(3, 4, layers=2, rng=0)
    >>> y, state = lstm(Tensor(np.zeros((1, 5, 3))))
    >>> y.shape, len(state), [s.shape for s in state[0]]
    ((1, 5, 4), 2, [(1, 4), (1, 4)])
    """

    cell: ClassVar[Cell]

    def __init__(
        self, inputs: int, width: int, *, layers: int = 1, dropout: float = 0.0, rng: Rng
    ) -> None:
        self.inputs, random = inputs, generator(rng)
        if min(inputs, width, layers) < 1:
            raise OptionError(
                f"{type(self).__name__}: inputs, width and layers must be at least 1; "
                f"got {inputs}, {width}, {layers}."
            )
        self.layers = [
            RecurrentLayer(self.cell, width if i else inputs, width, rng=random)
            for i in range(layers)
        ]
        self.dropout = Dropout(dropout, random)

    def forward(
        self, x: Tensor, state: Sequence[State] | None = None
    ) -> tuple[Tensor, list[State]]:
        """Read x (B, T, I); return y (B, T, C) and the state after the last step."""
        name = type(self).__name__
        if x.ndim != 3 or x.shape[2] != self.inputs:
            raise shape_error(name, f"x must be (B, T, {self.inputs})", x=x.shape)
        before = [None] * len(self.layers) if state is None else state
        if len(before) != len(self.layers):
            raise OptionError(
                f"{name}: the state must have one entry for each of the {len(self.layers)} layers; "
                f"got {len(before)}."
            )
        after = []
        for i, (layer, entry) in enumerate(zip(self.layers, before, strict=True)):
            x, last = layer(self.dropout(x) if i else x, entry)
            after.append(last)
        return x, after


class RNN(Recurrent):
    """Elman's network: h_t = tanh(x_t W_x + b_x + h_{t-1} W_h + b_h). See ops.rnn.

    Each step back multiplies the gradient by W_h and by slopes below 1. After some ten steps
    little of it is left, or it has exploded. That is what the gates of the other two are for.

    Source:  Elman 1990, Finding Structure in Time
    """

    cell = Cell(gates=1, carries=1, steps=ops.rnn)


class GRU(Recurrent):
    """Gated recurrent units: h_t = (1 - z) n + z h_{t-1}. Gates in the order r, z, n. See ops.gru.

    Source:  Cho et al. 2014, Learning Phrase Representations using RNN Encoder-Decoder
    """

    cell = Cell(gates=3, carries=1, steps=ops.gru)


class LSTM(Recurrent):
    """Long short-term memory: c_t = f c_{t-1} + i g, h_t = o tanh c_t. Gates: i, f, g, o.

    The two biases of the forget gate begin at 1 and 0. So f begins near 0.7: a cell remembers,
    and gradients reach back. PyTorch begins near 0.5. The formulas are in ops.lstm.

    Source:  Hochreiter and Schmidhuber 1997, Long Short-Term Memory; the bias: Jozefowicz,
             Zaremba and Sutskever 2015, An Empirical Exploration of Recurrent Network Architectures
    """

    cell = Cell(gates=4, carries=2, steps=ops.lstm)

    def __init__(
        self, inputs: int, width: int, *, layers: int = 1, dropout: float = 0.0, rng: Rng
    ) -> None:
        super().__init__(inputs, width, layers=layers, dropout=dropout, rng=rng)
        for layer in self.layers:
            layer.input_bias.data[width : 2 * width] = 1
            layer.recurrent_bias.data[width : 2 * width] = 0


CELLS: dict[str, type[Recurrent]] = {"rnn": RNN, "gru": GRU, "lstm": LSTM}
