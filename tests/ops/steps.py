"""Recurrent cells one step at a time: what ops.rnn, gru and lstm do in one node, in hundreds.

Each works on arrays and on tensors, with the functions of either: `unrolled(lstm, OPS)`.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from tinyllm import ops

OPS = SimpleNamespace(tanh=ops.tanh, sigmoid=ops.sigmoid, stack=ops.stack)
NUMPY = SimpleNamespace(tanh=np.tanh, sigmoid=lambda x: 1 / (1 + np.exp(-x)), stack=np.stack)


def rnn(f: Any, x: Any, weight: Any, bias: Any, h: Any) -> tuple[Any, ...]:
    return (f.tanh(x + h @ weight + bias),)


def gru(f: Any, x: Any, weight: Any, bias: Any, h: Any) -> tuple[Any, ...]:
    C, s = h.shape[1], h @ weight + bias
    r = f.sigmoid(x[:, :C] + s[:, :C])
    z = f.sigmoid(x[:, C : 2 * C] + s[:, C : 2 * C])
    n = f.tanh(x[:, 2 * C :] + r * s[:, 2 * C :])
    return ((1 - z) * n + z * h,)


def lstm(f: Any, x: Any, weight: Any, bias: Any, h: Any, c: Any) -> tuple[Any, ...]:
    C, a = h.shape[1], x + h @ weight + bias
    i, forget = f.sigmoid(a[:, :C]), f.sigmoid(a[:, C : 2 * C])
    g, o = f.tanh(a[:, 2 * C : 3 * C]), f.sigmoid(a[:, 3 * C :])
    c = forget * c + i * g
    return o * f.tanh(c), c


def unrolled(step: Callable[..., tuple[Any, ...]], f: Any) -> Callable[..., tuple[Any, ...]]:
    """Return what runs a cell over x (B, T, G C): all states, and the last ones."""

    def run(x: Any, weight: Any, bias: Any, *state: Any) -> tuple[Any, ...]:
        states = []
        for t in range(x.shape[1]):
            state = step(f, x[:, t], weight, bias, *state)
            states.append(state[0])
        return f.stack(states, axis=1), *state

    return run
