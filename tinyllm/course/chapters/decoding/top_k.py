"""The exercise top-k: the k best scores of each row stay, with all that tie for the last place."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    return st.tuples(arrays(shapes((1, 2), (1, 4)), nice()), st.integers(1, 5))


def probes() -> list[Arguments]:
    return [
        (np.array([[1.0, 3.0, 2.0, 0.5], [-1.0, -4.0, -2.0, -3.0]], FLOAT), 2),
        (np.array([[2.0, 0.0, 2.0, 2.0]], FLOAT), 2),
        (np.array([[1.0, 0.0]], FLOAT), 4),
        (np.array([0.5, -0.5, 1.5], FLOAT), 1),
        (np.array([[4.0, -1.0, 0.0, 2.5, 1.0], [0.0, 1.0, 2.0, 3.0, 4.0]], FLOAT), 2),
    ]


def exactly_k(logits: Array, k: int) -> Array:
    result = np.full_like(logits, -np.inf)
    best = np.argsort(-logits, axis=-1, kind="stable")[..., :k]
    np.put_along_axis(result, best, np.take_along_axis(logits, best, axis=-1), axis=-1)
    return result


def exactly_k_from_the_end(logits: Array, k: int) -> Array:
    result = np.full_like(logits, -np.inf)
    best = np.argsort(logits, axis=-1, kind="stable")[..., -k:]
    np.put_along_axis(result, best, np.take_along_axis(logits, best, axis=-1), axis=-1)
    return result


def kth_from_the_wrong_end(logits: Array, k: int) -> Array:
    k = min(k, logits.shape[-1])
    return np.where(logits >= np.sort(logits, axis=-1)[..., k - 1, None], logits, -np.inf)


def zero_for_the_refused(logits: Array, k: int) -> Array:
    k = min(k, logits.shape[-1])
    return np.where(logits >= np.sort(logits, axis=-1)[..., -k, None], logits, 0.0)


def keeps_one_too_few(logits: Array, k: int) -> Array:
    k = min(k, logits.shape[-1])
    return np.where(logits > np.sort(logits, axis=-1)[..., -k, None], logits, -np.inf)


def k_may_be_too_large(logits: Array, k: int) -> Array:
    return np.where(logits >= np.sort(logits, axis=-1)[..., -k, None], logits, -np.inf)


def the_worst_k(logits: Array, k: int) -> Array:
    k = min(k, logits.shape[-1])
    return np.where(logits <= np.sort(logits, axis=-1)[..., k - 1, None], logits, -np.inf)


def one_bar_for_all_rows(logits: Array, k: int) -> Array:
    return np.where(logits >= np.sort(logits, axis=None)[-min(k, logits.size)], logits, -np.inf)


def returns_only_the_best(logits: Array, k: int) -> Array:
    return -np.sort(-logits, axis=-1)[..., :k]


def in_sorted_order(logits: Array, k: int) -> Array:
    result = -np.sort(-logits, axis=-1)
    result[..., k:] = -np.inf
    return result


def writes_into_input(logits: Array, k: int) -> Array:
    k = min(k, logits.shape[-1])
    logits[logits < np.sort(logits, axis=-1)[..., -k, None]] = -np.inf
    return logits


def float64_result(logits: Array, k: int) -> Array:
    bar = np.sort(logits, axis=-1)[..., -min(k, logits.shape[-1]), None]
    return np.where(logits >= bar, logits, np.full(logits.shape, -np.inf))


def without_the_axis(logits: Array, k: int) -> Array:
    bar = np.sort(logits, axis=-1)[..., -min(k, logits.shape[-1])]
    return np.where(logits >= bar, logits, -np.inf)


def by_rank(logits: Array, k: int) -> Array:
    better = (logits[..., None, :] > logits[..., None]).sum(axis=-1)
    return np.where(better < k, logits, -np.inf)


def one_after_the_other(logits: Array, k: int) -> Array:
    result = logits.copy()
    for place in np.ndindex(logits.shape[:-1]):
        last = sorted(logits[place].tolist(), reverse=True)[:k][-1]
        result[place] = [x if x >= last else -np.inf for x in logits[place].tolist()]
    return result


def sorted_downwards(logits: Array, k: int) -> Array:
    bar = (-np.sort(-logits, axis=-1))[..., :k].min(axis=-1, keepdims=True)
    return np.where(logits < bar, -np.inf, logits).astype(logits.dtype)


TOP_K = Exercise(
    name="top-k",
    target="tinyllm.decoding.filters:top_k",
    imports="import numpy as np\n\nfrom tinyllm.types import Array",
    cases=cases,
    probes=probes,
    mistakes=(
        exactly_k,
        zero_for_the_refused,
        keeps_one_too_few,
        k_may_be_too_large,
        the_worst_k,
        one_bar_for_all_rows,
        returns_only_the_best,
        in_sorted_order,
        writes_into_input,
        float64_result,
        without_the_axis,
        exactly_k_from_the_end,
        kth_from_the_wrong_end,
    ),
    others=(by_rank, one_after_the_other, sorted_downwards),
)
