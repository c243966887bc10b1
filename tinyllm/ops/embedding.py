"""embedding: ids to vectors, by looking up rows of a table."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.autograd.function import Context, Function
from tinyllm.autograd.tensor import Tensor, as_tensor, raw, record
from tinyllm.errors import DtypeError, OptionError, shape_error
from tinyllm.kernels import embedding as kernel
from tinyllm.types import Array


class Embedding(Function):
    """y = weight[ids]. Backward: add each gradient to the row of the table it was read from."""

    @staticmethod
    def forward(ctx: Context, weight: Array, ids: Array) -> Array:
        ctx.save(ids, weight.shape)
        return weight[ids]

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        ids, (vocabulary, width) = ctx.saved
        flat = np.ascontiguousarray(ids.reshape(-1), dtype=np.int64)
        return (kernel.backward(flat, grad.reshape(-1, width), vocabulary),)


def embedding(weight: Any, ids: Any) -> Tensor:
    """Look up one row of `weight` for each id.

    Forward:   y[..., :] = weight[ids[...]]
    Backward:  dweight[v] = sum of dy over all places where the id is v
    Shapes:    weight (V, C), ids (...) integers -> (..., C)
    Raises:    DtypeError if the ids are not integers, OptionError if one is not in 0 to V - 1

    >>> embedding(Tensor([[1.0, 2.0], [3.0, 4.0]]), [1, 0]).data.tolist()
    [[3.0, 4.0], [1.0, 2.0]]
    """
    table, places = as_tensor(weight), np.asarray(raw(ids))
    if table.ndim != 2:
        raise shape_error("embedding", "weight must be (vocabulary, width)", weight=table.shape)
    check_ids("embedding", places, len(table))
    return record(Embedding, table, ids=places)


def check_ids(operation: str, ids: Array, vocabulary: int) -> None:
    """Refuse ids that are no integers or outside of the vocabulary; name the first one."""
    if ids.dtype.kind not in "iu":
        raise DtypeError(f"{operation}: ids must be integers; got {ids.dtype}.")
    if ids.size and not (ids.min() >= 0 and ids.max() < vocabulary):
        wrong = ids[(ids < 0) | (ids >= vocabulary)][0]
        raise OptionError(
            f"{operation}: ids must be in 0 to {vocabulary - 1}; got {wrong}. "
            "Hint: does the tokenizer belong to this model?"
        )
