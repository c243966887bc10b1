"""lstm-backward: the way back through time, along the state and along the cell."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array

Triple = tuple[Array, Array, Array]


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    def of_sizes(sizes: tuple[int, int, int]) -> Any:
        B, T, C = sizes
        shares = st.sampled_from([0.5, 0.25, 0.75])  # gates are between 0 and 1
        return st.tuples(
            arrays((C, 4 * C), nice(1)),
            arrays((B, T + 1, C), nice(1)),
            arrays((B, T, 4 * C), shares),
            arrays((B, T, C), nice(1)),
            arrays((B, C), nice(1)),
            arrays((B, C), nice(1)),
        )

    return shapes((1, 2), (1, 2), (1, 2)).flatmap(of_sizes)


def probes() -> list[Arguments]:
    return [
        (
            np.array([[1.0, -0.5, 0.5, 2.0]], FLOAT),
            np.array([[[2.0], [-0.5], [1.0], [0.5]]], FLOAT),
            np.array(
                [[[0.25, 0.75, -0.5, 0.5], [0.5, 0.25, 0.75, 0.75], [0.75, 0.5, 0.25, 0.25]]], FLOAT
            ),
            np.array([[[1.0], [-1.0], [0.5]]], FLOAT),
            np.array([[0.5]], FLOAT),
            np.array([[-2.0]], FLOAT),
        ),
        (
            np.array([[1.0, 0.5, -0.5, 0.0, 0.5, 1.0, -1.0, 2.0]] * 2, FLOAT),
            np.array([[[0.5, -1.0], [1.0, 0.5]], [[-0.5, 2.0], [0.5, 0.0]]], FLOAT),
            np.array([[[0.25, 0.5, 0.75, 0.25, -0.5, 0.5, 0.75, 0.5]]] * 2, FLOAT),
            np.array([[[1.0, 0.5]], [[-1.0, 2.0]]], FLOAT),
            np.array([[0.5, 0.0], [1.0, -0.5]], FLOAT),
            np.array([[1.0, -1.0], [0.5, 0.5]], FLOAT),
        ),
    ]


# -------------------------------------------------------------------- wrong
def from_first_to_last(
    weight: Array, cells: Array, gates: Array, grad: Array, dh: Array, dc: Array
) -> Triple:
    dx = np.empty_like(gates)
    for t in range(gates.shape[1]):
        i, f, g, o = np.split(gates[:, t], 4, axis=1)
        squashed = np.tanh(cells[:, t + 1])
        dh = dh + grad[:, t]
        dc = dc + dh * o * (1 - squashed**2)
        di, df, dg, do = dc * g, dc * cells[:, t], dc * i, dh * squashed
        sums = di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)
        dx[:, t] = np.concatenate(sums, axis=1)
        dh, dc = dx[:, t] @ weight.T, dc * f
    return dx, dh, dc


def cell_from_later_forgotten(
    weight: Array, cells: Array, gates: Array, grad: Array, dh: Array, dc: Array
) -> Triple:
    dx = np.empty_like(gates)
    for t in reversed(range(gates.shape[1])):
        i, f, g, o = np.split(gates[:, t], 4, axis=1)
        squashed = np.tanh(cells[:, t + 1])
        dh = dh + grad[:, t]
        dc = dh * o * (1 - squashed**2)
        di, df, dg, do = dc * g, dc * cells[:, t], dc * i, dh * squashed
        sums = di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)
        dx[:, t] = np.concatenate(sums, axis=1)
        dh, dc = dx[:, t] @ weight.T, dc * f
    return dx, dh, dc


def no_slope_of_tanh(
    weight: Array, cells: Array, gates: Array, grad: Array, dh: Array, dc: Array
) -> Triple:
    dx = np.empty_like(gates)
    for t in reversed(range(gates.shape[1])):
        i, f, g, o = np.split(gates[:, t], 4, axis=1)
        squashed = np.tanh(cells[:, t + 1])
        dh = dh + grad[:, t]
        dc = dc + dh * o
        di, df, dg, do = dc * g, dc * cells[:, t], dc * i, dh * squashed
        sums = di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)
        dx[:, t] = np.concatenate(sums, axis=1)
        dh, dc = dx[:, t] @ weight.T, dc * f
    return dx, dh, dc


def forget_gate_with_the_new_cell(
    weight: Array, cells: Array, gates: Array, grad: Array, dh: Array, dc: Array
) -> Triple:
    dx = np.empty_like(gates)
    for t in reversed(range(gates.shape[1])):
        i, f, g, o = np.split(gates[:, t], 4, axis=1)
        squashed = np.tanh(cells[:, t + 1])
        dh = dh + grad[:, t]
        dc = dc + dh * o * (1 - squashed**2)
        di, df, dg, do = dc * g, dc * cells[:, t + 1], dc * i, dh * squashed
        sums = di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)
        dx[:, t] = np.concatenate(sums, axis=1)
        dh, dc = dx[:, t] @ weight.T, dc * f
    return dx, dh, dc


def output_gate_with_the_bare_cell(
    weight: Array, cells: Array, gates: Array, grad: Array, dh: Array, dc: Array
) -> Triple:
    dx = np.empty_like(gates)
    for t in reversed(range(gates.shape[1])):
        i, f, g, o = np.split(gates[:, t], 4, axis=1)
        squashed = np.tanh(cells[:, t + 1])
        dh = dh + grad[:, t]
        dc = dc + dh * o * (1 - squashed**2)
        di, df, dg, do = dc * g, dc * cells[:, t], dc * i, dh * cells[:, t + 1]
        sums = di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)
        dx[:, t] = np.concatenate(sums, axis=1)
        dh, dc = dx[:, t] @ weight.T, dc * f
    return dx, dh, dc


def slope_of_a_sigmoid_for_g(
    weight: Array, cells: Array, gates: Array, grad: Array, dh: Array, dc: Array
) -> Triple:
    dx = np.empty_like(gates)
    for t in reversed(range(gates.shape[1])):
        i, f, g, o = np.split(gates[:, t], 4, axis=1)
        squashed = np.tanh(cells[:, t + 1])
        dh = dh + grad[:, t]
        dc = dc + dh * o * (1 - squashed**2)
        di, df, dg, do = dc * g, dc * cells[:, t], dc * i, dh * squashed
        sums = di * i * (1 - i), df * f * (1 - f), dg * g * (1 - g), do * o * (1 - o)
        dx[:, t] = np.concatenate(sums, axis=1)
        dh, dc = dx[:, t] @ weight.T, dc * f
    return dx, dh, dc


def tanh_twice(
    weight: Array, cells: Array, gates: Array, grad: Array, dh: Array, dc: Array
) -> Triple:
    dx = np.empty_like(gates)
    for t in reversed(range(gates.shape[1])):
        i, f, g, o = np.split(gates[:, t], 4, axis=1)
        squashed = np.tanh(cells[:, t + 1])
        dh = dh + grad[:, t]
        dc = dc + dh * o * (1 - squashed**2)
        di, df, dg, do = dc * g, dc * cells[:, t], dc * i, dh * squashed
        sums = di * i * (1 - i), df * f * (1 - f), dg * (1 - np.tanh(g) ** 2), do * o * (1 - o)
        dx[:, t] = np.concatenate(sums, axis=1)
        dh, dc = dx[:, t] @ weight.T, dc * f
    return dx, dh, dc


def no_slopes_of_the_gates(
    weight: Array, cells: Array, gates: Array, grad: Array, dh: Array, dc: Array
) -> Triple:
    dx = np.empty_like(gates)
    for t in reversed(range(gates.shape[1])):
        i, f, g, o = np.split(gates[:, t], 4, axis=1)
        squashed = np.tanh(cells[:, t + 1])
        dh = dh + grad[:, t]
        dc = dc + dh * o * (1 - squashed**2)
        di, df, dg, do = dc * g, dc * cells[:, t], dc * i, dh * squashed
        dx[:, t] = np.concatenate([di, df, dg, do], axis=1)
        dh, dc = dx[:, t] @ weight.T, dc * f
    return dx, dh, dc


def cell_handed_back_whole(
    weight: Array, cells: Array, gates: Array, grad: Array, dh: Array, dc: Array
) -> Triple:
    dx = np.empty_like(gates)
    for t in reversed(range(gates.shape[1])):
        i, f, g, o = np.split(gates[:, t], 4, axis=1)
        squashed = np.tanh(cells[:, t + 1])
        dh = dh + grad[:, t]
        dc = dc + dh * o * (1 - squashed**2)
        di, df, dg, do = dc * g, dc * cells[:, t], dc * i, dh * squashed
        sums = di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)
        dx[:, t] = np.concatenate(sums, axis=1)
        dh, dc = dx[:, t] @ weight.T, dc
    return dx, dh, dc


# -------------------------------------------------------------------- right, in another way
def slopes_first(
    weight: Array, cells: Array, gates: Array, grad: Array, dh: Array, dc: Array
) -> Triple:
    i, f, g, o = np.split(gates, 4, axis=2)
    shown, steps = np.tanh(cells[:, 1:]), []
    for t in range(gates.shape[1] - 1, -1, -1):
        dh = grad[:, t] + dh
        dc = dc + (1 - shown[:, t]) * (1 + shown[:, t]) * o[:, t] * dh
        to = [dc * g[:, t], dc * cells[:, t], dc * i[:, t], dh * shown[:, t]]
        slopes = [i[:, t] - i[:, t] ** 2, f[:, t] - f[:, t] ** 2, 1 - g[:, t] ** 2]
        slopes.append(o[:, t] - o[:, t] ** 2)
        steps.append(np.hstack([d * slope for d, slope in zip(to, slopes, strict=True)]))
        dh, dc = np.einsum("bj,ij->bi", steps[-1], weight), f[:, t] * dc
    return np.stack(steps[::-1], axis=1), dh, dc


def text_after_text(
    weight: Array, cells: Array, gates: Array, grad: Array, dh: Array, dc: Array
) -> Triple:
    dx, first_h, first_c = np.zeros_like(gates), np.zeros_like(dh), np.zeros_like(dc)
    for b in range(len(grad)):
        of_h, of_c = dh[b], dc[b]
        for t in reversed(range(grad.shape[1])):
            i, f, g, o = gates[b, t].reshape(4, -1)
            shown = np.tanh(cells[b, t + 1])
            of_h = of_h + grad[b, t]
            of_c = of_c + of_h * o * (1 - shown * shown)
            parts = of_c * g * i * (1 - i), of_c * cells[b, t] * f * (1 - f)
            dx[b, t] = np.concatenate([*parts, of_c * i * (1 - g * g), of_h * shown * o * (1 - o)])
            of_h, of_c = weight @ dx[b, t], of_c * f
        first_h[b], first_c[b] = of_h, of_c
    return dx, first_h, first_c


LSTM_BACKWARD = Exercise(
    name="lstm-backward",
    target="tinyllm.kernels.lstm:backward_numpy",
    hidden=("tinyllm.kernels.lstm:backward_numba",),
    cases=cases,
    probes=probes,
    mistakes=(
        from_first_to_last,
        cell_from_later_forgotten,
        no_slope_of_tanh,
        forget_gate_with_the_new_cell,
        output_gate_with_the_bare_cell,
        slope_of_a_sigmoid_for_g,
        tanh_twice,
        no_slopes_of_the_gates,
        cell_handed_back_whole,
    ),
    others=(slopes_first, text_after_text),
    points=2,
)
