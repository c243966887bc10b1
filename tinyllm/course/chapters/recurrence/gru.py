"""gru: gated recurrent units over all steps of a text."""

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
        every = ((B, T, 3 * C), (C, 3 * C), (3 * C,), (B, C))
        return st.tuples(*(arrays(shape, nice(1)) for shape in every))

    return shapes((1, 2), (1, 2), (1, 2)).flatmap(of_sizes)


def probes() -> list[Arguments]:
    return [
        (
            np.array([[[0.5, -1.0, 1.0], [1.0, 0.5, -0.5], [0.0, -0.5, 1.0]]], FLOAT),
            np.array([[0.5, 1.0, -1.0]], FLOAT),
            np.array([0.5, -0.5, 1.0], FLOAT),
            np.array([[0.5]], FLOAT),
        ),
        (
            np.array(
                [[[0.5, -0.5, 1.0, 0.0, 0.5, -1.0]], [[0.0, 1.0, -0.5, 1.0, 1.0, 0.5]]], FLOAT
            ),
            np.array([[0.5, 0.0, 1.0, -0.5, 1.0, -1.0], [-1.0, 1.0, 0.5, 0.0, 0.5, 1.0]], FLOAT),
            np.array([0.5, -0.5, 0.0, 1.0, 0.5, -0.5], FLOAT),
            np.array([[0.5, -1.0], [1.0, 0.5]], FLOAT),
        ),
    ]


def results(x: Array, C: int) -> Triple:
    """Make the three arrays that a solution fills."""
    B, T, _ = x.shape
    return (
        np.zeros((B, T + 1, C), x.dtype),
        np.zeros((B, T, 3 * C), x.dtype),
        np.zeros((B, T, C), x.dtype),
    )


# -------------------------------------------------------------------- wrong
def update_gate_turned_round(x: Array, weight: Array, bias: Array, h: Array) -> Triple:
    C = len(weight)
    hidden, gates, past = results(x, C)
    hidden[:, 0] = h
    for t in range(x.shape[1]):
        s = h @ weight + bias
        r, z = np.split(logistic(x[:, t, : 2 * C] + s[:, : 2 * C]), 2, axis=1)
        n = np.tanh(x[:, t, 2 * C :] + r * s[:, 2 * C :])
        h = z * n + (1 - z) * h
        hidden[:, t + 1], past[:, t] = h, s[:, 2 * C :]
        gates[:, t] = np.concatenate([r, z, n], axis=1)
    return hidden, gates, past


def reset_before_the_product(x: Array, weight: Array, bias: Array, h: Array) -> Triple:
    C = len(weight)
    hidden, gates, past = results(x, C)
    hidden[:, 0] = h
    for t in range(x.shape[1]):
        s = h @ weight[:, : 2 * C] + bias[: 2 * C]
        r, z = np.split(logistic(x[:, t, : 2 * C] + s), 2, axis=1)
        past[:, t] = (r * h) @ weight[:, 2 * C :] + bias[2 * C :]
        n = np.tanh(x[:, t, 2 * C :] + past[:, t])
        h = (1 - z) * n + z * h
        hidden[:, t + 1] = h
        gates[:, t] = np.concatenate([r, z, n], axis=1)
    return hidden, gates, past


def update_before_reset(x: Array, weight: Array, bias: Array, h: Array) -> Triple:
    C = len(weight)
    hidden, gates, past = results(x, C)
    hidden[:, 0] = h
    for t in range(x.shape[1]):
        s = h @ weight + bias
        z, r = np.split(logistic(x[:, t, : 2 * C] + s[:, : 2 * C]), 2, axis=1)
        n = np.tanh(x[:, t, 2 * C :] + r * s[:, 2 * C :])
        h = (1 - z) * n + z * h
        hidden[:, t + 1], past[:, t] = h, s[:, 2 * C :]
        gates[:, t] = np.concatenate([z, r, n], axis=1)
    return hidden, gates, past


def no_reset(x: Array, weight: Array, bias: Array, h: Array) -> Triple:
    C = len(weight)
    hidden, gates, past = results(x, C)
    hidden[:, 0] = h
    for t in range(x.shape[1]):
        s = h @ weight + bias
        r, z = np.split(logistic(x[:, t, : 2 * C] + s[:, : 2 * C]), 2, axis=1)
        n = np.tanh(x[:, t, 2 * C :] + s[:, 2 * C :])
        h = (1 - z) * n + z * h
        hidden[:, t + 1], past[:, t] = h, s[:, 2 * C :]
        gates[:, t] = np.concatenate([r, z, n], axis=1)
    return hidden, gates, past


