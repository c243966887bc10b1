"""The operation behind Tensor's `@`: vectors, matrices, and batches that broadcast."""

from __future__ import annotations

import math

import numpy as np

from tinyllm.autograd.arithmetic import unbroadcast
from tinyllm.autograd.function import Context, Function
from tinyllm.kernels.matmul import matmul
from tinyllm.types import Array


class MatMul(Function):
    """y = a @ b. Backward: da = dy @ b^T, db = a^T @ dy, summed over broadcast batches."""

    @staticmethod
    def forward(ctx: Context, a: Array, b: Array) -> Array:
        ctx.save(a, b)
        if a.ndim > 2 and b.ndim == 2:  # many matrices times one: that is one tall matrix
            y = matmul(as_tall(a), b)
            return y.reshape(*a.shape[:-1], b.shape[-1])
        return matmul(a, b)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array | None, Array | None]:
        a, b = ctx.saved
        a_matrix, b_matrix, grad = as_matrices(a, b, grad)
        da = db = None
        if ctx.needs[0]:
            da = matmul(grad, b_matrix.swapaxes(-1, -2))
            da = unbroadcast(da, a_matrix.shape).reshape(a.shape)
        if ctx.needs[1]:
            db = matmul(a_matrix.swapaxes(-1, -2), grad)
            db = unbroadcast(db, b_matrix.shape).reshape(b.shape)
        return da, db


def as_tall(x: Array) -> Array:
    """Put all matrices of a batch below each other (-1 would not do: an axis may be empty)."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def as_matrices(a: Array, b: Array, grad: Array) -> tuple[Array, Array, Array]:
    """Write every case as a product of matrices: a vector is a row on the left, a column right."""
    if b.ndim == 1:
        b, grad = b[:, None], np.expand_dims(grad, -1)
    if a.ndim == 1:
        a, grad = a[None, :], np.expand_dims(grad, -2)
    if a.ndim > 2 and b.ndim == 2:
        grad, a = as_tall(grad), as_tall(a)
    return a, b, grad
