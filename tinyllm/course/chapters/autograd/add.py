"""The exercise add-backward."""

from __future__ import annotations

import math
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

    def with_gradient(pair: Any) -> Any:
        return st.tuples(st.just(pair), arrays(np.broadcast_shapes(*pair), few()))

    return st.sampled_from(PAIRS).flatmap(with_gradient)


def probes() -> list[Arguments]:
    pairs = [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (2, 3)), ((2, 1), (1, 3)), ((), (2,))]
    return [(pair, numbers(np.broadcast_shapes(*pair))) for pair in pairs]


def no_unbroadcast(ctx: Context, grad: Array) -> Any:
    return grad, grad


def only_the_first_is_summed(ctx: Context, grad: Array) -> Any:
    a_shape, _ = ctx.saved
    return unbroadcast(grad, a_shape), grad


def shapes_exchanged(ctx: Context, grad: Array) -> Any:
    a_shape, b_shape = ctx.saved
    return unbroadcast(grad, b_shape), unbroadcast(grad, a_shape)


def ones_for_grad(ctx: Context, grad: Array) -> Any:
    a_shape, b_shape = ctx.saved
    return np.ones(a_shape, grad.dtype), np.ones(b_shape, grad.dtype)


def minus_for_the_second(ctx: Context, grad: Array) -> Any:
    a_shape, b_shape = ctx.saved
    return unbroadcast(grad, a_shape), unbroadcast(-grad, b_shape)


def half_for_each(ctx: Context, grad: Array) -> Any:
    a_shape, b_shape = ctx.saved
    return unbroadcast(grad / 2, a_shape), unbroadcast(grad / 2, b_shape)


def mean_of_the_copies(ctx: Context, grad: Array) -> Any:
    shares = [math.prod(shape) / grad.size for shape in ctx.saved]
    pairs = zip(shares, ctx.saved, strict=True)
    return tuple([unbroadcast(grad * np.float32(share), shape) for share, shape in pairs])


def one_gradient_alone(ctx: Context, grad: Array) -> Any:
    return grad


def place_by_place(ctx: Context, grad: Array) -> Any:
    gradients = []
    for shape in ctx.saved:
        total = np.zeros(shape, grad.dtype)
        for place in np.ndindex(grad.shape):
            ending = place[len(place) - len(shape) :]
            pairs = zip(ending, shape, strict=True)
            total[tuple([0 if n == 1 else i for i, n in pairs])] += grad[place]
        gradients.append(total)
    return tuple(gradients)


def by_a_comprehension(ctx: Context, grad: Array) -> Any:
    return tuple([unbroadcast(grad, shape) for shape in ctx.saved])


def added_in_place(ctx: Context, grad: Array) -> Any:
    a_shape, b_shape = ctx.saved
    da, db = np.zeros(a_shape, grad.dtype), np.zeros(b_shape, grad.dtype)
    for total in (da, db):
        places = np.broadcast_to(np.arange(total.size).reshape(total.shape), grad.shape)
        np.add.at(total.reshape(-1), places.reshape(-1), grad.reshape(-1))
    return da, db


def weighted(value: float) -> Variant:
    """The second input has a weight: y = a + c b."""

    def change(backward: Callable[..., Any]) -> Callable[..., Any]:
        def weighted_backward(ctx: Context, grad: Array) -> Any:
            gradients = backward(ctx, grad)
            if not isinstance(gradients, tuple):
                return gradients
            first, second = gradients
            return first, second * FLOAT.type(value)

        return weighted_backward

    return Variant(
        text={
            "en": f"the operation is y = a + {value:g} · b. So the gradient of b has the factor "
            f"{value:g}, and that of a has none. For grad = 3 they are 3 and {3 * value:g}.",
            "zh": f"运算是 y = a + {value:g} · b，所以 b 的梯度带有因子 {value:g}，a 的没有。"
            f"grad = 3 时，它们是 3 和 {3 * value:g}。",
        },
        change=change,
    )


ADD_BACKWARD = Exercise(
    name="add-backward",
    target="tinyllm.autograd.arithmetic:Add.backward",
    use=use_backward,
    imports=(
        "import numpy as np\n\n"
        "from tinyllm.autograd.arithmetic import unbroadcast\n"
        "from tinyllm.autograd.function import Context"
    ),
    cases=cases,
    probes=probes,
    mistakes=(
        no_unbroadcast,
        only_the_first_is_summed,
        shapes_exchanged,
        ones_for_grad,
        minus_for_the_second,
        half_for_each,
        mean_of_the_copies,
        one_gradient_alone,
    ),
    others=(place_by_place, by_a_comprehension, added_in_place),
    variants=tuple(weighted(value) for value in (2.0, 3.0, 4.0, 0.5)),
)
