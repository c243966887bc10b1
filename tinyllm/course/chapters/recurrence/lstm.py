"""lstm: long short-term memory over all steps of a text."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.kernels.recurrent import logistic
from tinyllm.types import FLOAT, Array

Triple = tuple[Array, Array, Array]


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    def of_sizes(sizes: tuple[int, int, int]) -> Any:
        B, T, C = sizes
        every = ((B, T, 4 * C), (C, 4 * C), (4 * C,), (B, C), (B, C))
        return st.tuples(*(arrays(shape, nice(1)) for shape in every))

    return shapes((1, 2), (1, 2), (1, 2)).flatmap(of_sizes)


def probes() -> list[Arguments]:
    return [
        (
            np.array(
                [[[0.5, -1.0, 1.0, 0.0], [1.0, 0.5, -0.5, 0.5], [0.0, 1.0, 0.5, -1.0]]], FLOAT
            ),
            np.array([[0.5, 1.0, -1.0, -0.5]], FLOAT),
            np.array([0.5, -0.5, 1.0, 0.0], FLOAT),
            np.array([[0.5]], FLOAT),
            np.array([[2.0]], FLOAT),
        ),
        (
            np.array([[[0.5, -0.5, 1.0, 0.0, 0.5, -1.0, 0.0, 1.0]]] * 2, FLOAT),
            np.array([[0.5, 0.0, 1.0, -0.5, 1.0, -1.0, 0.5, 0.0]] * 2, FLOAT),
            np.array([0.5, -0.5, 0.0, 1.0, 0.5, -0.5, 1.0, 0.0], FLOAT),
            np.array([[0.5, -1.0], [1.0, 0.5]], FLOAT),
            np.array([[1.0, 0.5], [-0.5, 2.0]], FLOAT),
        ),
    ]


def results(x: Array, h: Array, c: Array) -> Triple:
    """Make the three arrays that a solution fills, with the first state and cell in them."""
    B, T, C = *x.shape[:2], h.shape[1]
    hidden, cells = np.zeros((B, T + 1, C), x.dtype), np.zeros((B, T + 1, C), x.dtype)
    hidden[:, 0], cells[:, 0] = h, c
    return hidden, cells, np.zeros_like(x)


# -------------------------------------------------------------------- wrong
def output_before_the_new(x: Array, weight: Array, bias: Array, h: Array, c: Array) -> Triple:
    hidden, cells, gates = results(x, h, c)
    for t in range(x.shape[1]):
        i, f, o, g = np.split(x[:, t] + h @ weight + bias, 4, axis=1)
        i, f, o, g = logistic(i), logistic(f), logistic(o), np.tanh(g)
        c = f * c + i * g
        h = o * np.tanh(c)
        hidden[:, t + 1], cells[:, t + 1] = h, c
        gates[:, t] = np.concatenate([i, f, o, g], axis=1)
    return hidden, cells, gates


def shows_the_cell_without_tanh(x: Array, weight: Array, bias: Array, h: Array, c: Array) -> Triple:
    hidden, cells, gates = results(x, h, c)
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] + h @ weight + bias, 4, axis=1)
        i, f, g, o = logistic(i), logistic(f), np.tanh(g), logistic(o)
        c = f * c + i * g
        h = o * c
        hidden[:, t + 1], cells[:, t + 1] = h, c
        gates[:, t] = np.concatenate([i, f, g, o], axis=1)
    return hidden, cells, gates


def never_forgets(x: Array, weight: Array, bias: Array, h: Array, c: Array) -> Triple:
    hidden, cells, gates = results(x, h, c)
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] + h @ weight + bias, 4, axis=1)
        i, f, g, o = logistic(i), logistic(f), np.tanh(g), logistic(o)
        c = c + i * g
        h = o * np.tanh(c)
        hidden[:, t + 1], cells[:, t + 1] = h, c
        gates[:, t] = np.concatenate([i, f, g, o], axis=1)
    return hidden, cells, gates


def sigmoid_for_the_new(x: Array, weight: Array, bias: Array, h: Array, c: Array) -> Triple:
    hidden, cells, gates = results(x, h, c)
    for t in range(x.shape[1]):
        gates[:, t] = logistic(x[:, t] + h @ weight + bias)
        i, f, g, o = np.split(gates[:, t], 4, axis=1)
        c = f * c + i * g
        h = o * np.tanh(c)
        hidden[:, t + 1], cells[:, t + 1] = h, c
    return hidden, cells, gates


def forgets_what_it_does_not_take_in(
    x: Array, weight: Array, bias: Array, h: Array, c: Array
) -> Triple:
    hidden, cells, gates = results(x, h, c)
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] + h @ weight + bias, 4, axis=1)
        i, f, g, o = logistic(i), logistic(f), np.tanh(g), logistic(o)
        c = f * c + (1 - f) * g
        h = o * np.tanh(c)
        hidden[:, t + 1], cells[:, t + 1] = h, c
        gates[:, t] = np.concatenate([i, f, g, o], axis=1)
    return hidden, cells, gates


def cell_squashed(x: Array, weight: Array, bias: Array, h: Array, c: Array) -> Triple:
    hidden, cells, gates = results(x, h, c)
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] + h @ weight + bias, 4, axis=1)
        i, f, g, o = logistic(i), logistic(f), np.tanh(g), logistic(o)
        c = np.tanh(f * c + i * g)
        h = o * c
        hidden[:, t + 1], cells[:, t + 1] = h, c
        gates[:, t] = np.concatenate([i, f, g, o], axis=1)
    return hidden, cells, gates


def each_step_from_the_first_cell(
    x: Array, weight: Array, bias: Array, h: Array, c: Array
) -> Triple:
    hidden, cells, gates = results(x, h, c)
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] + h @ weight + bias, 4, axis=1)
        i, f, g, o = logistic(i), logistic(f), np.tanh(g), logistic(o)
        cells[:, t + 1] = f * c + i * g
        h = o * np.tanh(cells[:, t + 1])
        hidden[:, t + 1] = h
        gates[:, t] = np.concatenate([i, f, g, o], axis=1)
    return hidden, cells, gates


def sums_in_place_of_gates(x: Array, weight: Array, bias: Array, h: Array, c: Array) -> Triple:
    hidden, cells, gates = results(x, h, c)
    for t in range(x.shape[1]):
        gates[:, t] = x[:, t] + h @ weight + bias
        i, f, g, o = np.split(gates[:, t], 4, axis=1)
        c = logistic(f) * c + logistic(i) * np.tanh(g)
        h = logistic(o) * np.tanh(c)
        hidden[:, t + 1], cells[:, t + 1] = h, c
    return hidden, cells, gates


def gates_in_another_order(x: Array, weight: Array, bias: Array, h: Array, c: Array) -> Triple:
    hidden, cells, gates = results(x, h, c)
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] + h @ weight + bias, 4, axis=1)
        i, f, o, g = logistic(i), logistic(f), logistic(o), np.tanh(g)
        c = f * c + i * g
        h = o * np.tanh(c)
        hidden[:, t + 1], cells[:, t + 1] = h, c
        gates[:, t] = np.concatenate([i, f, o, g], axis=1)
    return hidden, cells, gates


# -------------------------------------------------------------------- right, in another way
def collects_steps(x: Array, weight: Array, bias: Array, h: Array, c: Array) -> Triple:
    states, memories, gates = [h], [c], []
    for inputs in x.swapaxes(0, 1):
        sums = np.split(inputs + bias + states[-1] @ weight, 4, axis=1)
        i, f, o = (1 / (1 + np.exp(-sums[k])) for k in (0, 1, 3))
        g = np.tanh(sums[2])
        memories.append(i * g + memories[-1] * f)
        states.append(np.tanh(memories[-1]) * o)
        gates.append(np.concatenate([i, f, g, o], axis=1))
    return np.stack(states, axis=1), np.stack(memories, axis=1), np.stack(gates, axis=1)


def text_after_text(x: Array, weight: Array, bias: Array, h: Array, c: Array) -> Triple:
    hidden, cells, gates = results(x, h, c)
    C = h.shape[1]
    for b in range(len(x)):
        for t in range(x.shape[1]):
            sums = x[b, t] + weight.T @ hidden[b, t] + bias
            for k in range(4 * C):
                squash = np.tanh if 2 * C <= k < 3 * C else logistic
                gates[b, t, k] = squash(sums[k])
            i, f, g, o = gates[b, t].reshape(4, C)
            cells[b, t + 1] = f * cells[b, t] + i * g
            hidden[b, t + 1] = o * np.tanh(cells[b, t + 1])
    return hidden, cells, gates


LSTM = Exercise(
    name="lstm",
    target="tinyllm.kernels.lstm:forward_numpy",
    hidden=("tinyllm.kernels.lstm:forward_numba",),
    imports=(
        "import numpy as np\n\n"
        "from tinyllm.kernels.recurrent import logistic\nfrom tinyllm.types import Array"
    ),
    cases=cases,
    probes=probes,
    mistakes=(
        output_before_the_new,
        shows_the_cell_without_tanh,
        never_forgets,
        sigmoid_for_the_new,
        forgets_what_it_does_not_take_in,
        cell_squashed,
        each_step_from_the_first_cell,
        sums_in_place_of_gates,
        gates_in_another_order,
    ),
    others=(collects_steps, text_after_text),
)
