"""Exercise adamw: one step, over a vector of parameters, in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array


def updated(
    step_numpy: Callable[..., None],
    values: Array,
    grad: Array,
    mean: Array,
    square: Array,
    step: int,
    rate: float,
    decay: float,
    betas: tuple[float, float],
    eps: float,
) -> dict[str, Array]:
    """Let the function write into copies, and show what became of them."""
    values, mean, square = values.copy(), mean.copy(), square.copy()
    step_numpy(values, grad, mean, square, step, rate, decay, betas, eps)
    return {"values": values, "mean": mean, "square": square}


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, st  # noqa: PLC0415

    def with_state(N: int) -> Any:
        first = st.tuples(st.just(np.zeros(N, FLOAT)), st.just(np.zeros(N, FLOAT)), st.just(1))
        squares = arrays(N, st.sampled_from([0.0, 1.0, 4.0]))
        later = st.tuples(arrays(N, nice(2)), squares, st.integers(2, 3))
        options = st.tuples(
            st.just(0.5),
            st.sampled_from([0.0, 0.5]),
            st.just((0.5, 0.75)),
            st.sampled_from([0.25, 1e-8]),
        )
        return st.tuples(arrays(N), arrays(N), first | later, options).map(
            lambda drawn: (drawn[0], drawn[1], *drawn[2], *drawn[3])
        )

    return st.integers(1, 3).flatmap(with_state)


def probes() -> list[Arguments]:
    values, grad = np.array([1.0, -2.0, 0.5], FLOAT), np.array([0.5, 3.0, -1.0], FLOAT)
    mean, square = np.array([0.5, 1.0, 0.0], FLOAT), np.array([1.0, 4.0, 0.25], FLOAT)
    nothing = np.zeros(3, FLOAT)
    return [
        (values, grad, mean, square, 2, 0.5, 0.25, (0.5, 0.75), 0.25),
        (values, grad, nothing, nothing, 1, 0.5, 0.25, (0.5, 0.75), 1e-8),
        (values, grad, mean, square, 3, 0.25, 0.0, (0.75, 0.5), 0.5),
    ]


def forgets_the_correction(values, grad, mean, square, step, rate, decay, betas, eps):
    mean[:] = betas[0] * mean + (1 - betas[0]) * grad
    square[:] = betas[1] * square + (1 - betas[1]) * grad**2
    values *= 1 - rate * decay
    values -= rate * mean / (np.sqrt(square) + eps)


def keeps_the_corrected_means(values, grad, mean, square, step, rate, decay, betas, eps):
    mean[:] = (betas[0] * mean + (1 - betas[0]) * grad) / (1 - betas[0] ** step)
    square[:] = (betas[1] * square + (1 - betas[1]) * grad**2) / (1 - betas[1] ** step)
    values *= 1 - rate * decay
    values -= rate * mean / (np.sqrt(square) + eps)


def counts_from_zero(values, grad, mean, square, step, rate, decay, betas, eps):
    mean[:] = betas[0] * mean + (1 - betas[0]) * grad
    square[:] = betas[1] * square + (1 - betas[1]) * grad**2
    unbiased = mean / (1 - betas[0] ** (step + 1))
    values *= 1 - rate * decay
    values -= rate * unbiased / (np.sqrt(square / (1 - betas[1] ** (step + 1))) + eps)


def decay_in_the_gradient(values, grad, mean, square, step, rate, decay, betas, eps):
    pulled = grad + decay * values
    mean[:] = betas[0] * mean + (1 - betas[0]) * pulled
    square[:] = betas[1] * square + (1 - betas[1]) * pulled**2
    unbiased = mean / (1 - betas[0] ** step)
    values -= rate * unbiased / (np.sqrt(square / (1 - betas[1] ** step)) + eps)


def decay_without_the_rate(values, grad, mean, square, step, rate, decay, betas, eps):
    mean[:] = betas[0] * mean + (1 - betas[0]) * grad
    square[:] = betas[1] * square + (1 - betas[1]) * grad**2
    unbiased = mean / (1 - betas[0] ** step)
    values *= 1 - decay
    values -= rate * unbiased / (np.sqrt(square / (1 - betas[1] ** step)) + eps)


def decays_after_the_step(values, grad, mean, square, step, rate, decay, betas, eps):
    mean[:] = betas[0] * mean + (1 - betas[0]) * grad
    square[:] = betas[1] * square + (1 - betas[1]) * grad**2
    unbiased = mean / (1 - betas[0] ** step)
    values -= rate * unbiased / (np.sqrt(square / (1 - betas[1] ** step)) + eps)
    values *= 1 - rate * decay


def uphill(values, grad, mean, square, step, rate, decay, betas, eps):
    mean[:] = betas[0] * mean + (1 - betas[0]) * grad
    square[:] = betas[1] * square + (1 - betas[1]) * grad**2
    unbiased = mean / (1 - betas[0] ** step)
    values *= 1 - rate * decay
    values += rate * unbiased / (np.sqrt(square / (1 - betas[1] ** step)) + eps)


def eps_under_the_root(values, grad, mean, square, step, rate, decay, betas, eps):
    mean[:] = betas[0] * mean + (1 - betas[0]) * grad
    square[:] = betas[1] * square + (1 - betas[1]) * grad**2
    unbiased = mean / (1 - betas[0] ** step)
    values *= 1 - rate * decay
    values -= rate * unbiased / np.sqrt(square / (1 - betas[1] ** step) + eps)


def forgets_the_root(values, grad, mean, square, step, rate, decay, betas, eps):
    mean[:] = betas[0] * mean + (1 - betas[0]) * grad
    square[:] = betas[1] * square + (1 - betas[1]) * grad**2
    unbiased = mean / (1 - betas[0] ** step)
    values *= 1 - rate * decay
    values -= rate * unbiased / (square / (1 - betas[1] ** step) + eps)


def gradient_is_not_squared(values, grad, mean, square, step, rate, decay, betas, eps):
    mean[:] = betas[0] * mean + (1 - betas[0]) * grad
    square[:] = betas[1] * square + (1 - betas[1]) * grad
    unbiased = mean / (1 - betas[0] ** step)
    values *= 1 - rate * decay
    values -= rate * unbiased / (np.sqrt(square / (1 - betas[1] ** step)) + eps)


def betas_exchanged(values, grad, mean, square, step, rate, decay, betas, eps):
    mean[:] = (1 - betas[0]) * mean + betas[0] * grad
    square[:] = (1 - betas[1]) * square + betas[1] * grad**2
    unbiased = mean / (1 - (1 - betas[0]) ** step)
    values *= 1 - rate * decay
    values -= rate * unbiased / (np.sqrt(square / (1 - (1 - betas[1]) ** step)) + eps)


def makes_new_arrays(values, grad, mean, square, step, rate, decay, betas, eps):
    mean = betas[0] * mean + (1 - betas[0]) * grad
    square = betas[1] * square + (1 - betas[1]) * grad**2
    unbiased = mean / (1 - betas[0] ** step)
    values = values * (1 - rate * decay)
    values = values - rate * unbiased / (np.sqrt(square / (1 - betas[1] ** step)) + eps)


def writes_into_the_gradient(values, grad, mean, square, step, rate, decay, betas, eps):
    square[:] = betas[1] * square + (1 - betas[1]) * grad**2
    grad *= 1 - betas[0]
    mean[:] = betas[0] * mean + grad
    unbiased = mean / (1 - betas[0] ** step)
    values *= 1 - rate * decay
    values -= rate * unbiased / (np.sqrt(square / (1 - betas[1] ** step)) + eps)


def number_by_number(values, grad, mean, square, step, rate, decay, betas, eps):
    for i, g in enumerate(grad):
        mean[i] = betas[0] * mean[i] + (1 - betas[0]) * g
        square[i] = betas[1] * square[i] + (1 - betas[1]) * g * g
        root = (float(square[i]) / (1 - betas[1] ** step)) ** 0.5
        move = float(mean[i]) / (1 - betas[0] ** step) / (root + eps)
        values[i] -= rate * (move + decay * float(values[i]))


def by_the_differences(values, grad, mean, square, step, rate, decay, betas, eps):
    mean += (1 - betas[0]) * (grad - mean)
    square += (1 - betas[1]) * (np.square(grad) - square)
    longer = (1 - betas[1] ** step) ** 0.5 / (1 - betas[0] ** step)
    deviation = np.sqrt(square) + eps * (1 - betas[1] ** step) ** 0.5
    values[:] = values - rate * decay * values - rate * longer * mean / deviation


def in_float64(values, grad, mean, square, step, rate, decay, betas, eps):
    v, g, m, s = (a.astype(np.float64) for a in (values, grad, mean, square))
    m, s = m * betas[0] + g * (1 - betas[0]), s * betas[1] + g * g * (1 - betas[1])
    move = (m / (1 - betas[0] ** step)) / (np.sqrt(s / (1 - betas[1] ** step)) + eps)
    for array, new in ((values, v - rate * (move + decay * v)), (mean, m), (square, s)):
        np.copyto(array, new, casting="same_kind")


def decays_after_the_move(values, grad, mean, square, step, rate, decay, betas, eps):
    pulled = rate * decay * values
    np.multiply(mean, betas[0], out=mean)
    np.multiply(square, betas[1], out=square)
    np.add(mean, grad * (1 - betas[0]), out=mean)
    np.add(square, (grad * (1 - betas[1]) ** 0.5) ** 2, out=square)
    corrected = square / (1 - betas[1] ** step)
    values -= mean * (rate / (1 - betas[0] ** step)) / (corrected**0.5 + eps)
    values -= pulled


ADAMW = Exercise(
    name="adamw",
    target="tinyllm.kernels.adamw:step_numpy",
    hidden=("tinyllm.kernels.adamw:step_numba",),
    use=updated,
    cases=cases,
    probes=probes,
    mistakes=(
        forgets_the_correction,
        keeps_the_corrected_means,
        counts_from_zero,
        decay_in_the_gradient,
        decay_without_the_rate,
        eps_under_the_root,
        forgets_the_root,
        gradient_is_not_squared,
        betas_exchanged,
        makes_new_arrays,
        writes_into_the_gradient,
        decays_after_the_step,
        uphill,
    ),
    others=(number_by_number, by_the_differences, in_float64, decays_after_the_move),
)
