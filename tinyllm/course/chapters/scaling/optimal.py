"""Exercise compute-optimal: how large a model, how much text, for a given compute."""

from __future__ import annotations

import math
from typing import Any

from tinyllm.course.exercise import Arguments, Exercise


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    powers = st.sampled_from([(0.5, 0.5), (0.75, 0.25), (0.25, 0.25)])
    return st.builds(
        lambda flops, A, B, power: (flops, A, B, *power),
        st.sampled_from([6.0 * 16, 6.0 * 256, 6.0]),
        st.sampled_from([4.0, 1.0]),
        st.sampled_from([1.0, 3.0]),
        powers,
    )


def probes() -> list[Arguments]:
    return [
        (5.76e23,),
        (96.0, 4.0, 1.0, 0.5, 0.25),
        (1536.0, 1.0, 16.0, 0.25, 0.5),
        (96.0, 16.0, 4.0, 0.5, 0.5),
    ]


def shared(compute: float, G: float, power: float) -> tuple[float, float]:
    return G * compute**power, compute ** (1 - power) / G


def forgets_the_six(
    flops: float, A: float = 406.4, B: float = 410.7, alpha: float = 0.34, beta: float = 0.28
) -> tuple[float, float]:
    G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    return shared(flops, G, beta / (alpha + beta))


def exponents_swapped(
    flops: float, A: float = 406.4, B: float = 410.7, alpha: float = 0.34, beta: float = 0.28
) -> tuple[float, float]:
    G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    return shared(flops / 6, G, alpha / (alpha + beta))


def fraction_upside_down(
    flops: float, A: float = 406.4, B: float = 410.7, alpha: float = 0.34, beta: float = 0.28
) -> tuple[float, float]:
    G = (beta * B / (alpha * A)) ** (1 / (alpha + beta))
    return shared(flops / 6, G, beta / (alpha + beta))


def no_root(
    flops: float, A: float = 406.4, B: float = 410.7, alpha: float = 0.34, beta: float = 0.28
) -> tuple[float, float]:
    G = alpha * A / (beta * B)
    return shared(flops / 6, G, beta / (alpha + beta))


def fraction_without_brackets(
    flops: float, A: float = 406.4, B: float = 410.7, alpha: float = 0.34, beta: float = 0.28
) -> tuple[float, float]:
    G = (alpha * A / beta * B) ** (1 / (alpha + beta))
    return shared(flops / 6, G, beta / (alpha + beta))


def exponents_without_brackets(
    flops: float, A: float = 406.4, B: float = 410.7, alpha: float = 0.34, beta: float = 0.28
) -> tuple[float, float]:
    G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    N = G * (flops / 6) ** beta / (alpha + beta)
    D = (flops / 6) ** alpha / (alpha + beta) / G
    return N, D


def no_exponents_in_front(
    flops: float, A: float = 406.4, B: float = 410.7, alpha: float = 0.34, beta: float = 0.28
) -> tuple[float, float]:
    G = (A / B) ** (1 / (alpha + beta))
    return shared(flops / 6, G, beta / (alpha + beta))


def no_factor(
    flops: float, A: float = 406.4, B: float = 410.7, alpha: float = 0.34, beta: float = 0.28
) -> tuple[float, float]:
    return shared(flops / 6, 1.0, beta / (alpha + beta))


def times_for_both(
    flops: float, A: float = 406.4, B: float = 410.7, alpha: float = 0.34, beta: float = 0.28
) -> tuple[float, float]:
    G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    N, D = shared(flops / 6, G, beta / (alpha + beta))
    return N, D * G * G


def twenty_tokens_each(
    flops: float, A: float = 406.4, B: float = 410.7, alpha: float = 0.34, beta: float = 0.28
) -> tuple[float, float]:
    N = math.sqrt(flops / 6 / 20)
    return N, 20 * N


def tokens_first(
    flops: float, A: float = 406.4, B: float = 410.7, alpha: float = 0.34, beta: float = 0.28
) -> tuple[float, float]:
    G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    N, D = shared(flops / 6, G, beta / (alpha + beta))
    return D, N


def tokens_from_what_is_left(
    flops: float, A: float = 406.4, B: float = 410.7, alpha: float = 0.34, beta: float = 0.28
) -> tuple[float, float]:
    N = (alpha * A / (beta * B) * (flops / 6) ** beta) ** (1 / (alpha + beta))
    return N, flops / (6 * N)


def by_search(
    flops: float, A: float = 406.4, B: float = 410.7, alpha: float = 0.34, beta: float = 0.28
) -> tuple[float, float]:
    low, high = -200.0, 200.0  # of log N: halved where the slope of the loss changes its sign
    for _ in range(200):
        middle = (low + high) / 2
        log_tokens = math.log(flops / 6) - middle
        falls = math.log(alpha * A) - alpha * middle
        rises = math.log(beta * B) - beta * log_tokens
        low, high = (middle, high) if falls > rises else (low, middle)
    return math.exp(low), flops / 6 / math.exp(low)


def with_logarithms(
    flops: float, A: float = 406.4, B: float = 410.7, alpha: float = 0.34, beta: float = 0.28
) -> tuple[float, float]:
    compute, both = math.log(flops / 6), alpha + beta
    log_factor = (math.log(alpha) + math.log(A) - math.log(beta) - math.log(B)) / both
    N = math.exp(log_factor + beta / both * compute)
    return N, math.exp(alpha / both * compute - log_factor)


COMPUTE_OPTIMAL = Exercise(
    name="compute-optimal",
    target="tinyllm.analysis.scaling:compute_optimal",
    cases=cases,
    probes=probes,
    mistakes=(
        forgets_the_six,
        exponents_swapped,
        fraction_upside_down,
        no_root,
        fraction_without_brackets,
        exponents_without_brackets,
        no_exponents_in_front,
        no_factor,
        times_for_both,
        twenty_tokens_each,
        tokens_first,
    ),
    others=(tokens_from_what_is_left, by_search, with_logarithms),
)
