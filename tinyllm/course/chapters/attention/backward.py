"""attention-backward: the gradients of queries, keys and values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinyllm.course.chapters.attention.inputs import drawn_heads, halves, heads_of
from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.kernels import softmax
from tinyllm.kernels.attention import scores_numpy
from tinyllm.types import Array

Gradients = tuple[Array, Array, Array]


def backward_cases() -> Any:
    return drawn_heads(heads=1, width=2)


def backward_probes() -> list[Arguments]:
    some = np.array([[True, False, True], [False, True, True]])
    return [
        (*heads_of(10, B=1, H=2, T=3, S=3, D=2), None, True, halves(13, 1, 2, 3, 2)),
        (*heads_of(14, B=2, H=1, T=2, S=3, D=4), some, False, halves(17, 2, 1, 2, 4)),
        (*heads_of(18, B=1, H=1, T=3, S=3, D=3), None, False, halves(21, 1, 1, 3, 3)),
    ]


def finished(q: Array, k: Array, dscores: Array, dv: Array) -> Gradients:
    """Go on from the gradient of the scores, which are products over sqrt(D)."""
    dscores = dscores * (1 / math.sqrt(q.shape[-1]))
    return dscores @ k, dscores.swapaxes(-1, -2) @ q, dv


def forgets_to_scale(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, grad: Array
) -> tuple[Array, Array, Array]:
    weights = softmax.forward_numpy(scores_numpy(q, k, mask, causal))
    dscores = softmax.backward_numpy(weights, grad @ v.swapaxes(-1, -2))
    return dscores @ k, dscores.swapaxes(-1, -2) @ q, weights.swapaxes(-1, -2) @ grad


def passes_softmax_by(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, grad: Array
) -> tuple[Array, Array, Array]:
    weights = softmax.forward_numpy(scores_numpy(q, k, mask, causal))
    return finished(q, k, grad @ v.swapaxes(-1, -2), weights.swapaxes(-1, -2) @ grad)


def only_the_first_term(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, grad: Array
) -> tuple[Array, Array, Array]:
    weights = softmax.forward_numpy(scores_numpy(q, k, mask, causal))
    dscores = weights * (grad @ v.swapaxes(-1, -2))
    return finished(q, k, dscores, weights.swapaxes(-1, -2) @ grad)


def sums_over_queries(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, grad: Array
) -> tuple[Array, Array, Array]:
    weights = softmax.forward_numpy(scores_numpy(q, k, mask, causal))
    dweights = grad @ v.swapaxes(-1, -2)
    dscores = weights * (dweights - (dweights * weights).sum(axis=-2, keepdims=True))
    return finished(q, k, dscores, weights.swapaxes(-1, -2) @ grad)


def weights_not_transposed(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, grad: Array
) -> tuple[Array, Array, Array]:
    weights = softmax.forward_numpy(scores_numpy(q, k, mask, causal))
    dscores = softmax.backward_numpy(weights, grad @ v.swapaxes(-1, -2))
    return finished(q, k, dscores, weights @ grad)


def scores_not_transposed(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, grad: Array
) -> tuple[Array, Array, Array]:
    weights = softmax.forward_numpy(scores_numpy(q, k, mask, causal))
    dscores = softmax.backward_numpy(weights, grad @ v.swapaxes(-1, -2))
    dscores = dscores * (1 / math.sqrt(q.shape[-1]))
    return dscores @ k, dscores @ q, weights.swapaxes(-1, -2) @ grad


def queries_and_keys_exchanged(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, grad: Array
) -> tuple[Array, Array, Array]:
    weights = softmax.forward_numpy(scores_numpy(q, k, mask, causal))
    dscores = softmax.backward_numpy(weights, grad @ v.swapaxes(-1, -2))
    dq, dk, dv = finished(q, k, dscores, weights.swapaxes(-1, -2) @ grad)
    return dk, dq, dv


def forgets_who_may_look(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, grad: Array
) -> tuple[Array, Array, Array]:
    weights = softmax.forward_numpy(scores_numpy(q, k, None, False))
    dscores = softmax.backward_numpy(weights, grad @ v.swapaxes(-1, -2))
    return finished(q, k, dscores, weights.swapaxes(-1, -2) @ grad)


def forgets_the_mask(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, grad: Array
) -> tuple[Array, Array, Array]:
    weights = softmax.forward_numpy(scores_numpy(q, k, None, causal))
    dscores = softmax.backward_numpy(weights, grad @ v.swapaxes(-1, -2))
    return finished(q, k, dscores, weights.swapaxes(-1, -2) @ grad)


def always_looks_ahead(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, grad: Array
) -> tuple[Array, Array, Array]:
    weights = softmax.forward_numpy(scores_numpy(q, k, mask, False))
    dscores = softmax.backward_numpy(weights, grad @ v.swapaxes(-1, -2))
    return finished(q, k, dscores, weights.swapaxes(-1, -2) @ grad)


def keys_for_values(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, grad: Array
) -> tuple[Array, Array, Array]:
    weights = softmax.forward_numpy(scores_numpy(q, k, mask, causal))
    dscores = softmax.backward_numpy(weights, grad @ k.swapaxes(-1, -2))
    return finished(q, k, dscores, weights.swapaxes(-1, -2) @ grad)


def float64_result(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, grad: Array
) -> tuple[Array, Array, Array]:
    weights = softmax.forward_numpy(scores_numpy(q, k, mask, causal))
    dscores = softmax.backward_numpy(weights, grad @ v.swapaxes(-1, -2))
    dscores = dscores / math.sqrt(q.shape[-1])
    dq, dk, dv = np.zeros(q.shape), np.zeros(k.shape), np.zeros(v.shape)
    for b, h, t in np.ndindex(q.shape[:3]):
        dq[b, h, t] = dscores[b, h, t] @ k[b, h]
        dk[b, h] += np.outer(dscores[b, h, t], q[b, h, t])
        dv[b, h] += np.outer(weights[b, h, t], grad[b, h, t])
    return dq, dk, dv


def with_the_softmax_of_the_library(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, grad: Array
) -> tuple[Array, Array, Array]:
    weights = softmax.forward_numpy(scores_numpy(q, k, mask, causal))
    dscores = softmax.backward_numpy(weights, grad @ v.swapaxes(-1, -2))
    return finished(q, k, dscores, weights.swapaxes(-1, -2) @ grad)


def query_by_query(
    q: Array, k: Array, v: Array, mask: Array | None, causal: bool, grad: Array
) -> tuple[Array, Array, Array]:
    weights = softmax.forward_numpy(scores_numpy(q, k, mask, causal))
    dq, dk, dv = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    for b, h, t in np.ndindex(q.shape[:3]):
        w, g = weights[b, h, t], grad[b, h, t]
        dw = v[b, h] @ g
        ds = w * (dw - dw @ w) / math.sqrt(q.shape[-1])
        dq[b, h, t] = ds @ k[b, h]
        dk[b, h] += np.outer(ds, q[b, h, t])
        dv[b, h] += np.outer(w, g)
    return dq, dk, dv


BACKWARD = Exercise(
    name="attention-backward",
    target="tinyllm.kernels.attention:backward_numpy",
    hidden=("tinyllm.kernels.attention:backward_numba",),
    imports=(
        "import math\n\nimport numpy as np\n\n"
        "from tinyllm.kernels import softmax\n"
        "from tinyllm.kernels.attention import scores_numpy"
    ),
    cases=backward_cases,
    probes=backward_probes,
    mistakes=(
        forgets_to_scale,
        passes_softmax_by,
        only_the_first_term,
        sums_over_queries,
        weights_not_transposed,
        scores_not_transposed,
        queries_and_keys_exchanged,
        forgets_who_may_look,
        forgets_the_mask,
        always_looks_ahead,
        keys_for_values,
        float64_result,
    ),
    others=(with_the_softmax_of_the_library, query_by_query),
)
