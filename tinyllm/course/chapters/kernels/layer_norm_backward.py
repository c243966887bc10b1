"""Exercise layer-norm-backward: three gradients, and a row that hangs together."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.chapters.parts import part, some
from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array

EPS = 0.25  # large, so that the deviations are easy numbers, and no rounding is blown up


def saved(x: Array) -> tuple[Array, Array]:
    """Return what forward keeps of x: the mean of each row, and 1 / its deviation."""
    return x.mean(axis=-1), 1 / np.sqrt(x.var(axis=-1) + FLOAT.type(EPS))


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, st  # noqa: PLC0415

    def chosen(drawn: tuple[Any, ...]) -> Arguments:
        rows, columns, x, weight, grad = drawn
        x = part(x, rows, columns)
        return x, part(weight, columns), *saved(x), part(grad, rows, columns)

    whole = arrays((3, 4)), arrays((4,), nice(2)), arrays((3, 4))
    return st.tuples(some(3), some(4), *whole).map(chosen)


def probes() -> list[Arguments]:
    x = np.array([[1.0, 3.0, 8.0], [2.0, 2.0, -1.0]], FLOAT)
    weight = np.array([1.0, 2.0, -1.0], FLOAT)
    grad = np.array([[1.0, 0.0, -2.0], [0.5, 3.0, 1.0]], FLOAT)
    steep = x[:, None, :2] * FLOAT.type(2)
    return [
        (x, weight, *saved(x), grad),
        (steep, weight[:2], *saved(steep), grad[:, None, :2]),
    ]


Three = tuple[Array, Array, Array]


def centre_is_a_constant(
    x: Array, weight: Array, mean: Array, inverse: Array, grad: Array
) -> Three:
    scale = inverse[..., None]
    n = (x - mean[..., None]) * scale
    rows, g = tuple(range(x.ndim - 1)), grad * weight
    dx = scale * (g - n * (g * n).mean(axis=-1, keepdims=True))
    return dx, (grad * n).sum(axis=rows), grad.sum(axis=rows)


def deviation_is_a_constant(
    x: Array, weight: Array, mean: Array, inverse: Array, grad: Array
) -> Three:
    scale = inverse[..., None]
    n = (x - mean[..., None]) * scale
    rows, g = tuple(range(x.ndim - 1)), grad * weight
    dx = scale * (g - g.mean(axis=-1, keepdims=True))
    return dx, (grad * n).sum(axis=rows), grad.sum(axis=rows)


def both_are_constants(x: Array, weight: Array, mean: Array, inverse: Array, grad: Array) -> Three:
    scale = inverse[..., None]
    n = (x - mean[..., None]) * scale
    rows = tuple(range(x.ndim - 1))
    return grad * weight * scale, (grad * n).sum(axis=rows), grad.sum(axis=rows)


def sums_for_means(x: Array, weight: Array, mean: Array, inverse: Array, grad: Array) -> Three:
    scale = inverse[..., None]
    n = (x - mean[..., None]) * scale
    rows, g = tuple(range(x.ndim - 1)), grad * weight
    along = (g * n).sum(axis=-1, keepdims=True)
    dx = scale * (g - g.sum(axis=-1, keepdims=True) - n * along)
    return dx, (grad * n).sum(axis=rows), grad.sum(axis=rows)


def weight_at_the_end(x: Array, weight: Array, mean: Array, inverse: Array, grad: Array) -> Three:
    scale = inverse[..., None]
    n = (x - mean[..., None]) * scale
    rows = tuple(range(x.ndim - 1))
    along = (grad * n).mean(axis=-1, keepdims=True)
    dx = weight * scale * (grad - grad.mean(axis=-1, keepdims=True) - n * along)
    return dx, (grad * n).sum(axis=rows), grad.sum(axis=rows)


def weight_is_left_out(x: Array, weight: Array, mean: Array, inverse: Array, grad: Array) -> Three:
    scale = inverse[..., None]
    n = (x - mean[..., None]) * scale
    rows = tuple(range(x.ndim - 1))
    along = (grad * n).mean(axis=-1, keepdims=True)
    dx = scale * (grad - grad.mean(axis=-1, keepdims=True) - n * along)
    return dx, (grad * n).sum(axis=rows), grad.sum(axis=rows)


def without_a_new_axis(x: Array, weight: Array, mean: Array, inverse: Array, grad: Array) -> Three:
    n = (x - mean) * inverse
    rows, g = tuple(range(x.ndim - 1)), grad * weight
    along = (g * n).mean(axis=-1, keepdims=True)
    dx = inverse * (g - g.mean(axis=-1, keepdims=True) - n * along)
    return dx, (grad * n).sum(axis=rows), grad.sum(axis=rows)


def divides_by_the_inverse(
    x: Array, weight: Array, mean: Array, inverse: Array, grad: Array
) -> Three:
    scale = inverse[..., None]
    n = (x - mean[..., None]) / scale
    rows, g = tuple(range(x.ndim - 1)), grad * weight
    along = (g * n).mean(axis=-1, keepdims=True)
    dx = (g - g.mean(axis=-1, keepdims=True) - n * along) / scale
    return dx, (grad * n).sum(axis=rows), grad.sum(axis=rows)


def weight_from_the_raw_input(
    x: Array, weight: Array, mean: Array, inverse: Array, grad: Array
) -> Three:
    scale = inverse[..., None]
    n = (x - mean[..., None]) * scale
    rows, g = tuple(range(x.ndim - 1)), grad * weight
    along = (g * n).mean(axis=-1, keepdims=True)
    dx = scale * (g - g.mean(axis=-1, keepdims=True) - n * along)
    return dx, (grad * x).sum(axis=rows), grad.sum(axis=rows)


def not_summed_over_rows(
    x: Array, weight: Array, mean: Array, inverse: Array, grad: Array
) -> Three:
    scale = inverse[..., None]
    n = (x - mean[..., None]) * scale
    g = grad * weight
    along = (g * n).mean(axis=-1, keepdims=True)
    dx = scale * (g - g.mean(axis=-1, keepdims=True) - n * along)
    return dx, grad * n, grad


def summed_over_the_first_axis(
    x: Array, weight: Array, mean: Array, inverse: Array, grad: Array
) -> Three:
    scale = inverse[..., None]
    n = (x - mean[..., None]) * scale
    g = grad * weight
    along = (g * n).mean(axis=-1, keepdims=True)
    dx = scale * (g - g.mean(axis=-1, keepdims=True) - n * along)
    return dx, (grad * n).sum(axis=0), grad.sum(axis=0)


def mean_over_the_rows(x: Array, weight: Array, mean: Array, inverse: Array, grad: Array) -> Three:
    scale = inverse[..., None]
    n = (x - mean[..., None]) * scale
    rows, g = tuple(range(x.ndim - 1)), grad * weight
    along = (g * n).mean(axis=-1, keepdims=True)
    dx = scale * (g - g.mean(axis=-1, keepdims=True) - n * along)
    return dx, (grad * n).mean(axis=rows), grad.mean(axis=rows)


def float64_result(x: Array, weight: Array, mean: Array, inverse: Array, grad: Array) -> Three:
    dx, dweight, dbias = np.zeros(x.shape), np.zeros(weight.shape), np.zeros(weight.shape)
    for place in np.ndindex(x.shape[:-1]):
        n, g = (x[place] - mean[place]) * inverse[place], grad[place] * weight
        dx[place] = inverse[place] * (g - g.mean() - n * (g * n).mean())
        dweight += grad[place] * n
        dbias += grad[place]
    return dx, dweight, dbias


def in_one_bracket(x: Array, weight: Array, mean: Array, inverse: Array, grad: Array) -> Three:
    size = np.float32(x.shape[-1])
    n = (x - mean[..., None]) * inverse[..., None]
    g = grad * weight
    bracket = size * g - g.sum(-1, keepdims=True) - n * (g * n).sum(-1, keepdims=True)
    flat = (grad * n).reshape(-1, x.shape[-1]), grad.reshape(-1, x.shape[-1])
    return inverse[..., None] / size * bracket, flat[0].sum(0), flat[1].sum(0)


def by_the_jacobian(x: Array, weight: Array, mean: Array, inverse: Array, grad: Array) -> Three:
    size = x.shape[-1]
    dx, dweight, dbias = np.zeros_like(x), np.zeros_like(weight), np.zeros_like(weight)
    for place in np.ndindex(x.shape[:-1]):
        n = (x[place] - mean[place]) * inverse[place]
        table = (np.eye(size) - 1 / size - np.outer(n, n) / size) * inverse[place]
        dx[place] = table @ (grad[place] * weight)
        dweight += grad[place] * n
        dbias += grad[place]
    return dx, dweight, dbias


LAYER_NORM_BACKWARD = Exercise(
    name="layer-norm-backward",
    target="tinyllm.kernels.layer_norm:backward_numpy",
    hidden=("tinyllm.kernels.layer_norm:backward_numba",),
    cases=cases,
    probes=probes,
    mistakes=(
        centre_is_a_constant,
        deviation_is_a_constant,
        both_are_constants,
        sums_for_means,
        weight_at_the_end,
        weight_is_left_out,
        without_a_new_axis,
        divides_by_the_inverse,
        weight_from_the_raw_input,
        not_summed_over_rows,
        summed_over_the_first_axis,
        mean_over_the_rows,
        float64_result,
    ),
    others=(in_one_bracket, by_the_jacobian),
)
