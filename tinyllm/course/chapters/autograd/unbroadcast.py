"""The exercise unbroadcast."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.chapters.autograd.broadcasting import PAIRS, few, numbers
from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import Array, Shape


def cases() -> Any:
    from tinyllm.course.draws import arrays, st  # noqa: PLC0415

    def with_gradient(pair: Any) -> Any:
        return st.tuples(arrays(np.broadcast_shapes(*pair), few()), st.sampled_from(pair))

    return st.sampled_from(PAIRS).flatmap(with_gradient)


def probes() -> list[Arguments]:
    return [
        (numbers((2, 2)), (2, 2)),
        (numbers((2, 2)), (2,)),
        (numbers((2, 2)), (2, 1)),
        (numbers((2, 3)), (1, 3)),
        (numbers((2, 3)), ()),
        (numbers((2, 3, 2)), (3, 1)),
        (numbers((3, 1, 2)), (1, 1)),
    ]


def stretched_axes_forgotten(grad: Array, shape: Shape) -> Array:
    return grad.sum(axis=tuple(range(grad.ndim - len(shape))))


def added_axes_forgotten(grad: Array, shape: Shape) -> Array:
    stretched = tuple(i for i, n in enumerate(shape) if n == 1)
    return grad.sum(axis=stretched, keepdims=True)


def axes_are_lost(grad: Array, shape: Shape) -> Array:
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    return grad.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1))


def axes_are_lost_on_the_way(grad: Array, shape: Shape) -> Array:
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    for i, n in enumerate(shape):
        if n == 1:
            grad = grad.sum(axis=i)
    return grad


def compared_from_the_left(grad: Array, shape: Shape) -> Array:
    pairs = zip(grad.shape, shape, strict=False)
    return grad.sum(axis=tuple(i for i, (n, m) in enumerate(pairs) if n != m)).reshape(shape)


def added_at_the_end(grad: Array, shape: Shape) -> Array:
    grad = grad.sum(axis=tuple(range(len(shape), grad.ndim)))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1)
    return grad.sum(axis=stretched, keepdims=True)


def mean_of_copies(grad: Array, shape: Shape) -> Array:
    grad = grad.mean(axis=tuple(range(grad.ndim - len(shape))))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1)
    return grad.mean(axis=stretched, keepdims=True)


def first_copy_alone(grad: Array, shape: Shape) -> Array:
    grad = grad[(0,) * (grad.ndim - len(shape))]
    return grad[tuple(slice(n) for n in shape)].copy()


def everything_summed(grad: Array, shape: Shape) -> Array:
    return grad if grad.shape == shape else np.full(shape, grad.sum(), grad.dtype)


def numbers_left_over(grad: Array, shape: Shape) -> Array:
    return np.resize(grad, shape)


def axis_by_axis(grad: Array, shape: Shape) -> Array:
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    for axis, n in enumerate(shape):
        if n == 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad


def place_by_place(grad: Array, shape: Shape) -> Array:
    total = np.zeros(shape, grad.dtype)
    for place in np.ndindex(grad.shape):
        ending = place[grad.ndim - len(shape) :]
        total[tuple([0 if n == 1 else i for i, n in zip(ending, shape, strict=True)])] += grad[
            place
        ]
    return total


def all_axes_at_once(grad: Array, shape: Shape) -> Array:
    full = (1,) * (grad.ndim - len(shape)) + tuple(shape)
    axes = tuple(i for i, (n, m) in enumerate(zip(full, grad.shape, strict=True)) if n != m)
    return grad.sum(axis=axes, keepdims=True).reshape(shape)


UNBROADCAST = Exercise(
    name="unbroadcast",
    target="tinyllm.autograd.arithmetic:unbroadcast",
    cases=cases,
    probes=probes,
    mistakes=(
        stretched_axes_forgotten,
        added_axes_forgotten,
        axes_are_lost,
        axes_are_lost_on_the_way,
        compared_from_the_left,
        added_at_the_end,
        mean_of_copies,
        first_copy_alone,
        everything_summed,
        numbers_left_over,
    ),
    others=(axis_by_axis, place_by_place, all_axes_at_once),
)
