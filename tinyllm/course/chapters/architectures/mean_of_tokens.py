"""Exercise: one vector for a text, the mean of its tokens and not of its padding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm import backend
from tinyllm.autograd.tensor import Tensor
from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.types import FLOAT, Array


def use(mean_of_tokens: Callable[..., Any], x: Array, mask: Array | None) -> tuple[Array, Array]:
    """Return the vectors, and the gradient of x where theirs is 1, 2, 3, ..."""
    tensor = Tensor(x, requires_grad=True)
    with backend("numpy"):  # nothing is compiled for so little
        y = mean_of_tokens(tensor, mask)
        if not isinstance(y, Tensor):
            raise TypeError(f"mean_of_tokens must return a Tensor; got {type(y).__name__}.")
        if y.requires_grad:
            y.backward(np.arange(1, y.size + 1).reshape(y.shape))
    gradient = np.zeros_like(x) if tensor.grad is None else tensor.grad
    return y.data, np.asarray(gradient)


def begun(mask: Array) -> Array:
    """Let each row have a token: one without any is a special case, for the probes."""
    mask[:, 0] = True
    return mask


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    def with_mask(shape: tuple[int, int, int]) -> Any:
        mask = arrays(shape[:2], st.sampled_from([True, False]), bool).map(begun)
        return st.tuples(arrays(shape, nice()), mask | st.none())

    return shapes((1, 2), (1, 3), (1, 2)).flatmap(with_mask)


def probes() -> list[Arguments]:
    x = np.array([[[1, 2], [3, 4], [8, 6]], [[2, 0], [5, 1], [7, 7]]], FLOAT)
    return [
        (x, np.array([[True, True, False], [True, False, False]])),
        (x, np.array([[True, True, True], [False, False, False]])),
        (x, None),
        (x[:, :2], np.array([[False, True], [True, True]])),
    ]


def padding_counts(x: Tensor, mask: Array | None) -> Tensor:
    return x.mean(axis=1)


def divides_by_all_places(x: Tensor, mask: Array | None) -> Tensor:
    if mask is None:
        return x.mean(axis=1)
    return (x * mask.astype(x.dtype)[:, :, None]).mean(axis=1)


def sum_of_tokens(x: Tensor, mask: Array | None) -> Tensor:
    return x.sum(axis=1) if mask is None else (x * mask.astype(x.dtype)[:, :, None]).sum(axis=1)


def over_the_numbers(x: Tensor, mask: Array | None) -> Tensor:
    if mask is None:
        return x.mean(axis=2)
    return x.mean(axis=2) * mask.astype(x.dtype)


def one_count_for_all(x: Tensor, mask: Array | None) -> Tensor:
    if mask is None:
        return x.mean(axis=1)
    shares = (mask / np.maximum(mask.sum(), 1)).astype(x.dtype)
    return (x * shares[:, :, None]).sum(axis=1)


def the_first_token(x: Tensor, mask: Array | None) -> Tensor:
    return x[:, 0]


def forgets_none(x: Tensor, mask: Array | None) -> Tensor:
    counts = np.maximum(mask.sum(axis=1, keepdims=True), 1)  # type: ignore[union-attr]
    return (x * (mask / counts).astype(x.dtype)[:, :, None]).sum(axis=1)


def nothing_by_nothing(x: Tensor, mask: Array | None) -> Tensor:
    if mask is None:
        return x.mean(axis=1)
    shares = (mask / mask.sum(axis=1, keepdims=True)).astype(x.dtype)
    return (x * shares[:, :, None]).sum(axis=1)


def float64_shares(x: Tensor, mask: Array | None) -> Tensor:
    if mask is None:
        return x.mean(axis=1)
    shares = mask / np.maximum(mask.sum(axis=1, keepdims=True), 1)
    return (x * shares[:, :, None]).sum(axis=1)


def without_a_graph(x: Tensor, mask: Array | None) -> Tensor:
    real = np.ones(x.shape[:2], bool) if mask is None else mask
    counts = np.maximum(real.sum(axis=1, keepdims=True), 1)
    return Tensor((x.data * real[:, :, None]).sum(axis=1) / counts.astype(x.dtype))


def no_graph_with_a_mask(x: Tensor, mask: Array | None) -> Tensor:
    if mask is None:
        return x.mean(axis=1)
    counts = np.maximum(mask.sum(axis=1, keepdims=True), 1)
    return Tensor((x.data * mask[:, :, None]).sum(axis=1) / counts.astype(x.dtype))


def with_an_index(x: Tensor, mask: Array | None) -> Tensor:
    if mask is None:
        mask = np.ones(x.shape[:2], bool)
    weights = mask.astype(x.dtype)
    weights = weights / np.clip(weights.sum(axis=1), 1, None)[:, None]
    return (x * weights[..., None]).sum(axis=1)


def sum_then_divide(x: Tensor, mask: Array | None) -> Tensor:
    if mask is None:
        return x.sum(axis=1) / x.shape[1]
    counts = np.maximum(mask.sum(axis=1), 1).astype(x.dtype)
    return (x * mask[:, :, None].astype(x.dtype)).sum(axis=1) / counts[:, None]


def by_a_product(x: Tensor, mask: Array | None) -> Tensor:
    real = np.ones(x.shape[:2], x.dtype) if mask is None else mask.astype(x.dtype)
    shares = real / np.maximum(real.sum(axis=1, keepdims=True), 1)
    return (Tensor(shares[:, None, :]) @ x)[:, 0]


MEAN_OF_TOKENS = Exercise(
    name="mean-of-tokens",
    target="tinyllm.models.heads:mean_of_tokens",
    use=use,
    cases=cases,
    probes=probes,
    mistakes=(
        padding_counts,
        divides_by_all_places,
        sum_of_tokens,
        over_the_numbers,
        one_count_for_all,
        the_first_token,
        forgets_none,
        nothing_by_nothing,
        float64_shares,
        without_a_graph,
        no_graph_with_a_mask,
    ),
    others=(with_an_index, sum_then_divide, by_a_product),
    imports="import numpy as np\n\nfrom tinyllm import Tensor\nfrom tinyllm.types import Array",
)
