"""Exercise: RMS norm, layer norm without the subtraction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise, Variant
from tinyllm.types import FLOAT, Array


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    def with_weight(shape: tuple[int, ...]) -> Any:
        weight = arrays(shape[-1:], st.sampled_from([1.0, 2.0, 0.5, -1.0]))
        return st.tuples(arrays(shape, nice()), weight, st.sampled_from([1.0, 0.25, 1e-6]))

    return shapes((1, 3), (1, 3)).flatmap(with_weight)


def probes() -> list[Arguments]:
    three = np.array([1.0, 2.0, -0.5], FLOAT)
    return [
        (np.array([[3.0, 4.0, 5.0], [1.0, -1.0, 0.5]], FLOAT), three, 1e-6),
        (np.array([[[1.0, 1.0], [0.0, 3.0]]], FLOAT), np.array([2.0, 1.0], FLOAT), 1.0),
        (np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0], [0.0, 0.0, 0.0]], FLOAT), three, 0.25),
    ]


def takes_the_mean_away(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    x = x - x.mean(axis=-1, keepdims=True)
    inverse = 1 / np.sqrt((x * x).mean(axis=-1, keepdims=True) + eps)
    return x * inverse * weight, inverse[..., 0]


def sum_of_squares(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    inverse = 1 / np.sqrt((x * x).sum(axis=-1, keepdims=True) + eps)
    return x * inverse * weight, inverse[..., 0]


def length_of_the_row(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    inverse = 1 / (np.linalg.norm(x, axis=-1, keepdims=True) + eps)
    return x * inverse * weight, inverse[..., 0]


def without_the_root(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    inverse = 1 / ((x * x).mean(axis=-1, keepdims=True) + eps)
    return x * inverse * weight, inverse[..., 0]


def square_of_the_mean(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    inverse = 1 / np.sqrt(x.mean(axis=-1, keepdims=True) ** 2 + eps)
    return x * inverse * weight, inverse[..., 0]


def one_mean_for_all_rows(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    inverse = np.full((*x.shape[:-1], 1), 1 / np.sqrt((x * x).mean() + eps), x.dtype)
    return x * inverse * weight, inverse[..., 0]


def one_number_for_all_rows(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    inverse = 1 / np.sqrt((x * x).mean() + eps)
    return x * inverse * weight, inverse


def over_the_rows(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    inverse = 1 / np.sqrt((x * x).mean(axis=0, keepdims=True) + eps)
    return x * inverse * weight, inverse[0]


def eps_outside_the_root(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    inverse = 1 / (np.sqrt((x * x).mean(axis=-1, keepdims=True)) + eps)
    return x * inverse * weight, inverse[..., 0]


def forgets_eps(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    inverse = 1 / np.sqrt((x * x).mean(axis=-1, keepdims=True))
    return x * inverse * weight, inverse[..., 0]


def forgets_the_weight(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    inverse = 1 / np.sqrt((x * x).mean(axis=-1, keepdims=True) + eps)
    return x * inverse, inverse[..., 0]


def keeps_the_last_axis(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    inverse = 1 / np.sqrt((x * x).mean(axis=-1, keepdims=True) + eps)
    return x * inverse * weight, inverse


def returns_the_size_itself(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    size = np.sqrt((x * x).mean(axis=-1, keepdims=True) + eps)
    return x / size * weight, size[..., 0]


def by_division(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    size = np.sqrt(np.square(x).sum(axis=-1) / x.shape[-1] + eps).astype(x.dtype)
    return x / size[..., None] * weight, 1 / size


def with_einsum(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    mean = np.einsum("...i,...i->...", x, x) / x.shape[-1]
    inverse = (mean + eps) ** -0.5
    return np.einsum("...i,...,i->...i", x, inverse, weight), inverse


def each_row(x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    y, inverse = np.zeros_like(x), np.zeros(x.shape[:-1], x.dtype)
    for place in np.ndindex(inverse.shape):
        mean = sum(float(value) ** 2 for value in x[place]) / x.shape[-1]
        inverse[place] = 1 / (mean + eps) ** 0.5
        y[place] = weight * x[place] * inverse[place]
    return y, inverse


def weights_around(value: float) -> Variant:
    """Weights that say how far a scale is from a number, as Gemma has them from 1."""

    def change(forward: Callable[..., Any]) -> Callable[..., Any]:
        return lambda x, weight, eps: forward(x, weight + FLOAT.type(value), eps)

    return Variant(
        text={
            "en": f"multiply by ({value:g} + weight_i), not by weight_i: a weight of 0 stands for "
            f"the scale {value:g}. For x = [3, 3], weight = [0, 1] and eps = 0, y is "
            f"[{value:g}, {value + 1:g}].",
            "zh": f"乘以 ({value:g} + weight_i)，而不是 weight_i：weight 为 0 表示缩放 {value:g}。"
            f"x = [3, 3]，weight = [0, 1]，eps = 0 时，y 是 [{value:g}, {value + 1:g}]。",
        },
        change=change,
    )


RMS_NORM = Exercise(
    name="rms-norm",
    target="tinyllm.kernels.rms_norm:forward_numpy",
    hidden=("tinyllm.kernels.rms_norm:forward_numba",),
    cases=cases,
    probes=probes,
    mistakes=(
        takes_the_mean_away,
        sum_of_squares,
        length_of_the_row,
        without_the_root,
        square_of_the_mean,
        one_mean_for_all_rows,
        one_number_for_all_rows,
        over_the_rows,
        eps_outside_the_root,
        forgets_eps,
        forgets_the_weight,
        keeps_the_last_axis,
        returns_the_size_itself,
    ),
    others=(by_division, with_einsum, each_row),
    variants=tuple(weights_around(value) for value in (1.0, 2.0, 0.5)),
)
