"""MLP and GatedMLP: the part of a block that works on each position by itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.nn.dropout import Dropout
from tinyllm.nn.linear import Linear
from tinyllm.nn.module import Module


def gelu(x: Tensor) -> Tensor:
    """GELU in the tanh form, as in GPT-2."""
    return ops.gelu(x, approximate="tanh")


class MLP(Module):
    """Up to F numbers, through GELU (or `activation`), and down again: gelu(x U + a) V + b.

    Shapes:  x (..., C) -> (..., C)
    Source:  Vaswani et al. 2017, section 3.3; GELU in the tanh form, as in GPT-2
    """

    def __init__(
        self,
        width: int,
        hidden: int,
        *,
        activation: Callable[[Tensor], Tensor] = gelu,
        biases: bool = True,
        dropout: float = 0.0,
        output_std: float = 0.02,
        rng: np.random.Generator,
    ) -> None:
        self.activation = activation
        self.up = Linear(width, hidden, bias=biases, rng=rng)
        self.down = Linear(hidden, width, bias=biases, std=output_std, rng=rng)
        self.dropout = Dropout(dropout, rng)

    def forward(self, x: Tensor) -> Tensor:
        """x (..., C) -> (..., C)."""
        return self.dropout(self.down(self.activation(self.up(x))))


class GatedMLP(Module):
    """SwiGLU: one product is the gate of another, and a third leads down: (silu(x G) * x U) V.

    hidden:  F of the MLP in whose place it stands. That has two matrices, this one three. So each
             gets two thirds of the columns, and both have as many parameters
    Shapes:  x (..., C) -> (..., C)
    Source:  Shazeer 2020, GLU Variants Improve Transformer, equation 6; the two thirds: section 2
    """

    def __init__(
        self,
        width: int,
        hidden: int,
        *,
        biases: bool = True,
        dropout: float = 0.0,
        output_std: float = 0.02,
        rng: np.random.Generator,
    ) -> None:
        inner = 2 * hidden // 3
        self.gate = Linear(width, inner, bias=biases, rng=rng)
        self.up = Linear(width, inner, bias=biases, rng=rng)
        self.down = Linear(inner, width, bias=biases, std=output_std, rng=rng)
        self.dropout = Dropout(dropout, rng)

    def forward(self, x: Tensor) -> Tensor:
        """x (..., C) -> (..., C)."""
        return self.dropout(self.down(ops.silu(self.gate(x)) * self.up(x)))


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": gelu,
    "relu": ops.relu,
    "swiglu": ops.silu,  # in a GatedMLP; where there is no gate, silu alone
}
MLPS: dict[str, Callable[..., MLP | GatedMLP]] = {
    "gelu": MLP,
    "relu": partial(MLP, activation=ops.relu),
    "swiglu": GatedMLP,
}
