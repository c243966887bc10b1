"""Exercise add-k: a count for what was never seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise, Variant
from tinyllm.types import Array


def cases() -> Any:
    from tinyllm.course.draws import arrays, shapes, st  # noqa: PLC0415

    counts = arrays(shapes((1, 3), (2, 4)), st.integers(0, 4), np.int64)
    return st.tuples(counts, st.sampled_from([1.0, 0.5]))


def probes() -> list[Arguments]:
    return [
        (np.array([[3, 1], [0, 0]]), 0.5),
        (np.array([[2, 1, 0, 0], [0, 5, 1, 3], [1, 0, 0, 0]]), 1.0),
        (np.array([4, 0, 2]), 2.0),
        (np.array([[1, 2], [4, 1]]), 0.5),
        (np.array([[3, 0, 1], [1, 1, 4]]), 0.5),
    ]


def forgets_k_in_the_total(counts: Array, k: float) -> Array:
    return (counts + k) / counts.sum(axis=-1, keepdims=True)


def k_once_in_the_total(counts: Array, k: float) -> Array:
    return (counts + k) / (counts.sum(axis=-1, keepdims=True) + k)


def no_k(counts: Array, k: float) -> Array:
    return counts / counts.sum(axis=-1, keepdims=True)


def only_where_zero(counts: Array, k: float) -> Array:
    filled = np.where(counts == 0, k, counts)
    return filled / filled.sum(axis=-1, keepdims=True)


def tokens_that_were_seen(counts: Array, k: float) -> Array:
    V = (counts > 0).sum(axis=-1, keepdims=True)
    return (counts + k) / (counts.sum(axis=-1, keepdims=True) + k * V)


def one_total_for_all(counts: Array, k: float) -> Array:
    return (counts + k) / (counts.sum() + k * counts.size)


def along_the_contexts(counts: Array, k: float) -> Array:
    return (counts + k) / (counts.sum(axis=0, keepdims=True) + k * len(counts))


def always_one(counts: Array, k: float) -> Array:
    return (counts + 1) / (counts.sum(axis=-1, keepdims=True) + counts.shape[-1])


def into_the_counts(counts: Array, k: float) -> Array:
    counts += np.array(k).astype(counts.dtype)
    return counts / counts.sum(axis=-1, keepdims=True)


def one_sum_for_all(counts: Array, k: float) -> Array:
    return (counts + k) / (counts.sum() + k * counts.shape[-1])


def without_keepdims(counts: Array, k: float) -> Array:
    return (counts + k) / (counts.sum(axis=-1) + k * counts.shape[-1])


def v_for_k_v(counts: Array, k: float) -> Array:
    return (counts + k) / (counts.sum(axis=-1, keepdims=True) + counts.shape[-1])


def rows_for_v(counts: Array, k: float) -> Array:
    return (counts + k) / (counts.sum(axis=-1, keepdims=True) + k * len(counts))


def whole_numbers_only(counts: Array, k: float) -> Array:
    result = np.zeros_like(counts)
    result[...] = (counts + k) / (counts.sum(axis=-1, keepdims=True) + k * counts.shape[-1])
    return result


def add_then_divide(counts: Array, k: float) -> Array:
    more = counts + k
    return more / more.sum(axis=-1, keepdims=True)


def mixed_with_uniform(counts: Array, k: float) -> Array:
    V = counts.shape[-1]
    total = counts.sum(axis=-1, keepdims=True)
    kept = total / (total + k * V)
    return kept * counts / np.maximum(total, 1) + (1 - kept) / V


def row_by_row(counts: Array, k: float) -> Array:
    rows = counts.reshape(-1, counts.shape[-1])
    shares = [[(c + k) / (sum(row) + k * len(row)) for c in row] for row in rows.tolist()]
    return np.array(shares).reshape(counts.shape)


def capped(most: int) -> Variant:
    """Large counts count less: a word that comes in clusters does not rule its row."""

    def change(add_k: Callable[..., Array]) -> Callable[..., Array]:
        return lambda counts, k: add_k(np.minimum(counts, most), k)

    share = f"({most} + 1)/({most} + 2) = {(most + 1) / (most + 2):.3f}"
    return Variant(
        text={
            "en": f"a count above {most} counts as {most}, in the sum of its row, too. For [9, 0] "
            f"and k = 1 the first share is {share}.",
            "zh": f"大于 {most} 的次数按 {most} 计算，求一行的和时也一样。"
            f"行 [9, 0]，k = 1 时，第一个概率是 {share}。",
        },
        change=change,
    )


ADD_K = Exercise(
    name="add-k",
    target="tinyllm.models.full_rows:add_k",
    cases=cases,
    probes=probes,
    mistakes=(
        forgets_k_in_the_total,
        k_once_in_the_total,
        no_k,
        only_where_zero,
        tokens_that_were_seen,
        one_total_for_all,
        along_the_contexts,
        always_one,
        into_the_counts,
        one_sum_for_all,
        without_keepdims,
        v_for_k_v,
        rows_for_v,
        whole_numbers_only,
    ),
    others=(add_then_divide, mixed_with_uniform, row_by_row),
    variants=tuple(capped(value) for value in (1, 2, 3)),
)
