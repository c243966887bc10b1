"""attention: each query takes a mean of the values, weighted by its scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.chapters.attention.inputs import drawn_heads, heads_of
from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.kernels import softmax
from tinyllm.kernels.attention import causal_mask, scores_numpy
from tinyllm.types import Array


def attention_cases() -> Any:
    return drawn_heads(heads=1, width=2).map(lambda drawn: drawn[:5])


def attention_probes() -> list[Arguments]:
    some = np.array([[True, False, True], [False, True, True]])
    none = np.array([[True, False, True], [False, False, False]])
    return [
        (*heads_of(4, B=1, H=2, T=3, S=3, D=2), None, True),
        (*heads_of(5, B=1, H=2, T=2, S=3, D=4), some, False),
        (*heads_of(6, B=2, H=1, T=2, S=3, D=3), none, False),
        (*heads_of(7, B=1, H=1, T=3, S=3, D=3), None, False),
        (*heads_of(8, B=1, H=1, T=1, S=4, D=2), None, False),
    ]


def softmax_over_queries(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> Array:
    scores = scores_numpy(q, k, mask, causal).swapaxes(-1, -2)
    return softmax.forward_numpy(scores).swapaxes(-1, -2) @ v


def forgets_softmax(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> Array:
    return scores_numpy(q, k, mask, causal) @ v


def forgets_the_mask(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> Array:
    return softmax.forward_numpy(scores_numpy(q, k, None, causal)) @ v


def always_looks_ahead(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> Array:
    return softmax.forward_numpy(scores_numpy(q, k, mask, False)) @ v


def never_looks_ahead(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> Array:
    return softmax.forward_numpy(scores_numpy(q, k, mask, True)) @ v


def masks_the_weights(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> Array:
    weights = softmax.forward_numpy(scores_numpy(q, k, None, False))
    if causal:
        weights = weights * causal_mask(q.shape[2], k.shape[2])
    return (weights if mask is None else weights * mask) @ v


def mixes_the_keys(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> Array:
    return softmax.forward_numpy(scores_numpy(q, k, mask, causal)) @ k


def not_a_number(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> Array:
    scores = scores_numpy(q, k, mask, causal)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True) @ v


def scales_again(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> Array:
    scores = scores_numpy(q, k, mask, causal) / q.shape[-1] ** 0.5
    return softmax.forward_numpy(scores) @ v


def float64_result(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> Array:
    weights = softmax.forward_numpy(scores_numpy(q, k, mask, causal))
    mixed = np.zeros(q.shape)
    for b, h, t in np.ndindex(q.shape[:3]):
        mixed[b, h, t] = weights[b, h, t] @ v[b, h]
    return mixed


def one_query_at_a_time(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> Array:
    scores = scores_numpy(q, k, mask, causal)
    mixed = np.zeros_like(q)
    for b, h, t in np.ndindex(q.shape[:3]):
        seen = scores[b, h, t] > -np.inf
        if seen.any():
            e = np.exp(scores[b, h, t, seen] - scores[b, h, t, seen].max())
            mixed[b, h, t] = (e[:, None] * v[b, h, seen]).sum(axis=0) / e.sum()
    return mixed


def divides_at_the_end(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> Array:
    scores = scores_numpy(q, k, mask, causal)
    top = scores.max(axis=-1, keepdims=True)
    e = np.exp(scores - np.where(np.isfinite(top), top, 0))
    return e @ v / np.maximum(e.sum(axis=-1, keepdims=True), 1e-30)


def with_einsum(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> Array:
    weights = softmax.forward_numpy(scores_numpy(q, k, mask, causal))
    return np.einsum("bhts,bhsd->bhtd", weights, v)


ATTENTION = Exercise(
    name="attention",
    target="tinyllm.kernels.attention:forward_numpy",
    hidden=("tinyllm.kernels.attention:forward_numba",),
    imports=(
        "import numpy as np\n\n"
        "from tinyllm.kernels import softmax\n"
        "from tinyllm.kernels.attention import scores_numpy"
    ),
    cases=attention_cases,
    probes=attention_probes,
    mistakes=(
        softmax_over_queries,
        forgets_softmax,
        forgets_the_mask,
        always_looks_ahead,
        never_looks_ahead,
        masks_the_weights,
        mixes_the_keys,
        not_a_number,
        scales_again,
        float64_result,
    ),
    others=(one_query_at_a_time, divides_at_the_end, with_einsum),
)
