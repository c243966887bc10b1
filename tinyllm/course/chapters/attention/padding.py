"""padding-mask and padding-keys: tokens that mean nothing are not looked at."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array


# -------------------------------------------------------------------- padding-mask
def padding_cases() -> Any:
    from tinyllm.course.draws import arrays, ids, shapes, st  # noqa: PLC0415

    def with_mask(shape: tuple[int, ...]) -> Any:
        given = st.none() | arrays(shape, st.booleans(), bool)
        return st.tuples(ids(shape, 4), given, st.none() | st.integers(0, 3))

    return shapes((1, 2), (1, 4)).flatmap(with_mask)


def padding_probes() -> list[Arguments]:
    ids = np.array([[7, 8, 9], [5, 0, 0]])
    gaps = np.array([[3, 0, 3, 2]])
    return [
        (ids, None, 0),
        (ids, None, None),
        (ids, np.array([[True, True, False], [True, False, False]]), None),
        (ids, np.array([[False, True, True], [True, True, False]]), 0),
        (gaps, None, 3),
        (gaps, None, 0),
    ]


def padding_is_true(ids: Any, mask: Any, padding: int | None) -> Array | None:
    if mask is None:
        return None if padding is None else np.asarray(ids) == padding
    return np.asarray(mask)


def ignores_the_given_mask(ids: Any, mask: Any, padding: int | None) -> Array | None:
    return None if padding is None else np.asarray(ids) != padding


def both_at_once(ids: Any, mask: Any, padding: int | None) -> Array | None:
    found = None if padding is None else np.asarray(ids) != padding
    if mask is None or found is None:
        return found if mask is None else np.asarray(mask)
    return np.asarray(mask) & found


def padding_is_always_zero(ids: Any, mask: Any, padding: int | None) -> Array | None:
    if mask is None:
        return None if padding is None else np.asarray(ids) != 0
    return np.asarray(mask)


def zero_is_no_padding(ids: Any, mask: Any, padding: int | None) -> Array | None:
    if mask is None:
        return np.asarray(ids) != padding if padding else None
    return np.asarray(mask)


def compares_with_none(ids: Any, mask: Any, padding: int | None) -> Array | None:
    return np.asarray(ids) != padding if mask is None else np.asarray(mask)


def ends_at_the_first(ids: Any, mask: Any, padding: int | None) -> Array | None:
    if mask is None:
        found = None if padding is None else np.asarray(ids) != padding
        return None if found is None else np.logical_and.accumulate(found, axis=-1)
    return np.asarray(mask)


def numbers_for_truth(ids: Any, mask: Any, padding: int | None) -> Array | None:
    if mask is None:
        return None if padding is None else (np.asarray(ids) != padding).astype(FLOAT)
    return np.asarray(mask).astype(FLOAT)


def by_loops(ids: Any, mask: Any, padding: int | None) -> Array | None:
    if mask is not None:
        return mask
    if padding is None:
        return None
    return np.array([[int(i) != padding for i in row] for row in ids])


def by_negation(ids: Any, mask: Any, padding: int | None) -> Array | None:
    if mask is None and padding is not None:
        mask = ~np.equal(ids, padding)
    return mask


PADDING = Exercise(
    name="padding-mask",
    target="tinyllm.models.transformer:tokens_among",
    cases=padding_cases,
    probes=padding_probes,
    mistakes=(
        padding_is_true,
        ignores_the_given_mask,
        both_at_once,
        padding_is_always_zero,
        zero_is_no_padding,
        compares_with_none,
        ends_at_the_first,
        numbers_for_truth,
    ),
    others=(by_loops, by_negation),
)


# -------------------------------------------------------------------- padding-keys
def keys_cases() -> Any:
    from tinyllm.course.draws import arrays, shapes, st  # noqa: PLC0415

    return st.tuples(arrays(shapes((1, 3), (1, 3)), st.booleans(), bool) | st.none())


def keys_probes() -> list[Arguments]:
    return [
        (np.array([[True, True, False], [True, False, False]]),),
        (np.array([[True, False], [True, True]]),),
        (np.array([[True, False]]),),
        (None,),
    ]


def hides_queries(mask: Array | None) -> Array | None:
    return None if mask is None else mask[:, None, :, None]


def no_axis_for_heads(mask: Array | None) -> Array | None:
    return None if mask is None else mask[:, None, :]


def axes_in_front(mask: Array | None) -> Array | None:
    return None if mask is None else mask[None, None]


def axes_at_the_end(mask: Array | None) -> Array | None:
    return None if mask is None else mask[:, :, None, None]


def keys_and_queries(mask: Array | None) -> Array | None:
    return None if mask is None else mask[:, None, None, :] & mask[:, None, :, None]


def turned_round(mask: Array | None) -> Array | None:
    return None if mask is None else ~mask[:, None, None, :]


def always_a_mask(mask: Array) -> Array:
    return mask[:, None, None, :]


def by_reshaping(mask: Array | None) -> Array | None:
    return mask if mask is None else mask.reshape(len(mask), 1, 1, -1)


def by_expanding(mask: Array | None) -> Array | None:
    return None if mask is None else np.expand_dims(mask, (1, 2))


KEYS = Exercise(
    name="padding-keys",
    target="tinyllm.models.transformer:as_keys",
    cases=keys_cases,
    probes=keys_probes,
    mistakes=(
        hides_queries,
        no_axis_for_heads,
        axes_in_front,
        axes_at_the_end,
        keys_and_queries,
        turned_round,
        always_a_mask,
    ),
    others=(by_reshaping, by_expanding),
)
