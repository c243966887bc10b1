"""rnn-step: Elman's cell over all steps of a text."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise, Variant
from tinyllm.types import FLOAT, Array


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    def of_sizes(sizes: tuple[int, int, int]) -> Any:
        B, T, C = sizes
        every = ((B, T, C), (C, C), (C,), (B, C))
        return st.tuples(*(arrays(shape, nice(1)) for shape in every))

    return shapes((1, 2), (1, 3), (1, 2)).flatmap(of_sizes)


def probes() -> list[Arguments]:
    return [
        (
            np.array([[[0.5, -0.5], [1.0, 0.0], [0.0, 0.5]]], FLOAT),
            np.array([[0.5, -1.0], [0.5, 0.0]], FLOAT),
            np.array([0.5, -0.5], FLOAT),
            np.array([[1.0, -0.5]], FLOAT),
        ),
        (
            np.array([[[0.5], [-0.5]], [[0.0], [1.0]]], FLOAT),
            np.array([[-1.0]], FLOAT),
            np.array([0.5], FLOAT),
            np.array([[0.5], [-1.0]], FLOAT),
        ),
    ]


# -------------------------------------------------------------------- wrong
def starts_from_zeros(x: Array, weight: Array, bias: Array, h: Array) -> Array:
    hidden = np.zeros((x.shape[0], x.shape[1] + 1, x.shape[2]), x.dtype)
    for t in range(x.shape[1]):
        hidden[:, t + 1] = np.tanh(x[:, t] + hidden[:, t] @ weight + bias)
    return hidden


def weight_transposed(x: Array, weight: Array, bias: Array, h: Array) -> Array:
    states = [h]
    for t in range(x.shape[1]):
        states.append(np.tanh(x[:, t] + states[-1] @ weight.T + bias))
    return np.stack(states, axis=1)


def leaves_the_first_state_out(x: Array, weight: Array, bias: Array, h: Array) -> Array:
    hidden = np.empty_like(x)
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] + h @ weight + bias)
        hidden[:, t] = h
    return hidden


def each_step_from_the_first_state(x: Array, weight: Array, bias: Array, h: Array) -> Array:
    hidden = np.empty((x.shape[0], x.shape[1] + 1, x.shape[2]), x.dtype)
    hidden[:, 0] = h
    for t in range(x.shape[1]):
        hidden[:, t + 1] = np.tanh(x[:, t] + h @ weight + bias)
    return hidden


def no_tanh(x: Array, weight: Array, bias: Array, h: Array) -> Array:
    hidden = np.empty((x.shape[0], x.shape[1] + 1, x.shape[2]), x.dtype)
    hidden[:, 0] = h
    for t in range(x.shape[1]):
        hidden[:, t + 1] = x[:, t] + hidden[:, t] @ weight + bias
    return hidden


def forgets_the_bias(x: Array, weight: Array, bias: Array, h: Array) -> Array:
    hidden = np.empty((x.shape[0], x.shape[1] + 1, x.shape[2]), x.dtype)
    hidden[:, 0] = h
    for t in range(x.shape[1]):
        hidden[:, t + 1] = np.tanh(x[:, t] + hidden[:, t] @ weight)
    return hidden


def steps_before_texts(x: Array, weight: Array, bias: Array, h: Array) -> Array:
    states = [h]
    for t in range(x.shape[1]):
        states.append(np.tanh(x[:, t] + states[-1] @ weight + bias))
    return np.array(states)


def float64_states(x: Array, weight: Array, bias: Array, h: Array) -> Array:
    hidden = np.zeros((x.shape[0], x.shape[1] + 1, x.shape[2]))
    hidden[:, 0] = h
    for t in range(x.shape[1]):
        hidden[:, t + 1] = np.tanh(x[:, t] + hidden[:, t] @ weight + bias)
    return hidden


# -------------------------------------------------------------------- right, in another way
def collects_states(x: Array, weight: Array, bias: Array, h: Array) -> Array:
    states = [h]
    for inputs in x.swapaxes(0, 1):
        states.append(np.tanh(inputs + states[-1] @ weight + bias))
    return np.stack(states, axis=1)


def one_text_at_a_time(x: Array, weight: Array, bias: Array, h: Array) -> Array:
    hidden = np.zeros((x.shape[0], x.shape[1] + 1, x.shape[2]), x.dtype)
    for b, text in enumerate(x):
        hidden[b, 0] = h[b]
        for t, inputs in enumerate(text):
            for j in range(x.shape[2]):
                total = inputs[j] + bias[j]
                for k in range(x.shape[2]):
                    total += hidden[b, t, k] * weight[k, j]
                hidden[b, t + 1, j] = np.tanh(total)
    return hidden


def one_product_for_both(x: Array, weight: Array, bias: Array, h: Array) -> Array:
    both = np.concatenate([np.eye(len(weight), dtype=x.dtype), weight])
    hidden = np.empty((x.shape[0], x.shape[1] + 1, x.shape[2]), x.dtype)
    hidden[:, 0] = h
    for t in range(x.shape[1]):
        read = np.concatenate([x[:, t] + bias, hidden[:, t]], axis=1)
        hidden[:, t + 1] = np.tanh(read @ both)
    return hidden


def from_the_end() -> Variant:
    """The text is read backwards, as half of a bidirectional model does."""

    def change(forward: Callable[..., Array]) -> Callable[..., Array]:
        return lambda x, weight, bias, h: forward(x[:, ::-1], weight, bias, h)

    first = math.tanh(0.5)
    states = f"[0, {first:.3f}, {math.tanh(1 + 2 * first + 0.5):.3f}]"
    return Variant(
        text={
            "en": "read each text from its end: the step after h_0 takes the last token. The "
            f"states stand in the order in which they are made. In the example above they are "
            f"{states}.",
            "zh": "从末尾开始读每段文本：h_0 之后的第一步用最后一个词元。状态按产生的先后排列。"
            f"上面的例子里，它们是 {states}。",
        },
        change=change,
    )


def louder(value: float) -> Variant:
    """The inputs are scaled, the state is not."""

    def change(forward: Callable[..., Array]) -> Callable[..., Array]:
        return lambda x, weight, bias, h: forward(x * FLOAT.type(value), weight, bias, h)

    first = math.tanh(value + 0.5)
    states = f"[0, {first:.3f}, {math.tanh(2 * first + 0.5):.3f}]"
    return Variant(
        text={
            "en": f"what a token brings is multiplied by {value:g}: h_t = tanh({value:g} x_t + "
            f"h_(t-1) W + b). In the example above the states are {states}.",
            "zh": f"词元带来的部分乘以 {value:g}：h_t = tanh({value:g} x_t + h_(t-1) W + b)。"
            f"上面的例子里，状态是 {states}。",
        },
        change=change,
    )


RNN_STEP = Exercise(
    name="rnn-step",
    target="tinyllm.kernels.rnn:forward_numpy",
    hidden=("tinyllm.kernels.rnn:forward_numba",),
    cases=cases,
    probes=probes,
    mistakes=(
        starts_from_zeros,
        weight_transposed,
        leaves_the_first_state_out,
        each_step_from_the_first_state,
        no_tanh,
        forgets_the_bias,
        steps_before_texts,
        float64_states,
    ),
    others=(collects_states, one_text_at_a_time, one_product_for_both),
    variants=(from_the_end(), *(louder(value) for value in (0.5, 2.0, -1.0))),
)
