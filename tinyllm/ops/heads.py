"""split_heads, merge_heads: from the width of a model to the heads of attention, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinyllm.autograd.function import Context, Function
from tinyllm.autograd.tensor import Tensor, as_tensor, record, record_all
from tinyllm.errors import OptionError, shape_error
from tinyllm.types import Array


def split(x: Array, heads: tuple[int, ...]) -> list[Array]:
    """Cut the last axis into parts of so many heads each; heads stand before positions.

    Shapes:  x (B, T, C), C = sum(heads) D -> for each part (B, its heads, T, D), a view of x

    >>> q, k = split(np.arange(6.0).reshape(1, 1, 6), (2, 1))
    >>> q.tolist(), k.tolist()
    ([[[[0.0, 1.0]], [[2.0, 3.0]]]], [[[[4.0, 5.0]]]])
    """
    B, T, C = x.shape
    columns = x.reshape(B, T, sum(heads), C // sum(heads))  # (B, T, all heads, D)
    pairs = zip(np.cumsum(heads), heads, strict=True)
    return [columns[:, :, end - n : end].swapaxes(1, 2) for end, n in pairs]


def merge(x: Array) -> Array:
    """Put the heads of each position side by side.

    Shapes:  x (B, H, T, D) -> (B, T, H D)

    >>> merge(np.array([[[[1.0], [2.0]], [[3.0], [4.0]]]])).tolist()
    [[[1.0, 3.0], [2.0, 4.0]]]
    """
    B, H, T, D = x.shape
    return x.swapaxes(1, 2).reshape(B, T, H * D)


class SplitHeads(Function):
    """Views, heads before positions, one for each part. Backward: side by side again."""

    @staticmethod
    def forward(ctx: Context, x: Array, heads: tuple[int, ...]) -> tuple[Array, ...]:
        ctx.save(np.cumsum(heads))
        return tuple(split(x, heads))

    @staticmethod
    def backward(ctx: Context, *grads: Array) -> tuple[Array]:
        (ends,) = ctx.saved
        B, _, T, D = grads[0].shape
        dx = np.empty((B, T, ends[-1], D), grads[0].dtype)
        for end, grad in zip(ends, grads, strict=True):
            dx[:, :, end - grad.shape[1] : end] = grad.swapaxes(1, 2)
        return (dx.reshape(B, T, -1),)


class MergeHeads(Function):
    """The heads of each position, side by side. Backward: taken apart again."""

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save(x.shape[1])
        return merge(x)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (H,) = ctx.saved
        (dx,) = split(grad, (H,))
        return (dx,)


def split_heads(x: Any, heads: Sequence[int]) -> tuple[Tensor, ...]:
    """Cut the last axis into parts of so many heads each: q, k, v = split_heads(x, (H, H, H)).

    Forward:  part[b, h, t, d] = x[b, t, (first head of the part + h) D + d]
    Shapes:   x (B, T, C), C = sum(heads) D -> for each part (B, its heads, T, D)
    Raises:   ShapeError if x has not three axes or C cannot be divided by sum(heads),
              OptionError if a part has no head

    >>> q, k, v = split_heads(np.arange(6.0).reshape(1, 1, 6), (1, 1, 1))
    >>> k.data.tolist()
    [[[[2.0, 3.0]]]]
    """
    tensor = as_tensor(x)
    if not heads or min(heads) < 1:
        raise OptionError(f"split_heads: each part needs at least one head; got heads={heads}.")
    if tensor.ndim != 3 or tensor.shape[2] % sum(heads):
        rule = f"x must be (B, T, C) with C divisible by {sum(heads)} heads"
        raise shape_error("split_heads", rule, x=tensor.shape)
    return record_all(SplitHeads, tensor, heads=tuple(heads))


def merge_heads(x: Any) -> Tensor:
    """Put the heads of each position side by side: the way back from `split_heads`.

    Forward:  y[b, t, h D + d] = x[b, h, t, d]
    Shapes:   x (B, H, T, D) -> (B, T, H D)
    Raises:   ShapeError if x has not four axes

    >>> merge_heads(np.array([[[[1.0]], [[2.0]]]])).data.tolist()
    [[[1.0, 2.0]]]
    """
    tensor = as_tensor(x)
    if tensor.ndim != 4:
        raise shape_error("merge_heads", "x must be (B, H, T, D)", x=tensor.shape)
    return record(MergeHeads, tensor)
