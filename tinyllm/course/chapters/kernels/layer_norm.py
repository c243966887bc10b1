"""Exercise layer-norm: each row to mean 0 and deviation 1, then scaled and shifted."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    def with_parameters(shape: tuple[int, int]) -> Any:
        parameter = arrays(shape[1:], nice(2))
        return st.tuples(arrays(shape), parameter, parameter, st.sampled_from([0.25, 1e-5]))

    return shapes((1, 3), (1, 4)).flatmap(with_parameters)


def probes() -> list[Arguments]:
    weight, bias = np.array([1.0, 2.0, -1.0], FLOAT), np.array([0.5, 0.0, 1.0], FLOAT)
    return [
        (np.array([[1.0, 3.0, 8.0], [2.0, 2.0, -1.0]], FLOAT), weight, bias, 0.25),
        (np.array([[2.0, 2.0]], FLOAT), np.ones(2, FLOAT), np.ones(2, FLOAT), 1e-5),
        (np.array([[10000.0, 10001.0, 10002.0]], FLOAT), weight, bias, 1e-5),
        (np.array([[[1.0, 3.0], [0.5, -4.0]]] * 2, FLOAT), weight[:2], bias[:2], 0.5),
    ]


Three = tuple[Array, Array, Array]


def over_the_columns(x: Array, weight: Array, bias: Array, eps: float) -> Three:
    mean = x.mean(axis=0)
    inverse = 1 / np.sqrt(x.var(axis=0) + eps)
    return (x - mean) * inverse * weight + bias, mean, inverse


def without_keepdims(x: Array, weight: Array, bias: Array, eps: float) -> Three:
    mean = x.mean(axis=-1)
    inverse = 1 / np.sqrt(x.var(axis=-1) + eps)
    return (x - mean) * inverse * weight + bias, mean, inverse


def keeps_the_axis(x: Array, weight: Array, bias: Array, eps: float) -> Three:
    mean = x.mean(axis=-1, keepdims=True)
    inverse = 1 / np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    return (x - mean) * inverse * weight + bias, mean, inverse


def forgets_eps(x: Array, weight: Array, bias: Array, eps: float) -> Three:
    mean = x.mean(axis=-1, keepdims=True)
    inverse = 1 / np.sqrt(x.var(axis=-1, keepdims=True))
    return (x - mean) * inverse * weight + bias, mean[..., 0], inverse[..., 0]


def eps_outside_the_root(x: Array, weight: Array, bias: Array, eps: float) -> Three:
    mean = x.mean(axis=-1, keepdims=True)
    inverse = 1 / (np.sqrt(x.var(axis=-1, keepdims=True)) + eps)
    return (x - mean) * inverse * weight + bias, mean[..., 0], inverse[..., 0]


def divides_by_the_variance(x: Array, weight: Array, bias: Array, eps: float) -> Three:
    mean = x.mean(axis=-1, keepdims=True)
    inverse = 1 / (x.var(axis=-1, keepdims=True) + eps)
    return (x - mean) * inverse * weight + bias, mean[..., 0], inverse[..., 0]


def returns_the_deviation(x: Array, weight: Array, bias: Array, eps: float) -> Three:
    mean = x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    return (x - mean) / deviation * weight + bias, mean[..., 0], deviation[..., 0]


def shared_out_among_one_less(x: Array, weight: Array, bias: Array, eps: float) -> Three:
    mean = x.mean(axis=-1, keepdims=True)
    inverse = 1 / np.sqrt(x.var(axis=-1, keepdims=True, ddof=1) + eps)
    return (x - mean) * inverse * weight + bias, mean[..., 0], inverse[..., 0]


def mean_of_squares(x: Array, weight: Array, bias: Array, eps: float) -> Three:
    mean = x.mean(axis=-1, keepdims=True)
    variance = (x * x).mean(axis=-1, keepdims=True) - mean * mean
    inverse = 1 / np.sqrt(variance + eps)
    return (x - mean) * inverse * weight + bias, mean[..., 0], inverse[..., 0]


def adds_the_bias_first(x: Array, weight: Array, bias: Array, eps: float) -> Three:
    mean = x.mean(axis=-1, keepdims=True)
    inverse = 1 / np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    return ((x - mean) * inverse + bias) * weight, mean[..., 0], inverse[..., 0]


def row_by_row(x: Array, weight: Array, bias: Array, eps: float) -> Three:
    y, mean, inverse = np.empty_like(x), np.empty_like(x[..., 0]), np.empty_like(x[..., 0])
    for place in np.ndindex(x.shape[:-1]):
        row = x[place]
        mean[place] = sum(float(number) for number in row) / len(row)
        variance = sum(float(number - mean[place]) ** 2 for number in row) / len(row)
        inverse[place] = (variance + eps) ** -0.5
        y[place] = (row - mean[place]) * inverse[place] * weight + bias
    return y, mean, inverse


def centred_first(x: Array, weight: Array, bias: Array, eps: float) -> Three:
    mean = x.sum(axis=-1) / np.float32(x.shape[-1])
    centred = x - mean[..., None]
    variance = np.einsum("...i,...i->...", centred, centred) / np.float32(x.shape[-1])
    deviation = np.sqrt(variance + np.float32(eps))
    return bias + weight * (centred / deviation[..., None]), mean, 1 / deviation


LAYER_NORM = Exercise(
    name="layer-norm",
    target="tinyllm.kernels.layer_norm:forward_numpy",
    hidden=("tinyllm.kernels.layer_norm:forward_numba",),
    cases=cases,
    probes=probes,
    mistakes=(
        over_the_columns,
        without_keepdims,
        keeps_the_axis,
        forgets_eps,
        eps_outside_the_root,
        divides_by_the_variance,
        returns_the_deviation,
        shared_out_among_one_less,
        mean_of_squares,
        adds_the_bias_first,
    ),
    others=(row_by_row, centred_first),
)
