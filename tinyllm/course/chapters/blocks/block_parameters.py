"""Exercise: how many numbers a block holds."""

from __future__ import annotations

from typing import Any

from tinyllm.course.exercise import Arguments, Exercise


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    def with_heads(kv_heads: int, each: int, D: int, is_shared: bool, biases: bool) -> Any:
        heads = kv_heads * each
        return heads * D, heads, kv_heads if is_shared else None, biases

    few = st.integers(1, 3)
    return st.builds(with_heads, few, few, few, st.booleans(), st.booleans())


def probes() -> list[Arguments]:
    return [(4, 2, None, False), (4, 2, 1, True), (6, 3, 3, True), (12, 4, 2, False)]


def count(
    C: int, columns: int, biases: bool, hidden: int | None = None, norms: int = 2
) -> tuple[int, int]:
    """Weights and biases, for those who get one part wrong."""
    F = 4 * C if hidden is None else hidden
    weights = C * columns + C * C + 2 * C * F + norms * C
    return weights, (columns + C + F + C + norms * C) if biases else 0


def forgets_kv_heads(
    width: int, heads: int, kv_heads: int | None = None, biases: bool = True
) -> int:
    return sum(count(width, 3 * width, biases))


def without_biases(width: int, heads: int, kv_heads: int | None = None, biases: bool = True) -> int:
    columns = (heads + 2 * (kv_heads or heads)) * (width // heads)
    return count(width, columns, biases)[0]


def biases_always(width: int, heads: int, kv_heads: int | None = None, biases: bool = True) -> int:
    columns = (heads + 2 * (kv_heads or heads)) * (width // heads)
    return sum(count(width, columns, True))


def without_norms(width: int, heads: int, kv_heads: int | None = None, biases: bool = True) -> int:
    columns = (heads + 2 * (kv_heads or heads)) * (width // heads)
    return sum(count(width, columns, biases, norms=0))


def one_norm(width: int, heads: int, kv_heads: int | None = None, biases: bool = True) -> int:
    columns = (heads + 2 * (kv_heads or heads)) * (width // heads)
    return sum(count(width, columns, biases, norms=1))


def without_the_output(
    width: int, heads: int, kv_heads: int | None = None, biases: bool = True
) -> int:
    columns = (heads + 2 * (kv_heads or heads)) * (width // heads)
    return sum(count(width, columns, biases)) - width * width - (width if biases else 0)


def hidden_as_wide_as_the_model(
    width: int, heads: int, kv_heads: int | None = None, biases: bool = True
) -> int:
    columns = (heads + 2 * (kv_heads or heads)) * (width // heads)
    return sum(count(width, columns, biases, hidden=width))


def one_head_each(width: int, heads: int, kv_heads: int | None = None, biases: bool = True) -> int:
    columns = width + 2 * (width // heads)
    return sum(count(width, columns, biases))


def a_fraction(width: int, heads: int, kv_heads: int | None = None, biases: bool = True) -> float:
    columns = (heads + 2 * (kv_heads or heads)) * (width / heads)
    return width * columns + 9 * width**2 + 2 * width + biases * (columns + 8 * width)


def part_by_part(width: int, heads: int, kv_heads: int | None = None, biases: bool = True) -> int:
    G, D = kv_heads or heads, width // heads
    shapes = [(width, width), (width, G * D), (width, G * D), (width, width)]
    shapes += [(width, 4 * width), (4 * width, width), (1, width), (1, width)]
    return sum(rows * columns + (columns if biases else 0) for rows, columns in shapes)


def in_one_formula(width: int, heads: int, kv_heads: int | None = None, biases: bool = True) -> int:
    keys = 2 * width * (kv_heads or heads) // heads
    return 10 * width**2 + width * keys + 2 * width + int(biases) * (9 * width + keys)


BLOCK_PARAMETERS = Exercise(
    name="block-parameters",
    target="tinyllm.nn.blocks:block_parameters",
    cases=cases,
    probes=probes,
    mistakes=(
        forgets_kv_heads,
        without_biases,
        biases_always,
        without_norms,
        one_norm,
        without_the_output,
        hidden_as_wide_as_the_model,
        one_head_each,
        a_fraction,
    ),
    others=(part_by_part, in_one_formula),
)
