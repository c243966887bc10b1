"""Dropout: random zeros while training, nothing otherwise."""

from __future__ import annotations

import numpy as np

from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.nn.module import Module


class Dropout(Module):
    """Set a share `p` of the elements to 0 in training. Shapes: (...) -> (...).

    rng: the model's one generator. A checkpoint keeps its state, so that a run that is resumed
         drops the same elements as one that was never stopped.
    """

    def __init__(self, p: float, rng: np.random.Generator) -> None:
        self.p, self.rng = p, rng

    def forward(self, x: Tensor) -> Tensor:
        """x (...) -> (...)."""
        return ops.dropout(x, self.p, self.rng, training=self.training)
