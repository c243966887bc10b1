"""Exercise training-flops: how much arithmetic a training is."""

from __future__ import annotations

from typing import Any

from tinyllm.course.exercise import Arguments, Exercise


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    sizes = ((1, 3), (5, 7), (3, 5), (1, 3), (2, 4))  # no two alike: one shows which is missing
    return st.tuples(*(st.integers(*bounds) for bounds in sizes))


def probes() -> list[Arguments]:
    return [(1, 50257, 1024, 12, 768), (10, 5, 2, 3, 4), (6, 3, 7, 2, 2)]


def counted(
    tokens: int,
    V: int,
    T: int,
    L: int,
    C: int,
    *,
    products: int = 12,
    attention: int = 2,
    heads: int = 1,
    passes: int = 3,
) -> int:
    """Count right, or with another number of one part."""
    return 2 * passes * tokens * (L * (products * C * C + attention * T * C) + heads * C * V)


def multiplications_only(
    tokens: int, vocabulary: int, context: int, layers: int, width: int
) -> int:
    return counted(tokens, vocabulary, context, layers, width) // 2


def forward_only(tokens: int, vocabulary: int, context: int, layers: int, width: int) -> int:
    return counted(tokens, vocabulary, context, layers, width, passes=1)


def backward_like_forward(
    tokens: int, vocabulary: int, context: int, layers: int, width: int
) -> int:
    return counted(tokens, vocabulary, context, layers, width, passes=2)


def no_attention(tokens: int, vocabulary: int, context: int, layers: int, width: int) -> int:
    return counted(tokens, vocabulary, context, layers, width, attention=0)


def scores_without_values(
    tokens: int, vocabulary: int, context: int, layers: int, width: int
) -> int:
    return counted(tokens, vocabulary, context, layers, width, attention=1)


def context_squared(tokens: int, vocabulary: int, context: int, layers: int, width: int) -> int:
    return counted(tokens, vocabulary, context**2, layers, width)


def no_scores_of_tokens(tokens: int, vocabulary: int, context: int, layers: int, width: int) -> int:
    return counted(tokens, vocabulary, context, layers, width, heads=0)


def table_is_a_product(tokens: int, vocabulary: int, context: int, layers: int, width: int) -> int:
    return counted(tokens, vocabulary, context, layers, width, heads=2)


def mlp_not_wider(tokens: int, vocabulary: int, context: int, layers: int, width: int) -> int:
    return counted(tokens, vocabulary, context, layers, width, products=6)


def scores_in_each_block(
    tokens: int, vocabulary: int, context: int, layers: int, width: int
) -> int:
    return counted(tokens, vocabulary, context, layers, width, heads=layers)


def in_one_line(tokens: int, vocabulary: int, context: int, layers: int, width: int) -> int:
    V, T, L, C = vocabulary, context, layers, width
    return 6 * tokens * C * (L * (12 * C + 2 * T) + V)


def by_products(tokens: int, vocabulary: int, context: int, layers: int, width: int) -> int:
    C, T = width, context
    block = [(C, C)] * 4 + [(C, 4 * C), (4 * C, C)] + [(C, T), (T, C)]
    products = block * layers + [(C, vocabulary)]
    flops = 0
    for inputs, outputs in products:
        forward = 2 * tokens * inputs * outputs
        flops += forward + 2 * forward
    return flops


def token_by_token(tokens: int, vocabulary: int, context: int, layers: int, width: int) -> int:
    weights = layers * 12 * width**2 + width * vocabulary
    attention = layers * 2 * context * width
    return sum(6 * (weights + attention) for _ in range(tokens))


TRAINING_FLOPS = Exercise(
    name="training-flops",
    target="tinyllm.analysis.cost:training_flops",
    hidden=("tinyllm.analysis.cost:forward_flops",),
    cases=cases,
    probes=probes,
    mistakes=(
        multiplications_only,
        forward_only,
        backward_like_forward,
        no_attention,
        scores_without_values,
        context_squared,
        no_scores_of_tokens,
        table_is_a_product,
        mlp_not_wider,
        scores_in_each_block,
    ),
    others=(in_one_line, by_products, token_by_token),
)
