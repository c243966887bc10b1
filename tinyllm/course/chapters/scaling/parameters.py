"""Exercise count-parameters: how many numbers a decoder-only model learns."""

from __future__ import annotations

from typing import Any

from tinyllm.course.exercise import Arguments, Exercise


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    sizes = ((5, 7), (3, 5), (1, 3), (2, 4))  # no two alike: one shows which is missing
    return st.tuples(*(st.integers(*bounds) for bounds in sizes), st.sampled_from([True, False]))


def probes() -> list[Arguments]:
    return [
        (65, 32, 2, 64, True),
        (5, 3, 1, 2, False),
        (7, 2, 3, 6, True),
        (50257, 1024, 12, 768),
    ]


def counted(
    V: int, T: int, L: int, C: int, tied: bool, *, F: int = 4, products: int = 4, norms: int = 2
) -> int:
    """Count right, or with another number of one part."""
    attention = products * (C * C + C)
    mlp = 2 * F * C * C + F * C + C
    block = attention + mlp + norms * 2 * C
    return V * C * (1 if tied else 2) + T * C + L * block + 2 * C


def no_biases(vocabulary: int, context: int, layers: int, width: int, tied: bool = True) -> int:
    return counted(vocabulary, context, layers, width, tied) - layers * 9 * width


def no_positions(vocabulary: int, context: int, layers: int, width: int, tied: bool = True) -> int:
    return counted(vocabulary, 0, layers, width, tied)


def no_norms(vocabulary: int, context: int, layers: int, width: int, tied: bool = True) -> int:
    return counted(vocabulary, context, layers, width, tied, norms=0) - 2 * width


def no_last_norm(vocabulary: int, context: int, layers: int, width: int, tied: bool = True) -> int:
    return counted(vocabulary, context, layers, width, tied) - 2 * width


def one_norm_a_block(
    vocabulary: int, context: int, layers: int, width: int, tied: bool = True
) -> int:
    return counted(vocabulary, context, layers, width, tied, norms=1)


def three_products_in_attention(
    vocabulary: int, context: int, layers: int, width: int, tied: bool = True
) -> int:
    return counted(vocabulary, context, layers, width, tied, products=3)


def mlp_not_wider(vocabulary: int, context: int, layers: int, width: int, tied: bool = True) -> int:
    return counted(vocabulary, context, layers, width, tied, F=1)


def table_counted_twice(
    vocabulary: int, context: int, layers: int, width: int, tied: bool = True
) -> int:
    return counted(vocabulary, context, layers, width, False)


def never_a_second_table(
    vocabulary: int, context: int, layers: int, width: int, tied: bool = True
) -> int:
    return counted(vocabulary, context, layers, width, True)


def tied_turned_round(
    vocabulary: int, context: int, layers: int, width: int, tied: bool = True
) -> int:
    return counted(vocabulary, context, layers, width, not tied)


def last_norm_in_each_block(
    vocabulary: int, context: int, layers: int, width: int, tied: bool = True
) -> int:
    return counted(vocabulary, context, layers, width, tied, norms=3) - 2 * width


def one_block_only(
    vocabulary: int, context: int, layers: int, width: int, tied: bool = True
) -> int:
    return counted(vocabulary, context, 1, width, tied)


def only_the_products(
    vocabulary: int, context: int, layers: int, width: int, tied: bool = True
) -> int:
    return 12 * layers * width**2


def by_the_formula(
    vocabulary: int, context: int, layers: int, width: int, tied: bool = True
) -> int:
    V, T, L, C = vocabulary, context, layers, width
    return V * C + T * C + L * (12 * C**2 + 13 * C) + 2 * C + (0 if tied else V * C)


def by_shapes(vocabulary: int, context: int, layers: int, width: int, tied: bool = True) -> int:
    C = width
    shapes = [(vocabulary, C), (context, C), (C,), (C,)]
    for _ in range(layers):
        shapes += [(C,)] * 4 + [(C, 3 * C), (3 * C,), (C, C), (C,)]
        shapes += [(C, 4 * C), (4 * C,), (4 * C, C), (C,)]
    if not tied:
        shapes.append((C, vocabulary))
    total = 0
    for shape in shapes:
        size = 1
        for n in shape:
            size *= n
        total += size
    return total


def with_small_functions(
    vocabulary: int, context: int, layers: int, width: int, tied: bool = True
) -> int:
    def linear(inputs: int, outputs: int) -> int:
        return (inputs + 1) * outputs

    block = 4 * linear(width, width) + linear(width, 4 * width) + linear(4 * width, width)
    tables = (vocabulary + context + (not tied) * vocabulary) * width
    return tables + sum(block + 4 * width for _ in range(layers)) + 2 * width


COUNT_PARAMETERS = Exercise(
    name="count-parameters",
    target="tinyllm.analysis.cost:count_parameters",
    cases=cases,
    probes=probes,
    mistakes=(
        no_biases,
        no_positions,
        no_norms,
        no_last_norm,
        one_norm_a_block,
        three_products_in_attention,
        mlp_not_wider,
        table_counted_twice,
        never_a_second_table,
        tied_turned_round,
        last_norm_in_each_block,
        one_block_only,
        only_the_products,
    ),
    others=(by_the_formula, by_shapes, with_small_functions),
)
