"""What the two exercises on residual blocks share: small parts, and how they are tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm import backend
from tinyllm.autograd.tensor import Tensor
from tinyllm.course.exercise import Arguments
from tinyllm.nn import LayerNorm
from tinyllm.nn.residual import PostNorm, PreNorm
from tinyllm.types import FLOAT, Array


def numbers(y: Any) -> Array:
    """Take what a forward returned out of its Tensor.

    Raises:  TypeError if it is none
    """
    if not isinstance(y, Tensor):
        raise TypeError(f"forward must return a Tensor; got {type(y).__name__}.")
    return y.data


def build(
    kind: type[PreNorm] | type[PostNorm], forward: Callable[..., Any], x: Array, scale: Array
) -> tuple[Array, Array]:
    """Run a block whose branch is x * scale * factor; it must be told the factor, 2, an option.

    Return y, and the gradient of x where that of y is 1, 2, 3, ...
    """

    def branch(x: Tensor, factor: float = 1.0) -> Tensor:
        return x * (scale * FLOAT.type(factor))

    parts: Any = branch
    block = kind(parts, LayerNorm(x.shape[-1]))
    tensor = Tensor(x, requires_grad=True)
    with backend("numpy"):  # nothing is compiled for so little
        y = forward(block, tensor, factor=2.0)
        data = numbers(y)
        if y.requires_grad:
            y.backward(np.arange(1, data.size + 1).reshape(data.shape))
    gradient = np.zeros_like(x) if tensor.grad is None else tensor.grad
    return data, np.asarray(gradient)


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    def with_scale(shape: tuple[int, int, int]) -> Any:
        # each vector rises, so that its deviation is not 0
        x = arrays(shape, nice(1)).map(lambda x: x + 3 * np.arange(shape[-1], dtype=FLOAT))
        return st.tuples(x, arrays(shape[-1:], st.sampled_from([1.0, 2.0, -1.0, 0.5])))

    return shapes((1, 2), (1, 2), (2, 3)).flatmap(with_scale)


def probes() -> list[Arguments]:
    return [
        (np.array([[[1.0, 3.0]]], FLOAT), np.array([1.0, 2.0], FLOAT)),
        (
            np.array([[[0.5, -1.0, 2.0], [2.0, 1.0, -2.0]]], FLOAT),
            np.array([1.0, -0.5, 2.0], FLOAT),
        ),
    ]
