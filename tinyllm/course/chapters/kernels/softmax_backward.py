"""Exercise softmax-backward: from the gradient of the shares to that of the scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array


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


def without_keepdims(p: Array, grad: Array) -> Array:
    return p * (grad - (grad * p).sum(axis=-1))


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
        without_keepdims,
        wrong_sign,
        forgets_the_shares_in_front,
    ),
    others=(by_the_jacobian, in_two_terms, with_einsum),
)
