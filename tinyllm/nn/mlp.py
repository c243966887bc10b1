"""MLP: the part of a block that works on each position by itself."""

from __future__ import annotations

import numpy as np

from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.nn.dropout import Dropout
from tinyllm.nn.linear import Linear
from tinyllm.nn.module import Module


class MLP(Module):
    """Up to F numbers, through GELU, and down again: gelu(x U + a) V + b.

    Shapes:  x (..., C) -> (..., C)
    Source:  Vaswani et al. 2017, section 3.3; GELU in the tanh form, as in GPT-2
    """

    def __init__(
        self,
        width: int,
        hidden: int,
        *,
        dropout: float = 0.0,
        output_std: float = 0.02,
        rng: np.random.Generator,
    ) -> None:
        self.up = Linear(width, hidden, rng=rng)
        self.down = Linear(hidden, width, std=output_std, rng=rng)
        self.dropout = Dropout(dropout, rng)

    def forward(self, x: Tensor) -> Tensor:
        """x (..., C) -> (..., C)."""
        hidden = ops.gelu(self.up(x), approximate="tanh")
        return self.dropout(self.down(hidden))
