"""The exercise matmul-backward."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinyllm.autograd.arithmetic import unbroadcast
from tinyllm.autograd.function import Context
from tinyllm.autograd.matmul import as_matrices
from tinyllm.course.chapters.autograd.broadcasting import few, numbers, use_backward
from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import Array, Shape

PAIRS: list[tuple[Shape, Shape]] = [
    ((1, 1), (1, 1)),
    ((1, 2), (2, 1)),
    ((2, 1), (1, 2)),
    ((2, 2), (2, 2)),
    ((2, 3), (3, 2)),
    ((2,), (2, 2)),
    ((2, 2), (2,)),
    ((2,), (2,)),
    ((2, 1, 2), (2, 1)),
    ((2, 1, 1), (2, 1, 1)),
    ((1, 2), (2, 2, 1)),
    ((2, 1, 1, 2), (2, 2, 1)),
]


def result(a: Shape, b: Shape) -> Shape:
    """Find the shape of a @ b."""
    return np.matmul(np.zeros(a), np.zeros(b)).shape


def cases() -> Any:
    from tinyllm.course.draws import arrays, st  # noqa: PLC0415

    def with_arrays(pair: Any) -> Any:
        both = st.tuples(*(arrays(shape, few()) for shape in pair))
        grad = arrays(result(*pair), few(simplest=2.0))  # 1 is not seen in a product
        return st.tuples(both, grad)

    return st.sampled_from(PAIRS).flatmap(with_arrays)


def probes() -> list[Arguments]:
    pairs = [
        ((2, 2), (2, 2)),
        ((2, 3), (3, 2)),
        ((2,), (2, 2)),
        ((2, 2), (2,)),
        ((2, 2, 2), (2, 2)),
        ((2, 2, 2), (2, 2, 2)),
        ((2, 2), (3, 2, 2)),
    ]
    return [((numbers(a), numbers(b, -1)), numbers(result(a, b), 4)) for a, b in pairs]


def no_transpose(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    a2, b2, grad = as_matrices(a, b, grad)
    da, db = grad @ b2, a2 @ grad
    return unbroadcast(da, a2.shape).reshape(a.shape), unbroadcast(db, b2.shape).reshape(b.shape)


def element_by_element(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    return unbroadcast(grad * b, a.shape), unbroadcast(grad * a, b.shape)


def order_turned_round(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    a2, b2, grad = as_matrices(a, b, grad)
    da, db = b2.swapaxes(-1, -2) @ grad, grad @ a2.swapaxes(-1, -2)
    return unbroadcast(da, a2.shape).reshape(a.shape), unbroadcast(db, b2.shape).reshape(b.shape)


def own_factor(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    a2, b2, grad = as_matrices(a, b, grad)
    da, db = grad @ a2.swapaxes(-1, -2), b2.swapaxes(-1, -2) @ grad
    return unbroadcast(da, a2.shape).reshape(a.shape), unbroadcast(db, b2.shape).reshape(b.shape)


def gradients_exchanged(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    a2, b2, grad = as_matrices(a, b, grad)
    da, db = grad @ b2.swapaxes(-1, -2), a2.swapaxes(-1, -2) @ grad
    return unbroadcast(db, b2.shape).reshape(b.shape), unbroadcast(da, a2.shape).reshape(a.shape)


def all_axes_reversed(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    a2, b2, grad = as_matrices(a, b, grad)
    da, db = grad @ b2.T, a2.T @ grad
    return unbroadcast(da, a2.shape).reshape(a.shape), unbroadcast(db, b2.shape).reshape(b.shape)


def only_for_two_matrices(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    return grad @ b.T, a.T @ grad


def unbroadcast_left_out(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    a2, b2, grad = as_matrices(a, b, grad)
    da, db = grad @ b2.swapaxes(-1, -2), a2.swapaxes(-1, -2) @ grad
    return da.reshape(a.shape), db.reshape(b.shape)


def batches_not_summed(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    return grad @ b.swapaxes(-1, -2), a.swapaxes(-1, -2) @ grad


def shape_of_the_matrices(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    a, b, grad = as_matrices(a, b, grad)
    da, db = grad @ b.swapaxes(-1, -2), a.swapaxes(-1, -2) @ grad
    return unbroadcast(da, a.shape), unbroadcast(db, b.shape)


def mean_over_the_rows(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    a2, b2, grad = as_matrices(a, b, grad)
    da = unbroadcast(grad @ b2.swapaxes(-1, -2), a2.shape).reshape(a.shape)
    db = unbroadcast(a2.swapaxes(-1, -2) @ grad, b2.shape).reshape(b.shape)
    return da, db / np.float32(math.prod(a2.shape[:-1]))


def by_einsum(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    a2 = a[None, :] if a.ndim == 1 else a
    b2 = b[:, None] if b.ndim == 1 else b
    grad = grad.reshape(np.matmul(a2, b2).shape)
    da = unbroadcast(np.einsum("...mn,...kn->...mk", grad, b2), a2.shape)
    db = unbroadcast(np.einsum("...mk,...mn->...kn", a2, grad), b2.shape)
    return da.reshape(a.shape), db.reshape(b.shape)


def number_by_number(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    a2, b2, grad = as_matrices(a, b, grad)
    batch = grad.shape[:-2]
    full_a = np.broadcast_to(a2, (*batch, *a2.shape[-2:]))
    full_b = np.broadcast_to(b2, (*batch, *b2.shape[-2:]))
    da, db = np.zeros_like(full_a), np.zeros_like(full_b)
    for *place, i, j in np.ndindex(grad.shape):
        for k in range(a2.shape[-1]):
            da[(*place, i, k)] += grad[(*place, i, j)] * full_b[(*place, k, j)]
            db[(*place, k, j)] += grad[(*place, i, j)] * full_a[(*place, i, k)]
    return unbroadcast(da, a2.shape).reshape(a.shape), unbroadcast(db, b2.shape).reshape(b.shape)


def transposed_twice(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    a2, b2, grad = as_matrices(a, b, grad)
    da = np.matmul(b2, grad.swapaxes(-1, -2)).swapaxes(-1, -2)
    db = np.matmul(grad.swapaxes(-1, -2), a2).swapaxes(-1, -2)
    return unbroadcast(da, a2.shape).reshape(a.shape), unbroadcast(db, b2.shape).reshape(b.shape)


MATMUL_BACKWARD = Exercise(
    name="matmul-backward",
    target="tinyllm.autograd.matmul:MatMul.backward",
    use=use_backward,
    imports=(
        "import numpy as np\n\n"
        "from tinyllm.autograd.arithmetic import unbroadcast\n"
        "from tinyllm.autograd.function import Context\n"
        "from tinyllm.autograd.matmul import as_matrices"
    ),
    cases=cases,
    probes=probes,
    mistakes=(
        no_transpose,
        element_by_element,
        order_turned_round,
        own_factor,
        gradients_exchanged,
        all_axes_reversed,
        only_for_two_matrices,
        unbroadcast_left_out,
        batches_not_summed,
        shape_of_the_matrices,
        mean_over_the_rows,
    ),
    others=(by_einsum, number_by_number, transposed_twice),
)