def bias_outside_of_the_reset(x: Array, weight: Array, bias: Array, h: Array) -> Triple:
    C = len(weight)
    hidden, gates, past = results(x, C)
    hidden[:, 0] = h
    x = x + bias
    for t in range(x.shape[1]):
        s = h @ weight
        r, z = np.split(logistic(x[:, t, : 2 * C] + s[:, : 2 * C]), 2, axis=1)
        n = np.tanh(x[:, t, 2 * C :] + r * s[:, 2 * C :])
        h = (1 - z) * n + z * h
        hidden[:, t + 1], past[:, t] = h, s[:, 2 * C :]
        gates[:, t] = np.concatenate([r, z, n], axis=1)
    return hidden, gates, past


def sigmoid_for_the_new_state(x: Array, weight: Array, bias: Array, h: Array) -> Triple:
    C = len(weight)
    hidden, gates, past = results(x, C)
    hidden[:, 0] = h
    for t in range(x.shape[1]):
        s = h @ weight + bias
        r, z = np.split(logistic(x[:, t, : 2 * C] + s[:, : 2 * C]), 2, axis=1)
        n = logistic(x[:, t, 2 * C :] + r * s[:, 2 * C :])
        h = (1 - z) * n + z * h
        hidden[:, t + 1], past[:, t] = h, s[:, 2 * C :]
        gates[:, t] = np.concatenate([r, z, n], axis=1)
    return hidden, gates, past


def each_step_from_the_first_state(x: Array, weight: Array, bias: Array, h: Array) -> Triple:
    C = len(weight)
    hidden, gates, past = results(x, C)
    hidden[:, 0] = h
    for t in range(x.shape[1]):
        s = h @ weight + bias
        r, z = np.split(logistic(x[:, t, : 2 * C] + s[:, : 2 * C]), 2, axis=1)
        n = np.tanh(x[:, t, 2 * C :] + r * s[:, 2 * C :])
        hidden[:, t + 1], past[:, t] = (1 - z) * n + z * h, s[:, 2 * C :]
        gates[:, t] = np.concatenate([r, z, n], axis=1)
    return hidden, gates, past


def past_after_the_reset(x: Array, weight: Array, bias: Array, h: Array) -> Triple:
    C = len(weight)
    hidden, gates, past = results(x, C)
    hidden[:, 0] = h
    for t in range(x.shape[1]):
        s = h @ weight + bias
        r, z = np.split(logistic(x[:, t, : 2 * C] + s[:, : 2 * C]), 2, axis=1)
        past[:, t] = r * s[:, 2 * C :]
        n = np.tanh(x[:, t, 2 * C :] + past[:, t])
        h = (1 - z) * n + z * h
        hidden[:, t + 1] = h
        gates[:, t] = np.concatenate([r, z, n], axis=1)
    return hidden, gates, past


# -------------------------------------------------------------------- right, in another way
def collects_steps(x: Array, weight: Array, bias: Array, h: Array) -> Triple:
    steps, states = [], [h]
    for inputs in x.swapaxes(0, 1):
        s_r, s_z, s_n = np.split(states[-1] @ weight + bias, 3, axis=1)
        x_r, x_z, x_n = np.split(inputs, 3, axis=1)
        r, z = 1 / (1 + np.exp(-x_r - s_r)), 1 / (1 + np.exp(-x_z - s_z))
        n = np.tanh(x_n + r * s_n)
        steps.append((np.concatenate([r, z, n], axis=1), s_n))
        states.append(n + z * (states[-1] - n))
    gates, past = (np.stack(part, axis=1) for part in zip(*steps, strict=True))
    return np.stack(states, axis=1), gates, past


def three_products(x: Array, weight: Array, bias: Array, h: Array) -> Triple:
    C = len(weight)
    hidden, gates, past = results(x, C)
    hidden[:, 0] = h
    first, second, third = slice(C), slice(C, 2 * C), slice(2 * C, 3 * C)
    for t in range(x.shape[1]):
        h = hidden[:, t]
        gates[:, t, first] = logistic(x[:, t, first] + bias[first] + h @ weight[:, first])
        gates[:, t, second] = logistic(x[:, t, second] + bias[second] + h @ weight[:, second])
        past[:, t] = bias[third] + h @ weight[:, third]
        gates[:, t, third] = np.tanh(gates[:, t, first] * past[:, t] + x[:, t, third])
        kept = gates[:, t, second]
        hidden[:, t + 1] = kept * h + (1 - kept) * gates[:, t, third]
    return hidden, gates, past


GRU = Exercise(
    name="gru",
    target="tinyllm.kernels.gru:forward_numpy",
    hidden=("tinyllm.kernels.gru:forward_numba",),
    imports=(
        "import numpy as np\n\n"
        "from tinyllm.kernels.recurrent import logistic\nfrom tinyllm.types import Array"
    ),
    cases=cases,
    probes=probes,
    mistakes=(
        update_gate_turned_round,
        reset_before_the_product,
        update_before_reset,
        no_reset,
        bias_outside_of_the_reset,
        sigmoid_for_the_new_state,
        each_step_from_the_first_state,
        past_after_the_reset,
    ),
    others=(collects_steps, three_products),
)
