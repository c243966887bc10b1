"""The exercise top-p: the smallest set of tokens whose probabilities together reach p."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array

MARGIN = 1e-3  # so far from p is each sum: float32 and float64 then come to the same set


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    scores = nice() | st.sampled_from([100.0, -100.0])
    logits = arrays(shapes((1, 2), (1, 4)), scores)
    return st.tuples(logits, st.sampled_from([0.5, 0.9, 0.7, 0.3, 1.0])).filter(is_clear)


def is_clear(case: Arguments) -> bool:
    """Whether no sum comes so near to p that rounding decides; halves and quarters are exact."""
    logits, p = case
    share = shares(logits.astype(np.float64))
    reached = np.cumsum(-np.sort(-share, axis=-1), axis=-1)
    exact = (share * 4 % 1 == 0).all(axis=-1, keepdims=True)
    return p == 1 or bool((exact | (abs(reached - p) > MARGIN)).all())


def probes() -> list[Arguments]:
    return [
        (np.array([[0.0, 2.0, 1.0, 0.5], [3.0, -1.0, -2.0, 1.0]], FLOAT), 0.7),
        (np.array([[1.0, 1.0, 1.0, 1.0]], FLOAT), 0.5),
        (np.array([[2.0, 0.0, 2.0, -1.0]], FLOAT), 0.3),
        (np.array([[0.0, -100.0, 1.0]], FLOAT), 1.0),
        (np.array([[100.0, 99.0]], FLOAT), 0.9),
        (np.array([-2.0, 4.0, -1.0], FLOAT), 0.3),
        (np.array([[0.5, 0.0, 2.0, 1.0], [1.0, 0.0, 0.5, 2.0]], FLOAT), 0.8),
        (np.array([[-1.0, 0.5, -0.5, 0.0, 1.5]], FLOAT), 0.6),
    ]


def shares(logits: Array) -> Array:
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def back_in_place(kept: Array, order: Array, logits: Array) -> Array:
    """Undo a sort: what is kept keeps its score, at its own place."""
    mask = np.zeros(logits.shape, bool)
    np.put_along_axis(mask, order, kept, axis=-1)
    return np.where(mask, logits, -np.inf)


def best_first(logits: Array) -> tuple[Array, Array]:
    """Return the order, and the shares in it."""
    order = np.argsort(-logits, axis=-1, kind="stable")
    return order, np.take_along_axis(shares(logits.astype(np.float64)), order, axis=-1)


def own_probability_reaches_p(logits: Array, p: float) -> Array:
    return logits if p == 1 else np.where(shares(logits) >= p, logits, -np.inf)


def drops_the_one_that_crosses(logits: Array, p: float) -> Array:
    order, share = best_first(logits)
    return logits if p == 1 else back_in_place(np.cumsum(share, axis=-1) <= p, order, logits)


def stops_before_p(logits: Array, p: float) -> Array:
    order, share = best_first(logits)
    return logits if p == 1 else back_in_place(np.cumsum(share, axis=-1) < p, order, logits)


def one_too_many_at_the_line(logits: Array, p: float) -> Array:
    order, share = best_first(logits)
    before = np.cumsum(share, axis=-1) - share
    return logits if p == 1 else back_in_place(before <= p, order, logits)


def in_sorted_order(logits: Array, p: float) -> Array:
    order, share = best_first(logits)
    before = np.cumsum(share, axis=-1) - share
    rows = np.take_along_axis(logits, order, axis=-1)
    return logits if p == 1 else np.where(before < p, rows, -np.inf)


def mask_in_sorted_order(logits: Array, p: float) -> Array:
    _, share = best_first(logits)
    return logits if p == 1 else np.where(np.cumsum(share, axis=-1) - share < p, logits, -np.inf)


def taken_not_put(logits: Array, p: float) -> Array:
    order, share = best_first(logits)
    kept = np.take_along_axis(np.cumsum(share, axis=-1) - share < p, order, axis=-1)
    return logits if p == 1 else np.where(kept, logits, -np.inf)


def in_the_order_of_ids(logits: Array, p: float) -> Array:
    share = shares(logits.astype(np.float64))
    return logits if p == 1 else np.where(np.cumsum(share, axis=-1) - share < p, logits, -np.inf)


def from_the_worst(logits: Array, p: float) -> Array:
    order, share = best_first(logits)
    order, share = order[..., ::-1], share[..., ::-1]
    before = np.cumsum(share, axis=-1) - share
    return logits if p == 1 else back_in_place(before < p, order, logits)


def last_of_equals(logits: Array, p: float) -> Array:
    order = np.argsort(logits, axis=-1, kind="stable")[..., ::-1]
    share = np.take_along_axis(shares(logits.astype(np.float64)), order, axis=-1)
    before = np.cumsum(share, axis=-1) - share
    return logits if p == 1 else back_in_place(before < p, order, logits)


def loses_the_tail_at_one(logits: Array, p: float) -> Array:
    order, share = best_first(logits)
    return back_in_place(np.cumsum(share, axis=-1) - share < p, order, logits)


def no_maximum(logits: Array, p: float) -> Array:
    order = np.argsort(-logits, axis=-1, kind="stable")
    weights = np.exp(np.take_along_axis(logits, order, axis=-1))
    share = weights / weights.sum(axis=-1, keepdims=True)
    before = np.cumsum(share, axis=-1) - share
    return logits if p == 1 else back_in_place(before < p, order, logits)


def zero_for_the_refused(logits: Array, p: float) -> Array:
    order, share = best_first(logits)
    kept = back_in_place(np.cumsum(share, axis=-1) - share < p, order, logits)
    return logits if p == 1 else np.where(np.isinf(kept), 0.0, kept)


def float64_result(logits: Array, p: float) -> Array:
    order, share = best_first(logits)
    kept = back_in_place(np.cumsum(share, axis=-1) - share < p, order, logits)
    return (logits if p == 1 else kept).astype(np.float64)


def token_by_token(logits: Array, p: float) -> Array:
    if p == 1:
        return logits.copy()
    result = np.full_like(logits, -np.inf)
    for place in np.ndindex(logits.shape[:-1]):
        share, reached = shares(logits[place]), 0.0
        for token in sorted(range(len(share)), key=lambda t: (-logits[place][t], t)):
            result[(*place, token)] = logits[(*place, token)]
            reached += float(share[token])
            if reached >= p - 1e-6:
                break
    return result


def counted_with_searchsorted(logits: Array, p: float) -> Array:
    rows, result = logits.reshape(-1, logits.shape[-1]), []
    for row in rows:
        order = np.argsort(-row, kind="stable")
        reached = np.cumsum(shares(row)[order])
        count = row.size if p == 1 else int(np.searchsorted(reached, p - 1e-6)) + 1
        result.append([x if i in order[:count] else -np.inf for i, x in enumerate(row)])
    return np.array(result, logits.dtype).reshape(logits.shape)


TOP_P = Exercise(
    name="top-p",
    target="tinyllm.decoding.filters:top_p",
    imports="import numpy as np\n\nfrom tinyllm.types import Array",
    cases=cases,
    probes=probes,
    mistakes=(
        own_probability_reaches_p,
        drops_the_one_that_crosses,
        stops_before_p,
        one_too_many_at_the_line,
        in_sorted_order,
        in_the_order_of_ids,
        from_the_worst,
        last_of_equals,
        loses_the_tail_at_one,
        no_maximum,
        zero_for_the_refused,
        float64_result,
        mask_in_sorted_order,
        taken_not_put,
    ),
    others=(token_by_token, counted_with_searchsorted),
    points=2,
)
