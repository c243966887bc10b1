"""rms_norm: each row to root mean square 1, then scaled. Layer norm without the subtraction."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.autograd.function import Context, Function
from tinyllm.autograd.tensor import Tensor, record
from tinyllm.kernels import rms_norm as kernel
from tinyllm.ops.dtypes import to_one_dtype
from tinyllm.ops.layer_norm import check_row_parameters
from tinyllm.types import Array


class RMSNorm(Function):
    """y = x / root mean square * weight, in each row. Backward: as rms_norm says."""

    cheap = True

    @staticmethod
    def forward(ctx: Context, x: Array, weight: Array | None, eps: float) -> Array:
        scale = np.ones(x.shape[-1], x.dtype) if weight is None else weight
        y, inverse = kernel.forward(x, scale, eps)
        ctx.save(x, scale, inverse)
        return y

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array | None, Array | None]:
        x, scale, inverse = ctx.saved
        dx, dweight = kernel.backward(x, scale, inverse, grad)
        return dx, dweight if ctx.needs[1] else None


def rms_norm(x: Any, weight: Any = None, eps: float = 1e-6) -> Tensor:
    """Bring each row to root mean square 1, then scale by `weight`.

    Forward:   n = x / sqrt(mean x^2 + eps); y = n * weight
    Backward:  with g = dy * weight: dx = (g - n mean(g n)) / sqrt(mean x^2 + eps);
               dweight = sum of dy n over all rows
    Shapes:    x (..., C), weight (C) -> (..., C); weight None: 1
    Raises:    ShapeError if the sizes differ or C is 0
    Source:    Zhang and Sennrich 2019, Root Mean Square Layer Normalization, equation 4

    >>> rms_norm(Tensor([3.0, -3.0]), eps=0.0).data.tolist()
    [1.0, -1.0]
    """
    tensor, scale = to_one_dtype(x, weight)
    check_row_parameters("rms_norm", tensor, weight=scale)
    return record(RMSNorm, tensor, scale, eps=eps)
