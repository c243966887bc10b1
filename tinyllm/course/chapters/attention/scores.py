"""attention-scores: how well queries and keys match."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.chapters.attention.inputs import drawn_heads, heads_of
from tinyllm.course.exercise import Arguments, Exercise, Variant
from tinyllm.types import Array


def scores_cases() -> Any:
    return drawn_heads(heads=2, width=4).map(lambda drawn: drawn[:2])


def scores_probes() -> list[Arguments]:
    return [
        heads_of(1, B=1, H=2, T=2, S=3, D=4)[:2],
        heads_of(2, B=2, H=2, T=3, S=3, D=3)[:2],
        heads_of(3, B=1, H=1, T=2, S=2, D=2)[:2],
        heads_of(4, B=2, H=2, T=2, S=2, D=2)[:2],  # here any axes may change places
    ]


def forgets_to_scale(q: Array, k: Array) -> Array:
    return q @ k.swapaxes(-1, -2)


def divides_by_the_width(q: Array, k: Array) -> Array:
    return q @ k.swapaxes(-1, -2) / q.shape[-1]


def multiplies_by_the_root(q: Array, k: Array) -> Array:
    return q @ k.swapaxes(-1, -2) * math.sqrt(q.shape[-1])


def scales_by_the_number_of_keys(q: Array, k: Array) -> Array:
    return q @ k.swapaxes(-1, -2) / math.sqrt(k.shape[-2])


def scales_both(q: Array, k: Array) -> Array:
    root = math.sqrt(q.shape[-1])
    return (q / root) @ (k / root).swapaxes(-1, -2) / root


def keys_in_rows(q: Array, k: Array) -> Array:
    return k @ q.swapaxes(-1, -2) / math.sqrt(q.shape[-1])


def transposes_all_axes(q: Array, k: Array) -> Array:
    return q @ k.T / math.sqrt(q.shape[-1])


def swaps_heads_and_positions(q: Array, k: Array) -> Array:
    return q @ k.swapaxes(1, 2) / math.sqrt(q.shape[-1])


def root_of_numpy(q: Array, k: Array) -> Array:
    return q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])


def with_einsum(q: Array, k: Array) -> Array:
    return np.einsum("bhtd,bhsd->bhts", q, k) / math.sqrt(q.shape[-1])


def query_by_query(q: Array, k: Array) -> Array:
    B, H, T, D = q.shape
    scores = np.zeros((B, H, T, k.shape[2]), q.dtype)
    for b, h, t, s in np.ndindex(scores.shape):
        scores[b, h, t, s] = sum(q[b, h, t, d] * k[b, h, s, d] for d in range(D)) / D**0.5
    return scores


def queries_scaled_first(q: Array, k: Array) -> Array:
    return (q * q.shape[-1] ** -0.5) @ np.moveaxis(k, -1, -2)


def with_temperature(value: float) -> Variant:
    """Scores that are divided by a temperature, too."""

    def change(scaled_scores: Callable[..., Array]) -> Callable[..., Array]:
        return lambda q, k: scaled_scores(q, k) / value

    return Variant(
        text={
            "en": f"divide by {value:g} · sqrt(D), not by sqrt(D). For D = 4 a product of 6 "
            f"becomes the score {3 / value:g}.",
            "zh": f"除以 {value:g} · sqrt(D)，而不是 sqrt(D)。"
            f"D = 4 时，点积 6 变成分数 {3 / value:g}。",
        },
        change=change,
    )


SCORES = Exercise(
    name="attention-scores",
    target="tinyllm.kernels.attention:scaled_scores",
    imports="import math\n\nimport numpy as np",
    cases=scores_cases,
    probes=scores_probes,
    mistakes=(
        forgets_to_scale,
        divides_by_the_width,
        multiplies_by_the_root,
        scales_by_the_number_of_keys,
        scales_both,
        keys_in_rows,
        transposes_all_axes,
        swaps_heads_and_positions,
        root_of_numpy,
    ),
    others=(with_einsum, query_by_query, queries_scaled_first),
    variants=tuple(with_temperature(value) for value in (0.5, 2.0, 4.0)),
)
