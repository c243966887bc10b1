"""Linear: x W + b, with its parameters."""

from __future__ import annotations

import numpy as np

from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.nn.module import Module, Parameter
from tinyllm.types import FLOAT, Rng, generator


class Linear(Module):
    """y = x W + b.

    Shapes:  x (..., I) -> (..., O); weight (I, O), bias (O)
    std:     standard deviation of the initial weights; biases start at 0
    """

    def __init__(
        self, inputs: int, outputs: int, *, bias: bool = True, std: float = 0.02, rng: Rng
    ) -> None:
        weight = generator(rng).standard_normal((inputs, outputs), dtype=FLOAT) * FLOAT.type(std)
        self.weight = Parameter(weight, decay=True)
        self.bias = Parameter(np.zeros(outputs, FLOAT)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """x (..., I) -> (..., O)."""
        return ops.linear(x, self.weight, self.bias)
