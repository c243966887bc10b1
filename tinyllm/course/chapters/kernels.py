"""Chapter 2, kernels: the functions between arrays on which all of training rests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Boss, Chapter, Exercise, Variant
from tinyllm.course.small import train_small
from tinyllm.types import FLOAT, Array


# -------------------------------------------------------------------- softmax
def softmax_cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    return st.tuples(arrays(shapes((1, 3), (1, 4)), nice() | st.sampled_from([-1000.0, 1000.0])))


def softmax_probes() -> list[Arguments]:
    return [
        (np.array([[0.0, 1.0, 2.0], [3.0, 1.0, 1.0]], FLOAT),),
        (np.array([[1000.0, 1000.0]], FLOAT),),
        (np.array([[[0.5, -1.0], [2.0, 2.0]]], FLOAT),),
    ]


def no_maximum(x: Array) -> Array:
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)


def wrong_axis(x: Array) -> Array:
    e = np.exp(x - x.max(axis=0, keepdims=True))
    return e / e.sum(axis=0, keepdims=True)


def whole_array(x: Array) -> Array:
    e = np.exp(x - x.max())
    return e / e.sum()


def divides_by_mean(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.mean(axis=-1, keepdims=True)


def writes_into_input(x: Array) -> Array:
    x -= x.max(axis=-1, keepdims=True)
    np.exp(x, out=x)
    x /= x.sum(axis=-1, keepdims=True)
    return x


def forgets_to_divide(x: Array) -> Array:
    return np.exp(x - x.max(axis=-1, keepdims=True))


def float64_result(x: Array) -> Array:
    e = np.exp(x.astype(np.float64) - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def without_keepdims(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1)


def row_by_row(x: Array) -> Array:
    rows = x.reshape(-1, x.shape[-1])
    shares = [np.exp(row - row.max()) / np.exp(row - row.max()).sum() for row in rows]
    return np.array(shares, x.dtype).reshape(x.shape)


def through_logarithms(x: Array) -> Array:
    top = x.max(axis=-1, keepdims=True)
    total = np.log(np.exp(x - top).sum(axis=-1, keepdims=True)) + top
    return np.exp(x - total).astype(x.dtype)


def one_number_at_a_time(x: Array) -> Array:
    y = np.zeros_like(x)
    for place in np.ndindex(x.shape[:-1]):
        top = max(float(score) for score in x[place])
        total = sum(np.exp(float(score) - top) for score in x[place])
        for i, score in enumerate(x[place]):
            y[(*place, i)] = np.exp(float(score) - top) / total
    return y


def with_temperature(value: float) -> Variant:
    """Softmax of scores that are divided by a temperature first."""

    def change(softmax: Callable[[Array], Array]) -> Callable[[Array], Array]:
        return lambda x: softmax(x / FLOAT.type(value))

    return Variant(
        text={
            "en": f"divide the scores by the temperature {value:g} before all else.",
            "zh": f"先把所有分数除以温度 {value:g},再做其余的事。",
        },
        change=change,
    )


SOFTMAX = Exercise(
    name="softmax",
    target="tinyllm.kernels.softmax:forward_numpy",
    hidden=("tinyllm.kernels.softmax:forward_numba", "tinyllm.ops.softmax:softmax"),
    cases=softmax_cases,
    probes=softmax_probes,
    mistakes=(
        no_maximum,
        wrong_axis,
        whole_array,
        divides_by_mean,
        writes_into_input,
        forgets_to_divide,
        float64_result,
        without_keepdims,
    ),
    others=(row_by_row, through_logarithms, one_number_at_a_time),
    variants=tuple(with_temperature(value) for value in (0.5, 0.8, 1.25, 2.0, 4.0)),
)


# -------------------------------------------------------------------- softmax-backward
def backward_cases() -> Any:
    from tinyllm.course.draws import arrays, shapes, st  # noqa: PLC0415

    def with_gradient(x: Array) -> Any:
        e = np.exp(x)
        return st.tuples(st.just(e / e.sum(axis=-1, keepdims=True)), arrays(x.shape))

    return arrays(shapes((1, 3), (1, 4))).flatmap(with_gradient)


def backward_probes() -> list[Arguments]:
    return [
        (
            np.array([[0.25, 0.75], [0.5, 0.5]], FLOAT),
            np.array([[1.0, 0.0], [2.0, -1.0]], FLOAT),
        ),
        (np.array([[0.2, 0.3, 0.5]], FLOAT), np.array([[1.0, 1.0, 1.0]], FLOAT)),
    ]


def as_if_element_by_element(p: Array, grad: Array) -> Array:
    return grad * p * (1 - p)


def only_the_first_term(p: Array, grad: Array) -> Array:
    return p * grad


def mean_of_the_gradient(p: Array, grad: Array) -> Array:
    return p * (grad - grad.mean(axis=-1, keepdims=True))


def sum_without_shares(p: Array, grad: Array) -> Array:
    return p * (grad - grad.sum(axis=-1, keepdims=True))


def sum_over_everything(p: Array, grad: Array) -> Array:
    return p * (grad - (grad * p).sum())


def wrong_sign(p: Array, grad: Array) -> Array:
    return p * ((grad * p).sum(axis=-1, keepdims=True) - grad)


def forgets_the_shares_in_front(p: Array, grad: Array) -> Array:
    return grad - (grad * p).sum(axis=-1, keepdims=True)


def by_the_jacobian(p: Array, grad: Array) -> Array:
    rows = [
        (np.diag(share) - np.outer(share, share)) @ g
        for share, g in zip(p.reshape(-1, p.shape[-1]), grad.reshape(-1, p.shape[-1]), strict=True)
    ]
    return np.array(rows, p.dtype).reshape(p.shape)


def in_two_terms(p: Array, grad: Array) -> Array:
    weighted = grad * p
    return weighted - p * weighted.sum(axis=-1, keepdims=True)


def with_einsum(p: Array, grad: Array) -> Array:
    return p * grad - p * np.einsum("...i,...i->...", p, grad)[..., None]


SOFTMAX_BACKWARD = Exercise(
    name="softmax-backward",
    target="tinyllm.kernels.softmax:backward_numpy",
    hidden=("tinyllm.kernels.softmax:backward_numba",),
    cases=backward_cases,
    probes=backward_probes,
    mistakes=(
        as_if_element_by_element,
        only_the_first_term,
        mean_of_the_gradient,
        sum_without_shares,
        sum_over_everything,
        wrong_sign,
        forgets_the_shares_in_front,
    ),
    others=(by_the_jacobian, in_two_terms, with_einsum),
)

CHAPTER = Chapter(name="kernels", exercises=(SOFTMAX, SOFTMAX_BACKWARD), boss=Boss(run=train_small))
