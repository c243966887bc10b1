"""The exercise repetition-penalty: what was seen gets less likely, whatever its sign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise, Variant
from tinyllm.types import FLOAT, Array


def cases() -> Any:
    from tinyllm.course.draws import arrays, ids, shapes, st  # noqa: PLC0415

    def with_ids(size: tuple[int, int, int]) -> Any:
        B, V, T = size
        penalty = st.sampled_from([2.0, 4.0, 0.5, 1.0])
        return st.tuples(arrays((B, V)), ids((B, T), V), penalty)

    return shapes((1, 2), (1, 4), (0, 3)).flatmap(with_ids)


def probes() -> list[Arguments]:
    return [
        (
            np.array([[3.0, -1.0, 0.5, 1.5], [2.0, 1.0, -3.0, 4.0]], FLOAT),
            np.array([[0, 1, 1], [3, 3, 2]]),
            2.0,
        ),
        (np.array([[4.0, -4.0, 1.0]], FLOAT), np.array([[0, 0, 0, 1]]), 0.5),
        (np.array([[2.0, 3.0, -1.0, 0.5]], FLOAT), np.array([[2, 0, 1, 3, 1]]), 2.0),
        (np.array([[1.0, 2.0]], FLOAT), np.zeros((1, 0), np.int64), 2.0),
        (np.array([1.0, -2.0], FLOAT), np.array([1]), 4.0),
    ]


def seen_in(logits: Array, seen: Array) -> Array:
    mask = np.zeros(logits.shape, bool)
    np.put_along_axis(mask, seen, True, axis=-1)
    return mask


def milder(logits: Array, penalty: float) -> Array:
    return np.where(logits > 0, logits / penalty, logits * penalty)


def divides_all(logits: Array, seen: Array, penalty: float) -> Array:
    return np.where(seen_in(logits, seen), logits / penalty, logits)


def multiplies_all(logits: Array, seen: Array, penalty: float) -> Array:
    return np.where(seen_in(logits, seen), logits * penalty, logits)


def signs_turned(logits: Array, seen: Array, penalty: float) -> Array:
    changed = np.where(logits > 0, logits * penalty, logits / penalty)
    return np.where(seen_in(logits, seen), changed, logits)


def takes_away(logits: Array, seen: Array, penalty: float) -> Array:
    return np.where(seen_in(logits, seen), logits - penalty, logits)


def once_for_each_time(logits: Array, seen: Array, penalty: float) -> Array:
    tokens = np.arange(logits.shape[-1])
    times = (seen[..., None] == tokens).sum(axis=-2)
    return milder(logits, penalty**times).astype(logits.dtype)


def seen_by_any_row(logits: Array, seen: Array, penalty: float) -> Array:
    mask = np.isin(np.arange(logits.shape[-1]), seen)
    return np.where(mask, milder(logits, penalty), logits)


def what_was_not_seen(logits: Array, seen: Array, penalty: float) -> Array:
    return np.where(seen_in(logits, seen), logits, milder(logits, penalty))


def all_tokens(logits: Array, seen: Array, penalty: float) -> Array:
    return milder(logits, penalty)


def the_last_token_only(logits: Array, seen: Array, penalty: float) -> Array:
    return np.where(seen_in(logits, seen[..., -1:]), milder(logits, penalty), logits)


def writes_into_input(logits: Array, seen: Array, penalty: float) -> Array:
    mask = seen_in(logits, seen)
    logits[mask] = milder(logits, penalty)[mask]
    return logits


def gathered_and_put_back(logits: Array, seen: Array, penalty: float) -> Array:
    result = logits.copy()
    picked = np.take_along_axis(logits, seen, axis=-1)
    np.put_along_axis(result, seen, milder(picked, penalty).astype(logits.dtype), axis=-1)
    return result


def with_sets(logits: Array, seen: Array, penalty: float) -> Array:
    result = logits.copy()
    for row in np.ndindex(logits.shape[:-1]):
        for token in set(seen[row].tolist()):
            score = float(logits[(*row, token)])
            result[(*row, token)] = score / penalty if score > 0 else score * penalty
    return result


def of_the_last(count: int) -> Variant:
    """Only what was said lately gets less likely."""

    def change(repetition_penalty: Callable[..., Array]) -> Callable[..., Array]:
        return lambda logits, seen, penalty: repetition_penalty(logits, seen[..., -count:], penalty)

    row = [2] * (5 - count) + [1] * count
    return Variant(
        text={
            "en": f"only the last {count} of the tokens in seen count. For the scores "
            f"[2, 2, 2, 2, 2], seen = [0, 1, 2, 3, 4] and the penalty 2, the result is {row}.",
            "zh": f"只有 seen 的最后 {count} 个词元算数。分数为 [2, 2, 2, 2, 2]，"
            f"seen 为 [0, 1, 2, 3, 4]，惩罚系数为 2 时，结果是 {row}。",
        },
        change=change,
    )


REPETITION_PENALTY = Exercise(
    name="repetition-penalty",
    target="tinyllm.decoding.filters:repetition_penalty",
    imports="import numpy as np\n\nfrom tinyllm.types import Array",
    cases=cases,
    probes=probes,
    mistakes=(
        divides_all,
        multiplies_all,
        signs_turned,
        takes_away,
        once_for_each_time,
        seen_by_any_row,
        what_was_not_seen,
        all_tokens,
        the_last_token_only,
        writes_into_input,
    ),
    others=(gathered_and_put_back, with_sets),
    variants=tuple(of_the_last(count) for count in (2, 3, 4)),
)
