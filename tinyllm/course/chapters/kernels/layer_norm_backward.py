"""Exercise layer-norm-backward: three gradients, and a row that hangs together."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array

EPS = 0.25  # large, so that the deviations are easy numbers, and no rounding is blown up


def saved(x: Array) -> tuple[Array, Array]:
    """Return what forward keeps of x: the mean of each row, and 1 / its deviation."""
    return x.mean(axis=-1), 1 / np.sqrt(x.var(axis=-1) + FLOAT.type(EPS))


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    def with_the_rest(x: Array) -> Any:
        mean, inverse = saved(x)
        weight = arrays(x.shape[1:], nice(2))
        return st.tuples(st.just(x), weight, st.just(mean), st.just(inverse), arrays(x.shape))

    return arrays(shapes((1, 3), (1, 4))).flatmap(with_the_rest)


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


def mean_over_the_rows(x: Array, weight: Array, mean: Array, inverse: Array, grad: Array) -> Three:
    scale = inverse[..., None]
    n = (x - mean[..., None]) * scale
    rows, g = tuple(range(x.ndim - 1)), grad * weight
    along = (g * n).mean(axis=-1, keepdims=True)
    dx = scale * (g - g.mean(axis=-1, keepdims=True) - n * along)
    return dx, (grad * n).mean(axis=rows), grad.mean(axis=rows)


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
        divides_by_the_inverse,
        weight_from_the_raw_input,
        not_summed_over_rows,
        mean_over_the_rows,
    ),
    others=(in_one_bracket, by_the_jacobian),
)
