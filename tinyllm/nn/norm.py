"""LayerNorm and RMSNorm, with their parameters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.nn.module import Module, Parameter
from tinyllm.types import FLOAT


class LayerNorm(Module):
    """Each row to mean 0 and deviation 1, then * weight + bias. Shapes: (..., C) -> (..., C)."""

    def __init__(self, width: int, *, bias: bool = True, eps: float = 1e-5) -> None:
        self.weight = Parameter(np.ones(width, FLOAT))
        self.bias = Parameter(np.zeros(width, FLOAT)) if bias else None
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """x (..., C) -> (..., C)."""
        return ops.layer_norm(x, self.weight, self.bias, eps=self.eps)


class RMSNorm(Module):
    """Each row to root mean square 1, then * weight. Shapes: (..., C) -> (..., C)."""

    def __init__(self, width: int, *, eps: float = 1e-6) -> None:
        self.weight = Parameter(np.ones(width, FLOAT))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """x (..., C) -> (..., C)."""
        return ops.rms_norm(x, self.weight, eps=self.eps)


def layer_norm(width: int, biases: bool) -> LayerNorm:
    """Build a LayerNorm of a model with or without biases."""
    return LayerNorm(width, bias=biases)


def rms_norm(width: int, biases: bool) -> RMSNorm:
    """Build an RMSNorm, which has no bias in any model."""
    return RMSNorm(width)


NORMS: dict[str, Callable[[int, bool], LayerNorm | RMSNorm]] = {
    "layer": layer_norm,
    "rms": rms_norm,
}
