"""cross-attention: a target looks at a source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinyllm
from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.course.chapters.attention.inputs import halves
from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.nn.attention import CrossAttention, shared
from tinyllm.types import FLOAT, Array

WIDTH, HEADS, KV_HEADS = 4, 2, 1  # so a head has two numbers, and both share keys and values
Source = tuple[Tensor, Tensor]


def used(forward: Callable[..., Tensor], x: Array, states: Array, mask: Array | None) -> Array:
    """Call forward on a module whose weights are easy: queries 2 x, results turned round.

    Keys are the first half of the states, values the second.
    """
    module = CrossAttention(WIDTH, HEADS, kv_heads=KV_HEADS, rng=np.random.default_rng(0))
    module.query.weight.data[:] = 2 * np.eye(WIDTH)
    module.kv.weight.data[:] = np.eye(WIDTH)
    module.output.weight.data[:] = np.eye(WIDTH)[::-1]
    with tinyllm.backend("numpy"):  # compiling loops would read source files: refused here
        return forward(module, Tensor(x), module.read(Tensor(states)), mask).data


def cross_cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    def filled(lengths: tuple[int, int]) -> Any:
        T, S = lengths
        x, states = arrays((1, T, WIDTH), nice(2)), arrays((1, S, WIDTH), nice(2))
        return st.tuples(x, states, st.none() | arrays((1, 1, 1, S), st.booleans(), bool))

    return shapes((1, 2), (1, 3)).flatmap(filled)


def cross_probes() -> list[Arguments]:
    seen = np.array([True, True, False]).reshape(1, 1, 1, 3)
    return [
        (halves(30, 1, 2, WIDTH), halves(31, 1, 3, WIDTH), None),
        (halves(32, 2, 2, WIDTH), halves(33, 2, 3, WIDTH), seen),
        (halves(34, 1, 3, WIDTH), halves(35, 1, 3, WIDTH), None),
        (np.ones((1, 1, WIDTH), FLOAT), halves(36, 1, 2, WIDTH), None),
    ]


def forgets_the_mask(
    self: CrossAttention, x: Tensor, source: Source, mask: Array | None = None
) -> Tensor:
    (q,) = ops.split_heads(self.query(x), (self.heads,))
    k, v = (shared(part, self.heads) for part in source)
    mixed = ops.scaled_dot_product_attention(q, k, v)
    return self.dropout(self.output(ops.merge_heads(mixed)))


def is_causal(self: CrossAttention, x: Tensor, source: Source, mask: Array | None = None) -> Tensor:
    (q,) = ops.split_heads(self.query(x), (self.heads,))
    k, v = (shared(part, self.heads) for part in source)
    mixed = ops.scaled_dot_product_attention(q, k, v, mask, causal=True)
    return self.dropout(self.output(ops.merge_heads(mixed)))


def keys_and_values_exchanged(
    self: CrossAttention, x: Tensor, source: Source, mask: Array | None = None
) -> Tensor:
    (q,) = ops.split_heads(self.query(x), (self.heads,))
    v, k = (shared(part, self.heads) for part in source)
    mixed = ops.scaled_dot_product_attention(q, k, v, mask)
    return self.dropout(self.output(ops.merge_heads(mixed)))


def forgets_the_output(
    self: CrossAttention, x: Tensor, source: Source, mask: Array | None = None
) -> Tensor:
    (q,) = ops.split_heads(self.query(x), (self.heads,))
    k, v = (shared(part, self.heads) for part in source)
    mixed = ops.scaled_dot_product_attention(q, k, v, mask)
    return self.dropout(ops.merge_heads(mixed))


def forgets_the_query(
    self: CrossAttention, x: Tensor, source: Source, mask: Array | None = None
) -> Tensor:
    (q,) = ops.split_heads(x, (self.heads,))
    k, v = (shared(part, self.heads) for part in source)
    mixed = ops.scaled_dot_product_attention(q, k, v, mask)
    return self.dropout(self.output(ops.merge_heads(mixed)))


def does_not_share(
    self: CrossAttention, x: Tensor, source: Source, mask: Array | None = None
) -> Tensor:
    (q,) = ops.split_heads(self.query(x), (self.heads,))
    mixed = ops.scaled_dot_product_attention(q, *source, mask)
    return self.dropout(self.output(ops.merge_heads(mixed)))


def adds_the_target(
    self: CrossAttention, x: Tensor, source: Source, mask: Array | None = None
) -> Tensor:
    (q,) = ops.split_heads(self.query(x), (self.heads,))
    k, v = (shared(part, self.heads) for part in source)
    mixed = ops.scaled_dot_product_attention(q, k, v, mask)
    return x + self.dropout(self.output(ops.merge_heads(mixed)))


def merges_without_a_swap(
    self: CrossAttention, x: Tensor, source: Source, mask: Array | None = None
) -> Tensor:
    (q,) = ops.split_heads(self.query(x), (self.heads,))
    k, v = (shared(part, self.heads) for part in source)
    mixed = ops.scaled_dot_product_attention(q, k, v, mask)
    return self.dropout(self.output(mixed.reshape(*x.shape)))


def by_single_operations(
    self: CrossAttention, x: Tensor, source: Source, mask: Array | None = None
) -> Tensor:
    (q,) = ops.split_heads(self.query(x), (self.heads,))
    k, v = (shared(part, self.heads) for part in source)
    scores = q @ k.swapaxes(2, 3) * q.shape[-1] ** -0.5
    if mask is not None:
        scores = ops.masked_fill(scores, ~mask, -np.inf)
    return self.dropout(self.output(ops.merge_heads(ops.softmax(scores) @ v)))


def head_by_head(
    self: CrossAttention, x: Tensor, source: Source, mask: Array | None = None
) -> Tensor:
    (q,) = ops.split_heads(self.query(x), (self.heads,))
    k, v = source
    group = self.heads // self.kv_heads
    mixed: list[Tensor] = []
    for h in range(self.heads):
        one, g = slice(h, h + 1), slice(h // group, h // group + 1)
        mixed.append(ops.scaled_dot_product_attention(q[:, one], k[:, g], v[:, g], mask))
    return self.dropout(self.output(ops.merge_heads(ops.concatenate(mixed, axis=1))))


CROSS = Exercise(
    name="cross-attention",
    target="tinyllm.nn.attention:CrossAttention.forward",
    imports=(
        "import numpy as np\n\n"
        "from tinyllm import Tensor, ops\n"
        "from tinyllm.nn.attention import shared"
    ),
    use=used,
    cases=cross_cases,
    probes=cross_probes,
    mistakes=(
        forgets_the_mask,
        is_causal,
        keys_and_values_exchanged,
        forgets_the_output,
        forgets_the_query,
        does_not_share,
        adds_the_target,
        merges_without_a_swap,
    ),
    others=(by_single_operations, head_by_head),
)
