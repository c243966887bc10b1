"""Linear: x W + b, with its parameters."""

from __future__ import annotations

import numpy as np

from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.nn.module import Module, Parameter
from tinyllm.types import FLOAT, Array, Rng, generator


class Linear(Module):
    """y = x W + b.

    Shapes:  x (..., I) -> (..., O); weight (I, O), bias (O)
    std:     standard deviation of the initial weights; biases start at 0
    """

    def __init__(
        self, inputs: int, outputs: int, *, bias: bool = True, std: float = 0.02, rng: Rng
    ) -> None:
        weight = initial_weight(inputs, outputs, std, generator(rng))
        self.weight = Parameter(weight, decay=True)
        self.bias = Parameter(np.zeros(outputs, FLOAT)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """x (..., I) -> (..., O)."""
        return ops.linear(x, self.weight, self.bias)


def initial_weight(inputs: int, outputs: int, std: float, rng: np.random.Generator) -> Array:
    """Draw weights from a normal distribution with the mean 0 and the deviation `std`.

    Shapes:  -> (I, O) of float32
    Source:  Radford et al. 2018, Improving Language Understanding, section 4.1: 0.02

    >>> initial_weight(3, 2, std=0.02, rng=np.random.default_rng(0)).shape
    (3, 2)
    """
    return rng.standard_normal((inputs, outputs), dtype=FLOAT) * FLOAT.type(std)
