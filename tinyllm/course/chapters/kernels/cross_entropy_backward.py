"""Exercise cross-entropy-backward: shares minus what they ought to be."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.chapters.parts import part, some
from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, NO_TARGET, Array


def log_totals_of(logits: Array) -> Array:
    return np.logaddexp.reduce(logits, axis=-1)


def cases() -> Any:
    from tinyllm.course.draws import arrays, st  # noqa: PLC0415

    def chosen(drawn: tuple[Any, ...]) -> Arguments:
        rows, tokens, logits, targets, scale, smoothing = drawn
        logits = part(logits, rows, tokens)
        targets = np.array([t if t == NO_TARGET else t % len(tokens) for t in targets])
        return logits, part(targets, rows), log_totals_of(logits), scale, NO_TARGET, smoothing

    target = st.integers(0, 3) | st.just(NO_TARGET)
    targets, scale = st.tuples(target, target, target), st.sampled_from([1.0, 0.25])
    drawn = some(3), some(4), arrays((3, 4)), targets, scale, st.sampled_from([0.0, 0.5])
    return st.tuples(*drawn).map(chosen)


def probes() -> list[Arguments]:
    x = np.array([[0.0, 1.0, 3.0], [2.0, -1.0, 0.5], [1.0, 1.5, 0.0]], FLOAT)
    far = np.array([[200.0, 199.0, -200.0]], FLOAT)
    return [
        (x, np.array([1, NO_TARGET, 1]), log_totals_of(x), 0.5, NO_TARGET, 0.25),
        (x, np.array([2, 0, 1]), log_totals_of(x), 2.0, 0, 0.0),
        (far, np.array([1]), log_totals_of(far), 1.0, NO_TARGET, 0.0),
    ]


def only_the_shares(
    logits: Array,
    targets: Array,
    log_totals: Array,
    scale: float,
    ignore_index: int,
    smoothing: float,
) -> Array:
    shares = np.exp(logits - log_totals[:, None]) * scale
    return np.where((targets != ignore_index)[:, None], shares, 0).astype(logits.dtype)


def wrong_sign(
    logits: Array,
    targets: Array,
    log_totals: Array,
    scale: float,
    ignore_index: int,
    smoothing: float,
) -> Array:
    wanted = np.full_like(logits, smoothing / logits.shape[1])
    rows = np.flatnonzero(targets != ignore_index)
    wanted[rows, targets[rows]] += 1 - smoothing
    dlogits = (wanted - np.exp(logits - log_totals[:, None])) * scale
    return np.where((targets != ignore_index)[:, None], dlogits, 0).astype(logits.dtype)


def forgets_the_scale(
    logits: Array,
    targets: Array,
    log_totals: Array,
    scale: float,
    ignore_index: int,
    smoothing: float,
) -> Array:
    dlogits = np.exp(logits - log_totals[:, None]) - smoothing / logits.shape[1]
    rows = np.flatnonzero(targets != ignore_index)
    dlogits[rows, targets[rows]] -= 1 - smoothing
    return np.where((targets != ignore_index)[:, None], dlogits, 0).astype(logits.dtype)


def scales_only_the_shares(
    logits: Array,
    targets: Array,
    log_totals: Array,
    scale: float,
    ignore_index: int,
    smoothing: float,
) -> Array:
    dlogits = np.exp(logits - log_totals[:, None]) * scale - smoothing / logits.shape[1]
    rows = np.flatnonzero(targets != ignore_index)
    dlogits[rows, targets[rows]] -= 1 - smoothing
    return np.where((targets != ignore_index)[:, None], dlogits, 0).astype(logits.dtype)


def divides_by_the_rows(
    logits: Array,
    targets: Array,
    log_totals: Array,
    scale: float,
    ignore_index: int,
    smoothing: float,
) -> Array:
    dlogits = np.exp(logits - log_totals[:, None]) - smoothing / logits.shape[1]
    rows = np.flatnonzero(targets != ignore_index)
    dlogits[rows, targets[rows]] -= 1 - smoothing
    dlogits = np.where((targets != ignore_index)[:, None], dlogits * scale, 0)
    return (dlogits / len(logits)).astype(logits.dtype)


def whole_columns(
    logits: Array,
    targets: Array,
    log_totals: Array,
    scale: float,
    ignore_index: int,
    smoothing: float,
) -> Array:
    dlogits = np.exp(logits - log_totals[:, None]) - smoothing / logits.shape[1]
    counted = targets != ignore_index
    dlogits[:, targets[counted]] -= 1 - smoothing
    return np.where(counted[:, None], dlogits * scale, 0).astype(logits.dtype)


def target_without_its_part(
    logits: Array,
    targets: Array,
    log_totals: Array,
    scale: float,
    ignore_index: int,
    smoothing: float,
) -> Array:
    wanted = np.full_like(logits, smoothing / logits.shape[1])
    rows = np.flatnonzero(targets != ignore_index)
    wanted[rows, targets[rows]] = 1 - smoothing
    dlogits = (np.exp(logits - log_totals[:, None]) - wanted) * scale
    return np.where((targets != ignore_index)[:, None], dlogits, 0).astype(logits.dtype)


def ignored_target_as_an_index(
    logits: Array,
    targets: Array,
    log_totals: Array,
    scale: float,
    ignore_index: int,
    smoothing: float,
) -> Array:
    dlogits = np.exp(logits - log_totals[:, None]) - smoothing / logits.shape[1]
    dlogits[np.arange(len(logits)), targets] -= 1 - smoothing
    dlogits = np.where((targets != ignore_index)[:, None], dlogits * scale, 0)
    return dlogits.astype(logits.dtype)


def uses_what_is_ignored(
    logits: Array,
    targets: Array,
    log_totals: Array,
    scale: float,
    ignore_index: int,
    smoothing: float,
) -> Array:
    dlogits = np.exp(logits - log_totals[:, None]) - smoothing / logits.shape[1]
    dlogits[np.arange(len(logits)), targets] -= 1 - smoothing
    return (dlogits * scale).astype(logits.dtype)


def ignored_rows_get_their_shares(
    logits: Array,
    targets: Array,
    log_totals: Array,
    scale: float,
    ignore_index: int,
    smoothing: float,
) -> Array:
    dlogits = np.exp(logits - log_totals[:, None]) - smoothing / logits.shape[1]
    rows = np.flatnonzero(targets != ignore_index)
    dlogits[rows, targets[rows]] -= 1 - smoothing
    return (dlogits * scale).astype(logits.dtype)


def forgets_the_smoothing(
    logits: Array,
    targets: Array,
    log_totals: Array,
    scale: float,
    ignore_index: int,
    smoothing: float,
) -> Array:
    dlogits = np.exp(logits - log_totals[:, None])
    rows = np.flatnonzero(targets != ignore_index)
    dlogits[rows, targets[rows]] -= 1
    dlogits = np.where((targets != ignore_index)[:, None], dlogits * scale, 0)
    return dlogits.astype(logits.dtype)


def smooths_by_all_of_it(
    logits: Array,
    targets: Array,
    log_totals: Array,
    scale: float,
    ignore_index: int,
    smoothing: float,
) -> Array:
    dlogits = np.exp(logits - log_totals[:, None]) - smoothing / logits.shape[1]
    rows = np.flatnonzero(targets != ignore_index)
    dlogits[rows, targets[rows]] -= 1
    dlogits = np.where((targets != ignore_index)[:, None], dlogits * scale, 0)
    return dlogits.astype(logits.dtype)


def float64_result(
    logits: Array,
    targets: Array,
    log_totals: Array,
    scale: float,
    ignore_index: int,
    smoothing: float,
) -> Array:
    dlogits = np.zeros(logits.shape)
    for r, target in enumerate(targets):
        if target != ignore_index:
            dlogits[r] = np.exp(logits[r] - log_totals[r]) - smoothing / logits.shape[1]
            dlogits[r, target] -= 1 - smoothing
    return dlogits * scale


def with_the_distribution(
    logits: Array,
    targets: Array,
    log_totals: Array,
    scale: float,
    ignore_index: int,
    smoothing: float,
) -> Array:
    V = logits.shape[1]
    counted = (targets != ignore_index)[:, None]
    wanted = (np.arange(V) == targets[:, None]) * (1 - smoothing) + smoothing / V
    shares = np.exp(logits - log_totals[:, None])
    return ((shares - wanted) * counted * scale).astype(logits.dtype)


def row_by_row(
    logits: Array,
    targets: Array,
    log_totals: Array,
    scale: float,
    ignore_index: int,
    smoothing: float,
) -> Array:
    dlogits = np.zeros_like(logits)
    for r, target in enumerate(targets):
        if target == ignore_index:
            continue
        for i in range(logits.shape[1]):
            wanted = smoothing / logits.shape[1] + (1 - smoothing if i == target else 0)
            dlogits[r, i] = scale * (np.exp(logits[r, i] - log_totals[r]) - wanted)
    return dlogits


CROSS_ENTROPY_BACKWARD = Exercise(
    name="cross-entropy-backward",
    target="tinyllm.kernels.cross_entropy:backward_numpy",
    hidden=("tinyllm.kernels.cross_entropy:backward_numba",),
    cases=cases,
    probes=probes,
    mistakes=(
        only_the_shares,
        wrong_sign,
        forgets_the_scale,
        scales_only_the_shares,
        divides_by_the_rows,
        whole_columns,
        target_without_its_part,
        uses_what_is_ignored,
        ignored_target_as_an_index,
        ignored_rows_get_their_shares,
        forgets_the_smoothing,
        smooths_by_all_of_it,
        float64_result,
    ),
    others=(with_the_distribution, row_by_row),
    tolerance=1e-4,  # where scores are large, the logarithm of their sum is coarse
)
