"""Exercise cross-entropy: how surprised a model is, straight from its scores."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.chapters.parts import part, some
from tinyllm.course.exercise import Arguments, Exercise, Variant
from tinyllm.types import FLOAT, NO_TARGET, Array

Two = tuple[Array, Array]


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, st  # noqa: PLC0415

    def chosen(drawn: tuple[Any, ...]) -> Arguments:
        rows, tokens, logits, targets, smoothing = drawn
        targets = np.array([t if t == NO_TARGET else t % len(tokens) for t in targets])
        return part(logits, rows, tokens), part(targets, rows), NO_TARGET, smoothing

    scores = arrays((3, 4), nice() | st.sampled_from([-200.0, 200.0]))
    target = st.integers(0, 3) | st.just(NO_TARGET)
    rest = st.tuples(target, target, target), st.sampled_from([0.0, 0.5])
    return st.tuples(some(3), some(4), scores, *rest).map(chosen)


def probes() -> list[Arguments]:
    x = np.array([[0.0, 1.0, 3.0], [2.0, -1.0, 0.5], [1.0, 1.5, 0.0]], FLOAT)
    return [
        (x, np.array([2, 0, 0]), NO_TARGET, 0.0),
        (x, np.array([1, NO_TARGET, 2]), NO_TARGET, 0.25),
        (np.array([[200.0, -200.0]], FLOAT), np.array([1]), NO_TARGET, 0.0),
        (x[:2], np.array([1, 0]), 0, 0.0),
    ]


def log_total_of(logits: Array) -> Array:
    top = logits.max(axis=-1)
    return top + np.log(np.exp(logits - top[:, None]).sum(axis=-1))


def no_maximum(logits: Array, targets: Array, ignore_index: int, smoothing: float) -> Two:
    log_total = np.log(np.exp(logits).sum(axis=-1))
    counted = targets != ignore_index
    right = logits[np.arange(len(logits)), np.where(counted, targets, 0)]
    losses = log_total - (1 - smoothing) * right - smoothing * logits.mean(axis=-1)
    return np.where(counted, losses, 0).astype(logits.dtype), log_total


def forgets_to_add_the_maximum(
    logits: Array, targets: Array, ignore_index: int, smoothing: float
) -> Two:
    log_total = np.log(np.exp(logits - logits.max(axis=-1, keepdims=True)).sum(axis=-1))
    counted = targets != ignore_index
    right = logits[np.arange(len(logits)), np.where(counted, targets, 0)]
    losses = log_total - (1 - smoothing) * right - smoothing * logits.mean(axis=-1)
    return np.where(counted, losses, 0).astype(logits.dtype), log_total


def logarithm_of_softmax(logits: Array, targets: Array, ignore_index: int, smoothing: float) -> Two:
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    log_p = np.log(e / e.sum(axis=-1, keepdims=True))
    counted = targets != ignore_index
    right = log_p[np.arange(len(logits)), np.where(counted, targets, 0)]
    mixed = smoothing * log_p.mean(axis=-1) if smoothing else 0
    losses = -(1 - smoothing) * right - mixed
    return np.where(counted, losses, 0).astype(logits.dtype), log_total_of(logits)


def uses_what_is_ignored(logits: Array, targets: Array, ignore_index: int, smoothing: float) -> Two:
    log_total = log_total_of(logits)
    right = logits[np.arange(len(logits)), targets]
    losses = log_total - (1 - smoothing) * right - smoothing * logits.mean(axis=-1)
    return losses.astype(logits.dtype), log_total


def ignored_target_as_an_index(
    logits: Array, targets: Array, ignore_index: int, smoothing: float
) -> Two:
    log_total = log_total_of(logits)
    right = logits[np.arange(len(logits)), targets]
    losses = log_total - (1 - smoothing) * right - smoothing * logits.mean(axis=-1)
    return np.where(targets != ignore_index, losses, 0).astype(logits.dtype), log_total


def both_are_0_where_ignored(
    logits: Array, targets: Array, ignore_index: int, smoothing: float
) -> Two:
    log_total = log_total_of(logits)
    counted = targets != ignore_index
    right = logits[np.arange(len(logits)), np.where(counted, targets, 0)]
    losses = log_total - (1 - smoothing) * right - smoothing * logits.mean(axis=-1)
    losses, log_total = np.where(counted, losses, 0), np.where(counted, log_total, 0)
    return losses.astype(logits.dtype), log_total


def leaves_the_ignored_out(
    logits: Array, targets: Array, ignore_index: int, smoothing: float
) -> Two:
    log_total = log_total_of(logits)
    rows = np.flatnonzero(targets != ignore_index)
    right = logits[rows, targets[rows]]
    mean = logits[rows].mean(axis=-1)
    losses = log_total[rows] - (1 - smoothing) * right - smoothing * mean
    return losses.astype(logits.dtype), log_total


def takes_the_mean(logits: Array, targets: Array, ignore_index: int, smoothing: float) -> Two:
    log_total = log_total_of(logits)
    counted = targets != ignore_index
    right = logits[np.arange(len(logits)), np.where(counted, targets, 0)]
    losses = log_total - (1 - smoothing) * right - smoothing * logits.mean(axis=-1)
    return losses[counted].mean().astype(logits.dtype), log_total


def wrong_sign(logits: Array, targets: Array, ignore_index: int, smoothing: float) -> Two:
    log_total = log_total_of(logits)
    counted = targets != ignore_index
    right = logits[np.arange(len(logits)), np.where(counted, targets, 0)]
    losses = (1 - smoothing) * right + smoothing * logits.mean(axis=-1) - log_total
    return np.where(counted, losses, 0).astype(logits.dtype), log_total


def forgets_the_smoothing(
    logits: Array, targets: Array, ignore_index: int, smoothing: float
) -> Two:
    log_total = log_total_of(logits)
    counted = targets != ignore_index
    right = logits[np.arange(len(logits)), np.where(counted, targets, 0)]
    return np.where(counted, log_total - right, 0).astype(logits.dtype), log_total


def sum_for_the_mean(logits: Array, targets: Array, ignore_index: int, smoothing: float) -> Two:
    log_total = log_total_of(logits)
    counted = targets != ignore_index
    right = logits[np.arange(len(logits)), np.where(counted, targets, 0)]
    losses = log_total - (1 - smoothing) * right - smoothing * logits.sum(axis=-1)
    return np.where(counted, losses, 0).astype(logits.dtype), log_total


def in_bits(logits: Array, targets: Array, ignore_index: int, smoothing: float) -> Two:
    top = logits.max(axis=-1)
    log_total = top + np.log2(np.exp(logits - top[:, None]).sum(axis=-1))
    counted = targets != ignore_index
    right = logits[np.arange(len(logits)), np.where(counted, targets, 0)]
    losses = log_total - (1 - smoothing) * right - smoothing * logits.mean(axis=-1)
    return np.where(counted, losses, 0).astype(logits.dtype), log_total


def float64_result(logits: Array, targets: Array, ignore_index: int, smoothing: float) -> Two:
    losses, log_totals = np.zeros(len(logits)), np.zeros(len(logits))
    for r, row in enumerate(logits):
        log_totals[r] = row.max() + np.log(np.exp(row - row.max()).sum())
        if targets[r] != ignore_index:
            mixed = (1 - smoothing) * row[targets[r]] + smoothing * row.mean()
            losses[r] = log_totals[r] - mixed
    return losses, log_totals


def row_by_row(logits: Array, targets: Array, ignore_index: int, smoothing: float) -> Two:
    losses, log_totals = np.zeros(len(logits), FLOAT), np.zeros(len(logits), FLOAT)
    for r, row in enumerate(logits):
        top = float(row.max())
        log_totals[r] = top + np.log(sum(np.exp(float(score) - top) for score in row))
        if targets[r] != ignore_index:
            share = np.full(len(row), smoothing / len(row))
            share[targets[r]] += 1 - smoothing
            losses[r] = log_totals[r] - share @ row
    return losses, log_totals


def with_log_softmax(logits: Array, targets: Array, ignore_index: int, smoothing: float) -> Two:
    log_total = np.logaddexp.reduce(logits, axis=-1)
    log_p = logits - log_total[:, None]
    counted = targets != ignore_index
    right = log_p[np.arange(len(logits)), np.where(counted, targets, 0)]
    losses = -(1 - smoothing) * right - smoothing * log_p.mean(axis=-1)
    return (losses * counted).astype(logits.dtype), log_total


def in_unit(unit: str, chinese: str, base: int) -> Variant:
    """Losses to another base than e."""
    nats = math.log(base)

    def change(cross_entropy: Callable[..., Two]) -> Callable[..., Two]:
        def in_unit_of(logits: Array, targets: Array, ignore_index: int, smoothing: float) -> Two:
            losses, log_total = cross_entropy(logits, targets, ignore_index, smoothing)
            return losses / nats, log_total

        return in_unit_of

    numbers = f"{math.log(2) / nats:.4g}"
    return Variant(
        text={
            "en": f"give the losses in {unit}, not in nats: divide each by ln {base} = {nats:.4f}. "
            f"The logarithm of the sum stays in nats. For the scores [0, 0] a loss is {numbers}, "
            "and the logarithm is 0.6931.",
            "zh": f"损失的单位是{chinese}，不是 nat：每个损失除以 ln {base} = {nats:.4f}。"
            f"和的对数仍以 nat 为单位。分数为 [0, 0] 时，损失是 {numbers}，对数是 0.6931。",
        },
        change=change,
    )


CROSS_ENTROPY = Exercise(
    name="cross-entropy",
    target="tinyllm.kernels.cross_entropy:forward_numpy",
    hidden=("tinyllm.kernels.cross_entropy:forward_numba",),
    cases=cases,
    probes=probes,
    mistakes=(
        no_maximum,
        forgets_to_add_the_maximum,
        logarithm_of_softmax,
        uses_what_is_ignored,
        ignored_target_as_an_index,
        both_are_0_where_ignored,
        leaves_the_ignored_out,
        takes_the_mean,
        wrong_sign,
        forgets_the_smoothing,
        sum_for_the_mean,
        in_bits,
        float64_result,
    ),
    others=(row_by_row, with_log_softmax),
    tolerance=1e-4,  # 200.69 - 200 has fewer digits than 0.69
    variants=(
        in_unit("bits", "比特（bit）", 2),
        in_unit("digits of base 4", "四进制位", 4),
        in_unit("digits of base 10", "十进制位", 10),
    ),
)
