"""Exercise clip-grad-norm: all gradients shorter by one factor, where they are too long."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.nn.module import Parameter
from tinyllm.types import FLOAT, Array


def clipped(
    function: Callable[..., float], gradients: list[Array | None], max_norm: float
) -> dict[str, Any]:
    """Give parameters these gradients; return the length, and what became of the gradients."""
    made = []
    for gradient in gradients:
        p = Parameter(np.zeros(1 if gradient is None else gradient.shape, FLOAT))
        p.grad = None if gradient is None else gradient.copy()
        made.append(p)
    length = function(iter(made), max_norm)
    return {"length": length, "gradients after it": [p.grad for p in made]}


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    shape = shapes((1, 3)) | shapes((1, 2), (1, 2))
    number = nice() | st.sampled_from([math.inf])
    gradients = st.lists(arrays(shape, number) | st.none(), min_size=1, max_size=3)
    return st.tuples(gradients, st.sampled_from([1.0, 2.0]))


def probes() -> list[Arguments]:
    vector, matrix = np.array([3.0, 0.0], FLOAT), np.array([[0.0, -4.0]], FLOAT)
    return [
        ([vector, matrix], 1.0),
        ([np.array([0.5, 0.25], FLOAT), np.array([0.5], FLOAT)], 2.0),
        ([vector, matrix], 4.5),
        ([np.array([1.0], FLOAT), np.array([[0.5]], FLOAT)], 2.0),
        ([np.array([1.0, -2.0], FLOAT), np.array([[2.0], [4.0]], FLOAT)], 2.5),
        ([vector, None, matrix], 1.0),
        ([np.array([math.inf, 1.0], FLOAT)], 1.0),
    ]


def each_for_itself(parameters: Iterable[Parameter], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    for g in gradients:
        length = float(np.sqrt((g * g).sum()))
        if max_norm < length < math.inf:
            g *= max_norm / length
    return math.sqrt(sum(float((g * g).sum()) for g in gradients))


def each_for_itself_after_one_length(parameters: Iterable[Parameter], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    before = math.sqrt(sum(float((g * g).sum()) for g in gradients))
    for g in gradients:
        length = float(np.sqrt((g * g).sum()))
        if max_norm < length < math.inf:
            g *= max_norm / length
    return before


def number_by_number(parameters: Iterable[Parameter], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    length = math.sqrt(sum(float((g * g).sum()) for g in gradients))
    if length < math.inf:
        for g in gradients:
            np.clip(g, -max_norm, max_norm, out=g)
    return length


def always_to_full_length(parameters: Iterable[Parameter], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    length = math.sqrt(sum(float((g * g).sum()) for g in gradients))
    if 0 < length < math.inf:
        for g in gradients:
            g *= max_norm / length
    return length


def forgets_the_root(parameters: Iterable[Parameter], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    length = sum(float((g * g).sum()) for g in gradients)
    if max_norm < length < math.inf:
        for g in gradients:
            g *= max_norm / length
    return length


def sum_of_lengths(parameters: Iterable[Parameter], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    length = sum(float(np.sqrt((g * g).sum())) for g in gradients)
    if max_norm < length < math.inf:
        for g in gradients:
            g *= max_norm / length
    return length


def largest_number(parameters: Iterable[Parameter], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    length = max((float(np.abs(g).max()) for g in gradients), default=0.0)
    if max_norm < length < math.inf:
        for g in gradients:
            g *= max_norm / length
    return length


def tells_the_length_after(parameters: Iterable[Parameter], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    length = math.sqrt(sum(float((g * g).sum()) for g in gradients))
    if max_norm < length < math.inf:
        for g in gradients:
            g *= max_norm / length
        return max_norm
    return length


def scales_a_copy(parameters: Iterable[Parameter], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    length = math.sqrt(sum(float((g * g).sum()) for g in gradients))
    if max_norm < length < math.inf:
        gradients = [g * (max_norm / length) for g in gradients]
    return length


def infinity_is_scaled(parameters: Iterable[Parameter], max_norm: float) -> float:
    gradients = [p.grad for p in parameters if p.grad is not None]
    length = math.sqrt(sum(float((g * g).sum()) for g in gradients))
    if length > max_norm:
        for g in gradients:
            g *= max_norm / length
    return length


def parameters_without_gradient(parameters: Iterable[Parameter], max_norm: float) -> float:
    gradients: list[Any] = [p.grad for p in parameters]
    length = math.sqrt(sum(float((g * g).sum()) for g in gradients))
    if max_norm < length < math.inf:
        for g in gradients:
            g *= max_norm / length
    return length


def by_a_long_vector(parameters: Iterable[Parameter], max_norm: float) -> float:
    kept = [p for p in list(parameters) if p.grad is not None]
    if not kept:
        return 0.0
    everything = np.concatenate([np.asarray(p.grad).reshape(-1) for p in kept])
    length = np.linalg.norm(everything.astype(np.float64))
    if length > max_norm and np.isfinite(length):
        for p in kept:
            p.grad = (np.asarray(p.grad) * np.float32(max_norm / length)).astype(FLOAT)
    return float(length)


def with_loops(parameters: Iterable[Parameter], max_norm: float) -> float:
    kept, squares = [], 0.0
    for p in parameters:
        if p.grad is not None:
            kept.append(p)
            for number in p.grad.ravel():
                squares += float(number) ** 2
    factor = 1.0 if squares in (0.0, math.inf) else min(1.0, max_norm / squares**0.5)
    for p in kept:
        p.grad *= factor
    return squares**0.5


def by_a_factor_of_at_most_one(parameters: Iterable[Any], max_norm: float) -> Any:
    """The way of PyTorch: a tiny number below, and a factor that is never above 1."""
    kept = [p for p in parameters if p.grad is not None]
    lengths = np.array([np.linalg.norm(p.grad) for p in kept], np.float64)
    length = np.sqrt(np.sum(lengths**2))
    if np.isinf(length):
        return length
    factor = np.clip(max_norm / (length + 1e-6), None, 1.0)
    for p in kept:
        p.grad = np.multiply(p.grad, factor, dtype=p.grad.dtype)
    return length


CLIP_GRAD_NORM = Exercise(
    name="clip-grad-norm",
    target="tinyllm.train.optimisers:clip_grad_norm",
    imports="""\
import math
from collections.abc import Iterable

import numpy as np

from tinyllm.nn import Parameter""",
    use=clipped,
    cases=cases,
    probes=probes,
    mistakes=(
        each_for_itself,
        number_by_number,
        always_to_full_length,
        forgets_the_root,
        sum_of_lengths,
        largest_number,
        tells_the_length_after,
        scales_a_copy,
        infinity_is_scaled,
        parameters_without_gradient,
        each_for_itself_after_one_length,
    ),
    others=(by_a_long_vector, with_loops, by_a_factor_of_at_most_one),
)
