"""The exercise multiply-backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.autograd.arithmetic import unbroadcast
from tinyllm.autograd.function import Context
from tinyllm.course.chapters.autograd.broadcasting import PAIRS, few, numbers, use_backward
from tinyllm.course.exercise import Arguments, Exercise, Variant
from tinyllm.types import FLOAT, Array


def cases() -> Any:
    from tinyllm.course.draws import arrays, st  # noqa: PLC0415

    def with_arrays(pair: Any) -> Any:
        both = st.tuples(*(arrays(shape, few()) for shape in pair))
        grad = arrays(np.broadcast_shapes(*pair), few(simplest=2.0))  # 1 is not seen in a product
        return st.tuples(both, grad)

    return st.sampled_from(PAIRS).flatmap(with_arrays)


def probes() -> list[Arguments]:
    pairs = [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (2, 3)), ((2, 1), (1, 3)), ((), (2,))]
    return [((numbers(a), numbers(b, -1)), numbers(np.broadcast_shapes(a, b), 4)) for a, b in pairs]


def own_factor(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    return unbroadcast(grad * a, a.shape), unbroadcast(grad * b, b.shape)


def no_unbroadcast(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    return grad * b, grad * a


def summed_too_early(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    return unbroadcast(grad, a.shape) * b, unbroadcast(grad, b.shape) * a


def grad_is_left_out(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    return unbroadcast(b, a.shape), unbroadcast(a, b.shape)


def as_if_it_were_a_sum(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    return unbroadcast(grad, a.shape), unbroadcast(grad, b.shape)


def times_the_result(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    return unbroadcast(grad * a * b, a.shape), unbroadcast(grad * a * b, b.shape)


def gradients_exchanged(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    return unbroadcast(grad * a, b.shape), unbroadcast(grad * b, a.shape)


def writes_into_grad(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    da = unbroadcast(grad * b, a.shape)
    grad *= a
    return da, unbroadcast(grad, b.shape)


def float64_result(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    da, db = np.zeros(a.shape), np.zeros(b.shape)
    for place in np.ndindex(grad.shape):
        in_a, in_b = place_in(a, place), place_in(b, place)
        da[in_a] += grad[place] * b[in_b]
        db[in_b] += grad[place] * a[in_a]
    return da, db


def place_by_place(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    da, db = np.zeros_like(a), np.zeros_like(b)
    for place in np.ndindex(grad.shape):
        in_a, in_b = place_in(a, place), place_in(b, place)
        da[in_a] += grad[place] * b[in_b]
        db[in_b] += grad[place] * a[in_a]
    return da, db


def place_in(array: Array, place: tuple[int, ...]) -> tuple[int, ...]:
    """Find the element that broadcasting copied to a place."""
    ending = place[len(place) - array.ndim :]
    return tuple([0 if n == 1 else i for i, n in zip(ending, array.shape, strict=True)])


def copied_first(ctx: Context, grad: Array) -> Any:
    a, b = np.broadcast_arrays(*ctx.saved)
    return tuple([unbroadcast(o * grad, s.shape) for o, s in zip((b, a), ctx.saved, strict=True)])


def only_what_is_wanted(ctx: Context, grad: Array) -> Any:
    a, b = ctx.saved
    da = unbroadcast(np.multiply(b, grad), a.shape) if ctx.needs[0] else None
    db = unbroadcast(np.multiply(a, grad), b.shape) if ctx.needs[1] else None
    return da, db


def with_factor(value: float) -> Variant:
    """The product times a constant: y = c a b."""

    def change(backward: Callable[..., Any]) -> Callable[..., Any]:
        def with_factor_backward(ctx: Context, grad: Array) -> Any:
            gradients = backward(ctx, grad)
            return tuple(None if g is None else g * FLOAT.type(value) for g in gradients)

        return with_factor_backward

    return Variant(
        text={
            "en": f"the operation is y = {value:g} · a · b. So both gradients have the factor "
            f"{value:g}, too. For a = 3, b = 5 and grad = 1 they are {5 * value:g} and "
            f"{3 * value:g}.",
            "zh": f"运算是 y = {value:g} · a · b，所以两个梯度也都带有因子 {value:g}。"
            f"a = 3，b = 5，grad = 1 时，它们是 {5 * value:g} 和 {3 * value:g}。",
        },
        change=change,
    )


MULTIPLY_BACKWARD = Exercise(
    name="multiply-backward",
    target="tinyllm.autograd.arithmetic:Multiply.backward",
    use=use_backward,
    imports=(
        "import numpy as np\n\n"
        "from tinyllm.autograd.arithmetic import unbroadcast\n"
        "from tinyllm.autograd.function import Context"
    ),
    cases=cases,
    probes=probes,
    mistakes=(
        own_factor,
        no_unbroadcast,
        summed_too_early,
        grad_is_left_out,
        as_if_it_were_a_sum,
        times_the_result,
        gradients_exchanged,
        writes_into_grad,
        float64_result,
    ),
    others=(place_by_place, copied_first, only_what_is_wanted),
    variants=tuple(with_factor(value) for value in (2.0, 4.0, 0.5, -1.0)),
)
