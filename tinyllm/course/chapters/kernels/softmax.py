"""Exercise softmax: scores to shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise, Variant
from tinyllm.types import FLOAT, Array


def softmax_cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    score = nice() | st.sampled_from([-1000.0, -900.0, 900.0, 1000.0])
    return st.tuples(arrays(shapes((1, 3), (1, 4)), score))


def softmax_probes() -> list[Arguments]:
    return [
        (np.array([[0.0, 1.0, 2.0], [3.0, 1.0, 1.0]], FLOAT),),
        (np.array([[1000.0, 1000.0]], FLOAT),),
        (np.array([[4000.0, 3999.0]], FLOAT),),
        (np.array([[[0.5, -1.0], [2.0, 2.0]]], FLOAT),),
        (np.array([[1000.0, 900.0], [-1000.0, -900.0]], FLOAT),),
    ]


def no_maximum(x: Array) -> Array:
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)


def cuts_off(x: Array) -> Array:
    e = np.exp(np.clip(x, -80, 80))
    return e / e.sum(axis=-1, keepdims=True)


def maximum_of_everything(x: Array) -> Array:
    e = np.exp(x - x.max())
    return e / e.sum(axis=-1, keepdims=True)


def wrong_axis(x: Array) -> Array:
    e = np.exp(x - x.max(axis=0, keepdims=True))
    return e / e.sum(axis=0, keepdims=True)


def whole_array(x: Array) -> Array:
    e = np.exp(x - x.max())
    return e / e.sum()


def sum_of_everything(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
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


def maximum_without_keepdims(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1))
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

    first = 1 / (1 + np.exp(1 / value))
    shares = f"[{first:.3f}, {1 - first:.3f}]"
    return Variant(
        text={
            "en": f"divide the scores by the temperature {value:g} before all else. [0, 1] becomes "
            f"[0, {1 / value:g}], and the shares are {shares}.",
            "zh": f"先把所有分数除以温度 {value:g}，再做其余的事。"
            f"[0, 1] 变成 [0, {1 / value:g}]，概率是 {shares}。",
        },
        change=change,
    )


SOFTMAX = Exercise(
    name="softmax",
    target="tinyllm.kernels.softmax:forward_numpy",
    hidden=("tinyllm.kernels.softmax:forward_numba",),
    cases=softmax_cases,
    probes=softmax_probes,
    mistakes=(
        no_maximum,
        cuts_off,
        maximum_of_everything,
        wrong_axis,
        whole_array,
        sum_of_everything,
        divides_by_mean,
        writes_into_input,
        forgets_to_divide,
        float64_result,
        without_keepdims,
        maximum_without_keepdims,
    ),
    tolerance=1e-4,  # ln(sum) + 1000 has fewer digits than ln(sum)
    others=(row_by_row, through_logarithms, one_number_at_a_time),
    variants=tuple(with_temperature(value) for value in (0.5, 0.8, 1.25, 2.0, 4.0)),
)
