"""layer_norm: each row to mean 0 and deviation 1, then scaled and shifted."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.autograd.function import Context, Function
from tinyllm.autograd.tensor import Tensor, record
from tinyllm.errors import shape_error
from tinyllm.kernels import layer_norm as kernel
from tinyllm.ops.dtypes import to_one_dtype
from tinyllm.types import Array


class LayerNorm(Function):
    """y = (x - mean) / deviation * weight + bias, in each row. Backward: as layer_norm says."""

    cheap = True

    @staticmethod
    def forward(
        ctx: Context, x: Array, weight: Array | None, bias: Array | None, eps: float
    ) -> Array:
        scale = np.ones(x.shape[-1], x.dtype) if weight is None else weight
        shift = np.zeros(x.shape[-1], x.dtype) if bias is None else bias
        y, mean, inverse = kernel.forward(x, scale, shift, eps)
        ctx.save(x, scale, mean, inverse)
        return y

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array | None, Array | None, Array | None]:
        x, scale, mean, inverse = ctx.saved
        dx, dweight, dbias = kernel.backward(x, scale, mean, inverse, grad)
        return dx, dweight if ctx.needs[1] else None, dbias if ctx.needs[2] else None


def layer_norm(x: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Tensor:
    """Bring each row to mean 0 and deviation 1, then scale by `weight` and shift by `bias`.

    Forward:   n = (x - mean x) / sqrt(var x + eps); y = n * weight + bias
    Backward:  with g = dy * weight: dx = (g - mean g - n mean(g n)) / sqrt(var x + eps);
               dweight = sum of dy n and dbias = sum of dy, over all rows
    Shapes:    x (..., C), weight (C), bias (C) -> (..., C); weight None: 1, bias None: 0
    Raises:    ShapeError if the sizes differ or C is 0
    Source:    Ba, Kiros and Hinton 2016, Layer Normalization, equation 4

    >>> layer_norm(Tensor([1.0, 3.0]), eps=0.0).data.tolist()
    [-1.0, 1.0]
    """
    tensor, scale, shift = to_one_dtype(x, weight, bias)
    check_row_parameters("layer_norm", tensor, weight=scale, bias=shift)
    return record(LayerNorm, tensor, scale, shift, eps=eps)


def check_row_parameters(operation: str, x: Tensor, **parameters: Tensor | None) -> None:
    """Refuse an empty row, and parameters that are not one number for each column."""
    if not x.ndim or x.shape[-1] == 0:
        raise shape_error(operation, "needs a last axis of size >= 1", x=x.shape)
    for name, parameter in parameters.items():
        if parameter is not None and parameter.shape != x.shape[-1:]:
            rule = f"{name} must be as long as x's last axis"
            raise shape_error(operation, rule, x=x.shape, **{name: parameter.shape})
