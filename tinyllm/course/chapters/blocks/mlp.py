"""Exercise: the forward of MLP, the part of a block that works on each position by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm import backend, ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.course.chapters.blocks.residual import numbers
from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.nn import MLP
from tinyllm.nn.mlp import gelu
from tinyllm.types import FLOAT, Array

ACTIVATIONS = {"relu": ops.relu, "gelu": gelu}


def use(
    forward: Callable[..., Any],
    x: Array,
    up_weight: Array,
    up_bias: Array,
    down_weight: Array,
    down_bias: Array,
    activation: str,
    dropout: float,
) -> Array:
    C, F = up_weight.shape
    function, rng = ACTIVATIONS[activation], np.random.default_rng(0)
    mlp = MLP(C, F, activation=function, dropout=dropout, rng=rng)
    values = (up_weight, up_bias, down_weight, down_bias)
    for parameter, value in zip(mlp.parameters(), values, strict=True):
        parameter.data[...] = value
    with backend("numpy"):  # nothing is compiled for so little
        return numbers(forward(mlp, Tensor(x)))


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    def of_sizes(sizes: tuple[int, int, int, int]) -> Any:
        B, T, C, F = sizes
        return st.tuples(
            arrays((B, T, C), nice(2)),
            arrays((C, F), nice(2)),
            arrays((F,), nice(1)),
            arrays((F, C), nice(2)),
            arrays((C,), nice(1)),
            st.sampled_from(["relu", "gelu"]),
            st.sampled_from([0.0, 0.5]),
        )

    return shapes((1, 2), (1, 2), (1, 2), (1, 3)).flatmap(of_sizes)


def probes() -> list[Arguments]:
    x = np.array([[[1.0, -2.0], [0.5, 3.0]]], FLOAT)
    weights = (
        np.array([[1.0, -1.0, 0.5], [-0.5, 0.5, 2.0]], FLOAT),
        np.array([0.5, 0.0, -1.0], FLOAT),
        np.array([[1.0, 2.0], [-1.0, 0.5], [0.5, -2.0]], FLOAT),
        np.array([1.0, -0.5], FLOAT),
    )
    return [
        (x, *weights, "relu", 0.0),
        (x, *weights, "gelu", 0.0),
        (np.repeat(x, 4, axis=1), *weights, "relu", 0.5),
    ]


def without_activation(self: MLP, x: Tensor) -> Tensor:
    return self.dropout(self.down(self.up(x)))


def activation_at_the_end(self: MLP, x: Tensor) -> Tensor:
    return self.dropout(self.activation(self.down(self.up(x))))


def activation_twice(self: MLP, x: Tensor) -> Tensor:
    return self.dropout(self.activation(self.down(self.activation(self.up(x)))))


def activation_first(self: MLP, x: Tensor) -> Tensor:
    return self.dropout(self.down(self.up(self.activation(x))))


def adds_x_here(self: MLP, x: Tensor) -> Tensor:
    return x + self.dropout(self.down(self.activation(self.up(x))))


def always_gelu(self: MLP, x: Tensor) -> Tensor:
    return self.dropout(self.down(ops.gelu(self.up(x), approximate="tanh")))


def exact_gelu(self: MLP, x: Tensor) -> Tensor:
    return self.dropout(self.down(ops.gelu(self.up(x))))


def without_biases(self: MLP, x: Tensor) -> Tensor:
    return self.dropout(self.activation(x @ self.up.weight) @ self.down.weight)


def forgets_dropout(self: MLP, x: Tensor) -> Tensor:
    return self.down(self.activation(self.up(x)))


def dropout_in_the_middle(self: MLP, x: Tensor) -> Tensor:
    return self.down(self.dropout(self.activation(self.up(x))))


def in_steps(self: MLP, x: Tensor) -> Tensor:
    hidden = self.up(x)
    hidden = self.activation(hidden)
    return self.dropout(self.down(hidden))


def with_products(self: MLP, x: Tensor) -> Tensor:
    hidden = x @ self.up.weight
    if self.up.bias is not None:
        hidden = hidden + self.up.bias
    y = self.activation(hidden) @ self.down.weight
    return self.dropout(y if self.down.bias is None else y + self.down.bias)


MLP_FORWARD = Exercise(
    name="mlp",
    target="tinyllm.nn.mlp:MLP.forward",
    use=use,
    cases=cases,
    probes=probes,
    mistakes=(
        without_activation,
        activation_at_the_end,
        activation_twice,
        activation_first,
        adds_x_here,
        always_gelu,
        exact_gelu,
        without_biases,
        forgets_dropout,
        dropout_in_the_middle,
    ),
    others=(in_steps, with_products),
    imports="from tinyllm import Tensor",
)
