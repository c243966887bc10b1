"""Exercise: what a decoder is given, where each target is to be guessed from those before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise, Variant
from tinyllm.types import Array


def cases() -> Any:
    from tinyllm.course.draws import ids, shapes, st  # noqa: PLC0415

    targets = shapes((1, 2), (1, 4)).flatmap(lambda shape: ids(shape, 9).map(lambda i: i + 2))
    return st.tuples(targets, st.sampled_from([1, 0]))


def probes() -> list[Arguments]:
    return [
        (np.array([[7, 8, 9, 2], [5, 6, 2, 0]]), 1),
        (np.array([[4], [3], [2]]), 0),
        (np.array([[3, 4, 5]]), 1),
        (np.arange(2, 32).reshape(5, 6), 1),
    ]


def shifts_left(targets: Array, begin: int) -> Array:
    return np.concatenate([targets[:, 1:], np.full_like(targets[:, :1], begin)], axis=1)


def rolls(targets: Array, begin: int) -> Array:
    return np.roll(targets, 1, axis=1)


def keeps_the_last(targets: Array, begin: int) -> Array:
    return np.concatenate([np.full_like(targets[:, :1], begin), targets], axis=1)


def overwrites_the_first(targets: Array, begin: int) -> Array:
    inputs = targets.copy()
    inputs[:, 0] = begin
    return inputs


def drops_the_last(targets: Array, begin: int) -> Array:
    return targets[:, :-1]


def along_the_batch(targets: Array, begin: int) -> Array:
    return np.concatenate([np.full_like(targets[:1], begin), targets[:-1]], axis=0)


def always_zero(targets: Array, begin: int) -> Array:
    return np.concatenate([np.zeros_like(targets[:, :1]), targets[:, :-1]], axis=1)


def fractions(targets: Array, begin: int) -> Array:
    inputs = np.full(targets.shape, float(begin))
    inputs[:, 1:] = targets[:, :-1]
    return inputs


def moves_in_place(targets: Array, begin: int) -> Array:
    targets[:, 1:] = targets[:, :-1].copy()
    targets[:, 0] = begin
    return targets


def into_an_empty_array(targets: Array, begin: int) -> Array:
    inputs = np.empty_like(targets)
    inputs[:, 0] = begin
    inputs[:, 1:] = targets[:, :-1]
    return inputs


def roll_and_write(targets: Array, begin: int) -> Array:
    inputs = np.roll(targets, 1, axis=-1)
    inputs[:, 0] = begin
    return inputs


def as_lists(targets: Array, begin: int) -> Array:
    return np.array([[begin, *row[:-1]] for row in targets.tolist()], targets.dtype)


def by_places(count: int) -> Variant:
    """A decoder that guesses so many tokens ahead."""

    def change(shift_right: Callable[..., Array]) -> Callable[..., Array]:
        def shifted(targets: Array, begin: int) -> Array:
            for _ in range(count):
                targets = shift_right(targets, begin)
            return targets

        return shifted

    row = [1] * count + [5, 6, 7, 8, 9][: 5 - count]
    return Variant(
        text={
            "en": f"shift by {count} places: the first {count} inputs are begin. With begin = 1, "
            f"[5, 6, 7, 8, 9] becomes {row}. A text that is shorter becomes begin alone.",
            "zh": f"移动 {count} 个位置：前 {count} 个输入都是 begin。begin = 1 时，"
            f"[5, 6, 7, 8, 9] 变成 {row}。更短的文本全部变成 begin。",
        },
        change=change,
    )


SHIFT_RIGHT = Exercise(
    name="shift-right",
    target="tinyllm.models.encoder_decoder:shift_right",
    cases=cases,
    probes=probes,
    mistakes=(
        shifts_left,
        rolls,
        keeps_the_last,
        overwrites_the_first,
        drops_the_last,
        along_the_batch,
        always_zero,
        fractions,
        moves_in_place,
    ),
    others=(into_an_empty_array, roll_and_write, as_lists),
    variants=tuple(by_places(count) for count in (2, 3, 4)),
)
