"""Exercise scaling-law: the loss of a model from its size and from how much it has read."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.course.exercise import Arguments, Exercise, Variant
from tinyllm.types import Array


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    size = st.sampled_from([16.0, 256.0, 1.0])
    sizes = size | st.lists(size, min_size=2, max_size=2).map(np.array)
    powers = st.sampled_from([(0.5, 0.25), (0.25, 0.5)])
    return st.builds(
        lambda N, D, E, A, B, power: (N, D, E, A, B, *power),
        sizes,
        size,
        st.sampled_from([1.0, 2.0]),
        st.sampled_from([8.0, 16.0]),
        st.sampled_from([4.0, 2.0]),
        powers,
    )


def probes() -> list[Arguments]:
    return [
        (16.0, 256.0, 1.0, 8.0, 4.0, 0.5, 0.25),
        (70e9, 1.4e12),
        (np.array([[1e6], [1e9]]), np.array([1e7, 1e8, 1e10])),
        (np.array([1e6, 1e8, 1e9]), np.array([1e9, 1e8, 1e9])),
    ]


def no_floor(
    parameters: ArrayLike,
    tokens: ArrayLike,
    E: float = 1.69,
    A: float = 406.4,
    B: float = 410.7,
    alpha: float = 0.34,
    beta: float = 0.28,
) -> Array:
    N, D = np.asarray(parameters, float), np.asarray(tokens, float)
    return np.asarray(A / N**alpha + B / D**beta)


def exponents_swapped(
    parameters: ArrayLike,
    tokens: ArrayLike,
    E: float = 1.69,
    A: float = 406.4,
    B: float = 410.7,
    alpha: float = 0.34,
    beta: float = 0.28,
) -> Array:
    N, D = np.asarray(parameters, float), np.asarray(tokens, float)
    return np.asarray(E + A / N**beta + B / D**alpha)


def factors_swapped(
    parameters: ArrayLike,
    tokens: ArrayLike,
    E: float = 1.69,
    A: float = 406.4,
    B: float = 410.7,
    alpha: float = 0.34,
    beta: float = 0.28,
) -> Array:
    N, D = np.asarray(parameters, float), np.asarray(tokens, float)
    return np.asarray(E + B / N**alpha + A / D**beta)


def grows_with_size(
    parameters: ArrayLike,
    tokens: ArrayLike,
    E: float = 1.69,
    A: float = 406.4,
    B: float = 410.7,
    alpha: float = 0.34,
    beta: float = 0.28,
) -> Array:
    N, D = np.asarray(parameters, float), np.asarray(tokens, float)
    return np.asarray(E + A * N**alpha + B * D**beta)


def power_of_the_fraction(
    parameters: ArrayLike,
    tokens: ArrayLike,
    E: float = 1.69,
    A: float = 406.4,
    B: float = 410.7,
    alpha: float = 0.34,
    beta: float = 0.28,
) -> Array:
    N, D = np.asarray(parameters, float), np.asarray(tokens, float)
    return np.asarray(E + (A / N) ** alpha + (B / D) ** beta)


def multiplied_not_raised(
    parameters: ArrayLike,
    tokens: ArrayLike,
    E: float = 1.69,
    A: float = 406.4,
    B: float = 410.7,
    alpha: float = 0.34,
    beta: float = 0.28,
) -> Array:
    N, D = np.asarray(parameters, float), np.asarray(tokens, float)
    return np.asarray(E + A / (N * alpha) + B / (D * beta))


def constants_of_the_paper(
    parameters: ArrayLike,
    tokens: ArrayLike,
    E: float = 1.69,
    A: float = 406.4,
    B: float = 410.7,
    alpha: float = 0.34,
    beta: float = 0.28,
) -> Array:
    N, D = np.asarray(parameters, float), np.asarray(tokens, float)
    return np.asarray(1.69 + 406.4 / N**0.34 + 410.7 / D**0.28)


def terms_multiplied(
    parameters: ArrayLike,
    tokens: ArrayLike,
    E: float = 1.69,
    A: float = 406.4,
    B: float = 410.7,
    alpha: float = 0.34,
    beta: float = 0.28,
) -> Array:
    N, D = np.asarray(parameters, float), np.asarray(tokens, float)
    return np.asarray(E + (A / N**alpha) * (B / D**beta))


def with_negative_powers(
    parameters: ArrayLike,
    tokens: ArrayLike,
    E: float = 1.69,
    A: float = 406.4,
    B: float = 410.7,
    alpha: float = 0.34,
    beta: float = 0.28,
) -> Any:
    return E + A * np.power(parameters, -alpha) + B * np.power(tokens, -beta)


def with_logarithms(
    parameters: ArrayLike,
    tokens: ArrayLike,
    E: float = 1.69,
    A: float = 406.4,
    B: float = 410.7,
    alpha: float = 0.34,
    beta: float = 0.28,
) -> Any:
    small = np.exp(np.log(A) - alpha * np.log(parameters))
    short = np.exp(np.log(B) - beta * np.log(tokens))
    return small + short + E


def in_unit(unit: str, chinese: str, base: int) -> Variant:
    """The loss to another base than e."""
    nats = math.log(base)

    def change(scaling_law: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arguments: scaling_law(*arguments) / nats

    return Variant(
        text={
            "en": f"give the loss in {unit}, not in nats: divide the whole sum by ln {base} = "
            f"{nats:.4f}. In the example above it is {4 / nats:.4f}.",
            "zh": f"损失的单位是{chinese}，不是 nat：整个和除以 ln {base} = {nats:.4f}。"
            f"上面的例子里，它是 {4 / nats:.4f}。",
        },
        change=change,
    )


SCALING_LAW = Exercise(
    name="scaling-law",
    target="tinyllm.analysis.scaling:scaling_law",
    cases=cases,
    probes=probes,
    mistakes=(
        no_floor,
        exponents_swapped,
        factors_swapped,
        grows_with_size,
        power_of_the_fraction,
        multiplied_not_raised,
        constants_of_the_paper,
        terms_multiplied,
    ),
    others=(with_negative_powers, with_logarithms),
    variants=(
        in_unit("bits", "比特（bit）", 2),
        in_unit("digits of base 4", "四进制位", 4),
        in_unit("digits of base 10", "十进制位", 10),
    ),
    imports="import numpy as np\nfrom numpy.typing import ArrayLike",
)
