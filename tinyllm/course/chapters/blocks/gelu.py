"""Exercise: GELU in the form with tanh, as GPT-2 has it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise, Variant
from tinyllm.types import FLOAT, Array

ROOT = math.sqrt(2 / math.pi)


def cases() -> Any:
    from tinyllm.course.draws import arrays, shapes, st  # noqa: PLC0415

    return st.tuples(arrays(shapes((1, 2), (1, 3))))


def probes() -> list[Arguments]:
    return [
        (np.array([-2.0, -1.0, 0.0, 1.0, 2.0], FLOAT),),
        (np.array([[0.5, -4.0], [20.0, -20.0]], FLOAT),),
    ]


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def with_sigmoid(x: Array) -> Array:
    return x / (1 + np.exp(-1.702 * x))


def exact(x: Array) -> Array:
    shares = [(1 + math.erf(v / math.sqrt(2))) / 2 for v in x.ravel().tolist()]
    return x * np.array(shares, x.dtype).reshape(x.shape)


def not_halved(x: Array) -> Array:
    return x * (1 + np.tanh(ROOT * (x + 0.044715 * x**3)))


def without_the_cube(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(ROOT * x))


def cube_outside_the_bracket(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(ROOT * x + 0.044715 * x**3))


def square_for_cube(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(ROOT * (x + 0.044715 * x * x)))


def root_of_pi_halves(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(math.sqrt(math.pi / 2) * (x + 0.044715 * x**3)))


def only_the_share(x: Array) -> Array:
    return 0.5 * (1 + np.tanh(ROOT * (x + 0.044715 * x**3)))


def root_of_numpy(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def number_by_number(x: Array) -> Array:
    y = [0.5 * v * (1 + math.tanh(ROOT * (v + 0.044715 * v**3))) for v in x.ravel().tolist()]
    return np.array(y, x.dtype).reshape(x.shape)


def as_a_sigmoid(x: Array) -> Array:
    inner = 2 * ROOT * (x + 0.044715 * x**3)
    return (x / (1 + np.exp(-inner))).astype(x.dtype)


def with_horner(x: Array) -> Array:
    inner = x * (ROOT + ROOT * 0.044715 * np.square(x))
    return x / 2 + x / 2 * np.tanh(inner)


def steeper(value: float) -> Variant:
    """A corner that is sharper, or rounder."""

    def change(gelu: Callable[[Array], Array]) -> Callable[[Array], Array]:
        return lambda x: gelu(x * FLOAT.type(value)) / value

    inner = f"sqrt(2 / pi) · ({value:g} x + 0.044715 ({value:g} x)^3)"
    half = (1 + math.tanh(ROOT * (value / 2 + 0.044715 * (value / 2) ** 3))) / 4
    return Variant(
        text={
            "en": f"the corner is {'sharper' if value > 1 else 'rounder'}: x / 2 · (1 + tanh("
            f"{inner})). At x = 0.5 it is {half:.4f}.",
            "zh": f"拐角更{'尖' if value > 1 else '圆'}：x / 2 · (1 + tanh({inner}))。"
            f"在 x = 0.5 处，它是 {half:.4f}。",
        },
        change=change,
    )


GELU = Exercise(
    name="gelu",
    target="tinyllm.kernels.gelu:tanh_forward_numpy",
    hidden=("tinyllm.kernels.gelu:tanh_forward_numba",),
    cases=cases,
    probes=probes,
    mistakes=(
        relu,
        with_sigmoid,
        exact,
        not_halved,
        without_the_cube,
        cube_outside_the_bracket,
        square_for_cube,
        root_of_pi_halves,
        only_the_share,
        root_of_numpy,
    ),
    others=(number_by_number, as_a_sigmoid, with_horner),
    imports="import math\n\nimport numpy as np",
    variants=tuple(steeper(value) for value in (2.0, 4.0, 0.5)),
)
