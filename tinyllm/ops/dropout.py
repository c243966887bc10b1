"""dropout: set random elements to 0 while training."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.autograd.function import Context, Function
from tinyllm.autograd.tensor import Tensor, floating, record
from tinyllm.errors import OptionError
from tinyllm.types import Array, Rng, generator


class Dropout(Function):
    """y = x mask / (1 - p), mask random. Backward: dx = dy mask / (1 - p), the same mask."""

    @staticmethod
    def forward(ctx: Context, x: Array, p: float, rng: np.random.Generator) -> Array:
        keep = rng.random(x.shape, dtype=np.float32) >= p
        scaled = keep * x.dtype.type(1 / (1 - p))
        ctx.save(scaled)
        return x * scaled

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (scaled,) = ctx.saved
        return (grad * scaled,)


def dropout(x: Any, p: float, rng: Rng, training: bool = True) -> Tensor:
    """Set each element to 0 with probability `p`; scale the others by 1 / (1 - p).

    So the expected value stays what it was, and nothing is to be done when training is over.

    p:       share that is dropped, 0 <= p < 1
    rng:     a seed or a numpy.random.Generator: randomness is always an argument
    Raises:  OptionError if p is outside of its range
    Source:  Srivastava et al. 2014, Dropout, section 10 (the scaled form)

    >>> sorted(set(dropout(Tensor([1.0] * 100), 0.5, rng=0).data.tolist()))
    [0.0, 2.0]
    """
    if not 0 <= p < 1:
        raise OptionError(f"dropout: p must be at least 0 and below 1; got {p}.")
    tensor = floating(x)
    if not training or p == 0:
        return tensor
    return record(Dropout, tensor, p=p, rng=generator(rng))
