"""split-heads and merge-heads: from the width of a model to the heads of attention, and back."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from tinyllm.course.chapters.attention.inputs import halves
from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array


# -------------------------------------------------------------------- split-heads
def counted(*shape: int) -> Array:
    """Number the places of an array: 0, 1, 2, ... So each number says where it was."""
    return np.arange(np.prod(shape), dtype=FLOAT).reshape(shape)


def split_cases() -> Any:
    from tinyllm.course.draws import shapes, st  # noqa: PLC0415

    kinds = st.sampled_from([(1,), (2,), (1, 1), (1, 1, 1), (2, 1, 1), (2, 2, 2), (4, 2, 2)])

    def filled(drawn: tuple[tuple[int, int, int], tuple[int, ...]]) -> Arguments:
        (B, T, D), heads = drawn
        return counted(B, T, sum(heads) * D), heads

    return st.tuples(shapes((1, 2), (1, 3), (1, 3)), kinds).map(filled)


def split_probes() -> list[Arguments]:
    return [
        (counted(1, 2, 12), (2, 2, 2)),
        (counted(1, 2, 8), (2, 1, 1)),
        (counted(2, 3, 6), (1, 1, 1)),
        (counted(1, 3, 6), (3,)),
    ]


def heads_behind_positions(x: Array, heads: tuple[int, ...]) -> list[Array]:
    B, T, _ = x.shape
    columns = x.reshape(B, T, sum(heads), -1)
    return np.split(columns, np.cumsum(heads)[:-1], axis=2)


def reshapes_without_a_swap(x: Array, heads: tuple[int, ...]) -> list[Array]:
    B, T, C = x.shape
    D = C // sum(heads)
    parts = np.split(x, np.cumsum(heads)[:-1] * D, axis=2)
    return [part.reshape(B, n, T, D) for part, n in zip(parts, heads, strict=True)]


def neighbours_in_different_heads(x: Array, heads: tuple[int, ...]) -> list[Array]:
    B, T, C = x.shape
    D = C // sum(heads)
    parts = np.split(x, np.cumsum(heads)[:-1] * D, axis=2)
    return [
        part.reshape(B, T, D, n).transpose(0, 3, 1, 2) for part, n in zip(parts, heads, strict=True)
    ]


def parts_of_one_size(x: Array, heads: tuple[int, ...]) -> list[Array]:
    B, T, _ = x.shape
    parts = np.split(x, len(heads), axis=2)
    return [part.reshape(B, T, n, -1).swapaxes(1, 2) for part, n in zip(parts, heads, strict=True)]


def every_part_is_the_first(x: Array, heads: tuple[int, ...]) -> list[Array]:
    B, T, _ = x.shape
    columns = x.reshape(B, T, sum(heads), -1)
    return [columns[:, :, :n].swapaxes(1, 2) for n in heads]


def positions_at_the_end(x: Array, heads: tuple[int, ...]) -> list[Array]:
    B, T, _ = x.shape
    columns = x.reshape(B, T, sum(heads), -1).transpose(0, 2, 3, 1)
    return np.split(columns, np.cumsum(heads)[:-1], axis=1)


def parts_inside_of_heads(x: Array, heads: tuple[int, ...]) -> list[Array]:
    B, T, _ = x.shape
    columns = x.reshape(B, T, heads[0], len(heads), -1)
    return [columns[:, :, :, i].swapaxes(1, 2) for i in range(len(heads))]


def one_array(x: Array, heads: tuple[int, ...]) -> Array:
    B, T, _ = x.shape
    return x.reshape(B, T, sum(heads), -1).swapaxes(1, 2)


def head_by_head(x: Array, heads: tuple[int, ...]) -> list[Array]:
    D = x.shape[2] // sum(heads)
    one = [x[:, :, i * D : (i + 1) * D] for i in range(sum(heads))]
    ends = [sum(heads[:i]) for i in range(len(heads) + 1)]
    return [np.stack(one[start:end], axis=1) for start, end in pairwise(ends)]


def moved_and_cut(x: Array, heads: tuple[int, ...]) -> list[Array]:
    B, T, C = x.shape
    every = x.reshape(B, T, sum(heads), C // sum(heads)).transpose(0, 2, 1, 3)
    return np.split(every, np.cumsum(heads)[:-1], axis=1)


SPLIT = Exercise(
    name="split-heads",
    target="tinyllm.ops.heads:split",
    cases=split_cases,
    probes=split_probes,
    mistakes=(
        heads_behind_positions,
        reshapes_without_a_swap,
        neighbours_in_different_heads,
        parts_of_one_size,
        every_part_is_the_first,
        positions_at_the_end,
        parts_inside_of_heads,
        one_array,
    ),
    others=(head_by_head, moved_and_cut),
)


# -------------------------------------------------------------------- merge-heads
def merge_cases() -> Any:
    from tinyllm.course.draws import shapes, st  # noqa: PLC0415

    return st.tuples(
        shapes((1, 2), (1, 3), (1, 3), (1, 3)).map(lambda shape: counted(*shape)),
    )


def merge_probes() -> list[Arguments]:
    return [(counted(1, 2, 3, 2),), (counted(2, 2, 2, 2),), (halves(9, 1, 3, 2, 2),)]


def only_reshapes(x: Array) -> Array:
    B, H, T, D = x.shape
    return x.reshape(B, T, H * D)


def not_side_by_side(x: Array) -> Array:
    return x.swapaxes(1, 2)


def numbers_take_turns(x: Array) -> Array:
    B, H, T, D = x.shape
    return x.transpose(0, 2, 3, 1).reshape(B, T, H * D)


def swaps_the_wrong_axes(x: Array) -> Array:
    B, H, T, D = x.shape
    return x.swapaxes(2, 3).reshape(B, T, H * D)


def adds_the_heads(x: Array) -> Array:
    return x.sum(axis=1)


def one_below_the_other(x: Array) -> Array:
    B, H, T, D = x.shape
    return x.reshape(B, H * T, D)


def positions_side_by_side(x: Array) -> Array:
    B, H, T, D = x.shape
    return x.reshape(B, H, T * D)


def side_by_side(x: Array) -> Array:
    return np.concatenate([x[:, h] for h in range(x.shape[1])], axis=-1)


def into_an_empty_array(x: Array) -> Array:
    B, H, T, D = x.shape
    y = np.zeros((B, T, H * D), x.dtype)
    for h in range(H):
        y[:, :, h * D : (h + 1) * D] = x[:, h]
    return y


MERGE = Exercise(
    name="merge-heads",
    target="tinyllm.ops.heads:merge",
    cases=merge_cases,
    probes=merge_probes,
    mistakes=(
        only_reshapes,
        not_side_by_side,
        numbers_take_turns,
        swaps_the_wrong_axes,
        adds_the_heads,
        one_below_the_other,
        positions_side_by_side,
    ),
    others=(side_by_side, into_an_empty_array),
)
