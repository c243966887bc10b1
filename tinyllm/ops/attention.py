"""scaled_dot_product_attention: each query takes a weighted mean of the values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinyllm.autograd.function import Context, Function
from tinyllm.autograd.tensor import Tensor, raw, record
from tinyllm.errors import DtypeError, shape_error
from tinyllm.kernels import attention as kernel
from tinyllm.ops.arithmetic import masked_fill
from tinyllm.ops.dtypes import to_one_dtype
from tinyllm.ops.matmul import matmul
from tinyllm.ops.softmax import softmax
from tinyllm.types import Array


class Attention(Function):
    """y = softmax(q k^T / sqrt(D)) v. Backward: through the product, the softmax, the product."""

    @staticmethod
    def forward(
        ctx: Context, q: Array, k: Array, v: Array, mask: Array | None, causal: bool
    ) -> Array:
        ctx.save(q, k, v, mask, causal)
        return kernel.forward(q, k, v, mask, causal)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array, Array, Array]:
        q, k, v, mask, causal = ctx.saved
        return kernel.backward(q, k, v, mask, causal, grad)


def scaled_dot_product_attention(
    q: Any, k: Any, v: Any, mask: Any = None, causal: bool = False, bias: Any = None
) -> Tensor:
    """Let each query look at all keys, and take the mean of the values, weighted by the match.

    Forward:   w = softmax(q k^T / sqrt(D) + bias); y = w v
    Backward:  dv = w^T dy; dw = dy v^T; ds = w (dw - sum of dw w) / sqrt(D);
               dq = ds k; dk = ds^T q
    Shapes:    q (B, H, T, D), k (B, H, S, D), v (B, H, S, D) -> (B, H, T, D);
               mask broadcasts to (B, H, T, S), True = may attend; bias too, numbers
    causal:    query t sees the keys up to its own place; the last query sees all S keys, so
               that with S > T the first S - T keys are everybody's past (a cache)
    bias:      what is added to the scores, as by ALiBi. The fused kernel knows none, so then
               attention is made of single operations: slower, and (B, H, T, S) is kept
    A query that may see no key gives 0, and passes no gradient on.
    Raises:    ShapeError if the shapes do not fit, DtypeError if the mask is not boolean
    Source:    Vaswani et al. 2017, Attention Is All You Need, equation 1

    >>> one = Tensor([[[[1.0]]]])
    >>> scaled_dot_product_attention(one, one, one).data.tolist()
    [[[[1.0]]]]
    """
    x, y, z = to_one_dtype(q, k, v)
    fits = x.ndim == y.ndim == z.ndim == 4 and y.shape == z.shape
    if not fits or x.shape[:2] != y.shape[:2] or x.shape[3] != y.shape[3]:
        rule = "q must be (B, H, T, D), k and v (B, H, S, D)"
        raise shape_error("attention", rule, q=x.shape, k=y.shape, v=z.shape)
    may = checked_mask(mask, x, y)
    if bias is not None:
        return biased_attention(x, y, z, kernel.allowed(x.data, y.data, may, causal), bias)
    return record(Attention, x, y, z, mask=may, causal=causal)


def biased_attention(q: Tensor, k: Tensor, v: Tensor, may: Array | None, bias: Any) -> Tensor:
    """Attention as the formula says it, operation by operation."""
    scores = matmul(q, k.swapaxes(2, 3)) * (1 / math.sqrt(q.shape[3])) + bias
    if may is not None:
        scores = masked_fill(scores, ~may, -np.inf)
    return matmul(softmax(scores), v)


def checked_mask(mask: Any, q: Tensor, k: Tensor) -> Array | None:
    """Return the mask as a boolean array that broadcasts to (B, H, T, S)."""
    if mask is None:
        return None
    array = np.asarray(raw(mask))
    if array.dtype != bool:
        raise DtypeError(
            f"attention: the mask must be boolean, True = may attend; got {array.dtype}."
        )
    shape = (*q.shape[:3], k.shape[2])
    try:
        np.broadcast_to(array, shape)
    except ValueError:
        rule = "mask must broadcast to (B, H, T, S)"
        raise shape_error("attention", rule, mask=array.shape, scores=shape) from None
    return array
