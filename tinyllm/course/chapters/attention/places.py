"""rotary and sinusoidal: how attention learns where a token stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.chapters.attention.inputs import halves
from tinyllm.course.chapters.parts import part, some
from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array


# -------------------------------------------------------------------- rotary
def rotary_cases() -> Any:
    from tinyllm.course.draws import arrays, nice, st  # noqa: PLC0415

    def chosen(drawn: tuple[Any, ...]) -> Arguments:
        h, t, pairs, x, angles = drawn
        x = part(x, h, t, [0, 1], pairs)  # (1, H, T, 2, pairs)
        return x.reshape(*x.shape[:3], -1), part(angles, t, pairs)

    both = arrays((1, 2, 3, 2, 3), nice(2)), arrays((3, 3), nice(2), np.dtype(np.float64))
    return st.tuples(some(2), some(3), some(3), *both).map(chosen)


def rotary_probes() -> list[Arguments]:
    return [
        (halves(40, 1, 2, 3, 4), halves(41, 3, 2).astype(np.float64)),
        (np.array([[[[1.0, 0.0], [1.0, 0.0]]]], FLOAT), np.array([[0.0], [0.5]])),
        (halves(42, 2, 1, 2, 6), np.arange(2)[:, None] * np.array([1.0, 0.1, 0.01])),
    ]


def neighbours_make_a_pair(x: Array, angles: Array) -> Array:
    cos, sin = np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)
    y = np.empty_like(x)
    y[..., 0::2] = x[..., 0::2] * cos - x[..., 1::2] * sin
    y[..., 1::2] = x[..., 0::2] * sin + x[..., 1::2] * cos
    return y


def turns_the_other_way(x: Array, angles: Array) -> Array:
    cos, sin = np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)
    first, second = np.split(x, 2, axis=-1)
    return np.concatenate([first * cos + second * sin, second * cos - first * sin], axis=-1)


def forgets_the_minus(x: Array, angles: Array) -> Array:
    cos, sin = np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)
    first, second = np.split(x, 2, axis=-1)
    return np.concatenate([first * cos + second * sin, first * sin + second * cos], axis=-1)


def cosine_for_sine(x: Array, angles: Array) -> Array:
    cos, sin = np.sin(angles).astype(x.dtype), np.cos(angles).astype(x.dtype)
    first, second = np.split(x, 2, axis=-1)
    return np.concatenate([first * cos - second * sin, first * sin + second * cos], axis=-1)


def uses_the_turned_one(x: Array, angles: Array) -> Array:
    cos, sin = np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)
    first, second = np.split(x, 2, axis=-1)
    first = first * cos - second * sin
    second = first * sin + second * cos
    return np.concatenate([first, second], axis=-1)


def halves_exchanged(x: Array, angles: Array) -> Array:
    cos, sin = np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)
    first, second = np.split(x, 2, axis=-1)
    return np.concatenate([first * sin + second * cos, first * cos - second * sin], axis=-1)


def float64_angles(x: Array, angles: Array) -> Array:
    first, second = np.split(x, 2, axis=-1)
    cos, sin = np.cos(angles), np.sin(angles)
    return np.concatenate([first * cos - second * sin, first * sin + second * cos], axis=-1)


def writes_into_x(x: Array, angles: Array) -> Array:
    cos, sin = np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)
    D = x.shape[-1] // 2
    first = x[..., :D].copy()
    x[..., :D] = first * cos - x[..., D:] * sin
    x[..., D:] = first * sin + x[..., D:] * cos
    return x


def by_complex_numbers(x: Array, angles: Array) -> Array:
    first, second = np.split(x, 2, axis=-1)
    turned = (first + 1j * second) * np.exp(1j * angles)
    return np.concatenate([turned.real, turned.imag], axis=-1).astype(x.dtype)


def pair_by_pair(x: Array, angles: Array) -> Array:
    y, D = np.zeros_like(x), x.shape[-1] // 2
    for t, i in np.ndindex(angles.shape):
        c, s = np.cos(angles[t, i]), np.sin(angles[t, i])
        y[..., t, i] = x[..., t, i] * c - x[..., t, i + D] * s
        y[..., t, i + D] = x[..., t, i] * s + x[..., t, i + D] * c
    return y


def rotate_half(x: Array, angles: Array) -> Array:
    first, second = np.split(x, 2, axis=-1)
    cos, sin = np.tile(np.cos(angles), 2), np.tile(np.sin(angles), 2)
    return (x * cos + np.concatenate([-second, first], axis=-1) * sin).astype(x.dtype)


ROTARY = Exercise(
    name="rotary",
    target="tinyllm.ops.rotary:turned",
    cases=rotary_cases,
    probes=rotary_probes,
    mistakes=(
        neighbours_make_a_pair,
        turns_the_other_way,
        forgets_the_minus,
        cosine_for_sine,
        uses_the_turned_one,
        halves_exchanged,
        float64_angles,
        writes_into_x,
    ),
    others=(by_complex_numbers, pair_by_pair, rotate_half),
)


# -------------------------------------------------------------------- sinusoidal
def as_float32(sinusoids: Callable[[int, int], Array], context: int, width: int) -> Array:
    """Take float32 and float64 alike."""
    return np.asarray(sinusoids(context, width)).astype(FLOAT)


def sinusoidal_cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    return st.tuples(st.integers(1, 4), st.integers(1, 6))


def sinusoidal_probes() -> list[Arguments]:
    return [(3, 4), (2, 6), (3, 2), (2, 3), (40, 8)]


def sines_then_cosines(context: int, width: int) -> Array:
    angles = np.arange(context)[:, None] * 10_000.0 ** (-np.arange(0, width, 2) / width)
    return np.concatenate([np.sin(angles), np.cos(angles[:, : width // 2])], axis=1)


def cosine_first(context: int, width: int) -> Array:
    angles = np.arange(context)[:, None] * 10_000.0 ** (-np.arange(0, width, 2) / width)
    table = np.empty((context, width))
    table[:, 0::2] = np.cos(angles)
    table[:, 1::2] = np.sin(angles[:, : width // 2])
    return table


def each_column_its_own(context: int, width: int) -> Array:
    angles = np.arange(context)[:, None] * 10_000.0 ** (-np.arange(width) / width)
    table = np.sin(angles)
    table[:, 1::2] = np.cos(angles[:, 1::2])
    return table


def half_the_exponent(context: int, width: int) -> Array:
    pairs = np.arange((width + 1) // 2)
    angles = np.arange(context)[:, None] * 10_000.0 ** (-pairs / width)
    table = np.empty((context, width))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles[:, : width // 2])
    return table


def faster_and_faster(context: int, width: int) -> Array:
    angles = np.arange(context)[:, None] * 10_000.0 ** (np.arange(0, width, 2) / width)
    table = np.empty((context, width))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles[:, : width // 2])
    return table


def counts_from_one(context: int, width: int) -> Array:
    places = np.arange(1, context + 1)
    angles = places[:, None] * 10_000.0 ** (-np.arange(0, width, 2) / width)
    table = np.empty((context, width))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles[:, : width // 2])
    return table


def fails_for_odd_widths(context: int, width: int) -> Array:
    angles = np.arange(context)[:, None] * 10_000.0 ** (-np.arange(0, width, 2) / width)
    table = np.empty((context, width))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles)
    return table


def a_column_for_each_place(context: int, width: int) -> Array:
    angles = np.arange(context)[:, None] * 10_000.0 ** (-np.arange(0, width, 2) / width)
    table = np.empty((context, width))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles[:, : width // 2])
    return table.T


def number_by_number(context: int, width: int) -> Array:
    table = np.zeros((context, width))
    for place, column in np.ndindex(context, width):
        angle = place / 10_000 ** ((column - column % 2) / width)
        table[place, column] = np.cos(angle) if column % 2 else np.sin(angle)
    return table


def woven(context: int, width: int) -> Array:
    angles = np.arange(context)[:, None] * np.exp(np.arange(0, width, 2) * (-np.log(1e4) / width))
    pairs = np.stack([np.sin(angles), np.cos(angles)], axis=-1)
    return pairs.reshape(context, -1)[:, :width].astype(np.float32)


SINUSOIDAL = Exercise(
    name="sinusoidal",
    target="tinyllm.nn.positions:sinusoids",
    use=as_float32,
    cases=sinusoidal_cases,
    probes=sinusoidal_probes,
    mistakes=(
        sines_then_cosines,
        cosine_first,
        each_column_its_own,
        half_the_exponent,
        faster_and_faster,
        counts_from_one,
        fails_for_odd_widths,
        a_column_for_each_place,
    ),
    others=(number_by_number, woven),
)
