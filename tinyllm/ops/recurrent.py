"""What ops/lstm.py, gru.py and rnn.py share: one node a layer, whatever the number of steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import shape_error
from tinyllm.kernels.matmul import matmul
from tinyllm.ops.dtypes import to_one_dtype
from tinyllm.types import Array


def outputs(hidden: Array) -> Array:
    """hidden (B, T + 1, C) -> (B, T, C), without the state in which the text began."""
    return np.ascontiguousarray(hidden[:, 1:])


def weight_gradients(hidden: Array, ds: Array) -> tuple[Array, Array]:
    """Return dW = sum of h_{t-1}^T ds_t and db = sum of ds_t: one product over all steps.

    Shapes:  hidden (B, T + 1, C), ds (B, T, G C) -> (C, G C), (G C)
    """
    before = hidden[:, :-1].reshape(-1, hidden.shape[2])
    rows = ds.reshape(-1, ds.shape[2])
    return matmul(before.T, rows), rows.sum(axis=0)


def checked(operation: str, gates: int, x: Any, weight: Any, bias: Any, *state: Any) -> Any:
    """Bring all to tensors of one dtype; refuse shapes that do not fit."""
    tensors: tuple[Tensor, ...] = to_one_dtype(x, weight, bias, *state)
    inputs, w, b, *states = tensors
    shapes = {"x": inputs.shape, "weight": w.shape, "bias": b.shape}
    C = w.shape[0] if w.ndim else 0
    wide = "C" if gates == 1 else f"{gates} C"
    if inputs.ndim != 3 or not inputs.size or w.shape != (C, gates * C):
        rule = f"x must be (B, T, {wide}), weight (C, {wide})"
        raise shape_error(operation, rule, x=inputs.shape, weight=w.shape)
    if inputs.shape[2] != gates * C or b.shape != (gates * C,):
        rule = f"x's last axis and bias must be as long as weight is wide, {wide}"
        raise shape_error(operation, rule, **shapes)
    for name, s in zip("hc", states, strict=False):
        if s.shape != (inputs.shape[0], C):
            raise shape_error(operation, f"{name} must be (B, C)", **shapes, **{name: s.shape})
    return tensors
