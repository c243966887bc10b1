"""Exercise: how much smaller the last products start in a deep model."""

from __future__ import annotations

import math
from typing import Any

from tinyllm.course.exercise import Arguments, Exercise


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    return st.tuples(st.sampled_from([2, 1, 8, 18, 32, 3]), st.sampled_from([2, 3, 1]))


def probes() -> list[Arguments]:
    return [(8, 2), (3, 3), (12, 1)]


def the_same_for_all(layers: int, branches: int = 2) -> float:
    return 0.02


def without_a_root(layers: int, branches: int = 2) -> float:
    return 0.02 / (layers * branches)


def layers_alone(layers: int, branches: int = 2) -> float:
    return 0.02 / math.sqrt(layers)


def branches_behind_the_root(layers: int, branches: int = 2) -> float:
    return 0.02 / math.sqrt(layers) * branches


def always_two_branches(layers: int, branches: int = 2) -> float:
    return 0.02 / math.sqrt(2 * layers)


def sum_for_product(layers: int, branches: int = 2) -> float:
    return 0.02 / math.sqrt(layers + branches)


def larger_with_depth(layers: int, branches: int = 2) -> float:
    return 0.02 * math.sqrt(layers * branches)


def root_of_all(layers: int, branches: int = 2) -> float:
    return math.sqrt(0.02 / (layers * branches))


def only_the_factor(layers: int, branches: int = 2) -> float:
    return 1 / math.sqrt(layers * branches)


def by_a_power(layers: int, branches: int = 2) -> float:
    return 0.02 * (layers * branches) ** -0.5


def through_the_variance(layers: int, branches: int = 2) -> float:
    variance = 0.02**2 / layers / branches
    return variance**0.5


DEPTH_SCALE = Exercise(
    name="depth-scale",
    target="tinyllm.nn.blocks:output_std",
    cases=cases,
    probes=probes,
    mistakes=(
        the_same_for_all,
        without_a_root,
        layers_alone,
        branches_behind_the_root,
        always_two_branches,
        sum_for_product,
        larger_with_depth,
        root_of_all,
        only_the_factor,
    ),
    others=(by_a_power, through_the_variance),
    imports="import math",
)
