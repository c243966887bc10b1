"""rnn-backward: back-propagation through time."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    def of_sizes(sizes: tuple[int, int, int]) -> Any:
        B, T, C = sizes
        states = st.integers(-1, 1).map(lambda i: i / 2)  # states are between -1 and 1
        return st.tuples(
            arrays((C, C), nice(1)),
            arrays((B, T + 1, C), states),
            arrays((B, T, C), nice(1)),
            arrays((B, C), nice(1)),
        )

    return shapes((1, 2), (1, 3), (1, 2)).flatmap(of_sizes)


def probes() -> list[Arguments]:
    return [
        (
            np.array([[1.0, -0.5], [0.5, 2.0]], FLOAT),
            np.array([[[0.75, 0.25], [0.5, -0.25], [0.0, 0.75], [-0.5, 0.5]]], FLOAT),
            np.array([[[1.0, 0.5], [-1.0, 2.0], [0.5, 1.0]]], FLOAT),
            np.array([[0.5, -2.0]], FLOAT),
        ),
        (
            np.array([[2.0]], FLOAT),
            np.array([[[0.5], [0.0]], [[0.25], [-0.5]]], FLOAT),
            np.array([[[1.0]], [[2.0]]], FLOAT),
            np.array([[0.5], [-1.0]], FLOAT),
        ),
    ]


# -------------------------------------------------------------------- wrong
def from_first_to_last(weight: Array, hidden: Array, grad: Array, dh: Array) -> tuple[Array, Array]:
    dx = np.empty_like(grad)
    for t in range(grad.shape[1]):
        dx[:, t] = (dh + grad[:, t]) * (1 - hidden[:, t + 1] ** 2)
        dh = dx[:, t] @ weight.T
    return dx, dh


def weight_as_it_was(weight: Array, hidden: Array, grad: Array, dh: Array) -> tuple[Array, Array]:
    dx = np.empty_like(grad)
    for t in reversed(range(grad.shape[1])):
        dx[:, t] = (dh + grad[:, t]) * (1 - hidden[:, t + 1] ** 2)
        dh = dx[:, t] @ weight
    return dx, dh


def slope_of_the_state_before(
    weight: Array, hidden: Array, grad: Array, dh: Array
) -> tuple[Array, Array]:
    dx = np.empty_like(grad)
    for t in reversed(range(grad.shape[1])):
        dx[:, t] = (dh + grad[:, t]) * (1 - hidden[:, t] ** 2)
        dh = dx[:, t] @ weight.T
    return dx, dh


def each_step_for_itself(
    weight: Array, hidden: Array, grad: Array, dh: Array
) -> tuple[Array, Array]:
    dx = grad * (1 - hidden[:, 1:] ** 2)
    return dx, dx[:, 0] @ weight.T


def nothing_arrives_at_the_end(
    weight: Array, hidden: Array, grad: Array, dh: Array
) -> tuple[Array, Array]:
    dx, dh = np.empty_like(grad), np.zeros_like(dh)
    for t in reversed(range(grad.shape[1])):
        dx[:, t] = (dh + grad[:, t]) * (1 - hidden[:, t + 1] ** 2)
        dh = dx[:, t] @ weight.T
    return dx, dh


def tanh_twice(weight: Array, hidden: Array, grad: Array, dh: Array) -> tuple[Array, Array]:
    dx = np.empty_like(grad)
    for t in reversed(range(grad.shape[1])):
        dx[:, t] = (dh + grad[:, t]) * (1 - np.tanh(hidden[:, t + 1]) ** 2)
        dh = dx[:, t] @ weight.T
    return dx, dh


def no_slope_on_the_way_back(
    weight: Array, hidden: Array, grad: Array, dh: Array
) -> tuple[Array, Array]:
    dx = np.empty_like(grad)
    for t in reversed(range(grad.shape[1])):
        dh = dh + grad[:, t]
        dx[:, t] = dh * (1 - hidden[:, t + 1] ** 2)
        dh = dh @ weight.T
    return dx, dh


def adds_to_the_old_dh(weight: Array, hidden: Array, grad: Array, dh: Array) -> tuple[Array, Array]:
    dx = np.empty_like(grad)
    for t in reversed(range(grad.shape[1])):
        dx[:, t] = (dh + grad[:, t]) * (1 - hidden[:, t + 1] ** 2)
        dh = dh + dx[:, t] @ weight.T
    return dx, dh


def leaves_the_first_step_out(
    weight: Array, hidden: Array, grad: Array, dh: Array
) -> tuple[Array, Array]:
    dx = np.zeros_like(grad)
    for t in range(grad.shape[1] - 1, 0, -1):
        dx[:, t] = (dh + grad[:, t]) * (1 - hidden[:, t + 1] ** 2)
        dh = dx[:, t] @ weight.T
    return dx, dh


def adds_in_place(weight: Array, hidden: Array, grad: Array, dh: Array) -> tuple[Array, Array]:
    dx = np.empty_like(grad)
    for t in reversed(range(grad.shape[1])):
        dh += grad[:, t]
        dx[:, t] = dh * (1 - hidden[:, t + 1] ** 2)
        dh = dx[:, t] @ weight.T
    return dx, dh


# -------------------------------------------------------------------- right, in another way
def slopes_first(weight: Array, hidden: Array, grad: Array, dh: Array) -> tuple[Array, Array]:
    slopes, dx = 1 - hidden[:, 1:] * hidden[:, 1:], []
    for t in range(grad.shape[1] - 1, -1, -1):
        dx.insert(0, slopes[:, t] * (grad[:, t] + dh))
        dh = np.einsum("bj,ij->bi", dx[0], weight)
    return np.stack(dx, axis=1), dh


def text_after_text(weight: Array, hidden: Array, grad: Array, dh: Array) -> tuple[Array, Array]:
    dx, first = np.zeros_like(grad), np.zeros_like(dh)
    for b in range(len(grad)):
        arriving = dh[b]
        for t in reversed(range(grad.shape[1])):
            arriving = arriving + grad[b, t]
            dx[b, t] = arriving - arriving * hidden[b, t + 1] ** 2
            arriving = weight @ dx[b, t]
        first[b] = arriving
    return dx, first


RNN_BACKWARD = Exercise(
    name="rnn-backward",
    target="tinyllm.kernels.rnn:backward_numpy",
    hidden=("tinyllm.kernels.rnn:backward_numba",),
    cases=cases,
    probes=probes,
    mistakes=(
        from_first_to_last,
        weight_as_it_was,
        slope_of_the_state_before,
        each_step_for_itself,
        nothing_arrives_at_the_end,
        tanh_twice,
        no_slope_on_the_way_back,
        adds_to_the_old_dh,
        leaves_the_first_step_out,
        adds_in_place,
    ),
    others=(slopes_first, text_after_text),
)
