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
from tinyllm.nn.dropout import Dropout
from tinyllm.types import FLOAT, Array

WIDTH, HEADS = 4, 2  # so a head has two numbers
Source = tuple[Tensor, Tensor]


class DropsTheFirst(Dropout):
    """A dropout without chance: the first of four numbers becomes 0."""

    def forward(self, x: Tensor) -> Tensor:
        """Leave out the first number of each place."""
        return x * np.array([0, 1, 1, 1], FLOAT)


def used(
    forward: Callable[..., Tensor], x: Array, states: Array, mask: Array | None, kv_heads: int
) -> Array:
    """Call forward on a module whose weights are easy: queries 2 x, results turned round.

    Keys are the first half of the states, values the second, for each of one or two heads.
    """
    rng = np.random.default_rng(0)
    module = CrossAttention(WIDTH, HEADS, kv_heads=kv_heads, rng=rng)
    module.query.weight.data[:] = 2 * np.eye(WIDTH)
    module.kv.weight.data[:] = np.eye(WIDTH)[:, [0, 1] * kv_heads + [2, 3] * kv_heads]
    module.output.weight.data[:] = np.eye(WIDTH)[::-1]
    module.dropout = DropsTheFirst(0.0, rng)
    with tinyllm.backend("numpy"):  # compiling loops would read source files: refused here
        return forward(module, Tensor(x), module.read(Tensor(states)), mask).data


def cross_cases() -> Any:
    from tinyllm.course.draws import arrays, nice, shapes, st  # noqa: PLC0415

    def filled(lengths: tuple[int, int]) -> Any:
        T, S = lengths
        x, states = arrays((1, T, WIDTH), nice(2)), arrays((1, S, WIDTH), nice(2))
        mask = st.none() | arrays((1, 1, 1, S), st.booleans(), bool)
        return st.tuples(x, states, mask, st.sampled_from([1, 2]))

    return shapes((1, 2), (1, 3)).flatmap(filled)


def cross_probes() -> list[Arguments]:
    seen = np.array([True, True, False]).reshape(1, 1, 1, 3)
    return [
        (halves(30, 1, 2, WIDTH), halves(31, 1, 3, WIDTH), None, 1),
        (halves(32, 2, 2, WIDTH), halves(33, 2, 3, WIDTH), seen, 1),
        (halves(34, 1, 3, WIDTH), halves(35, 1, 3, WIDTH), None, 1),
        (np.ones((1, 1, WIDTH), FLOAT), halves(36, 1, 2, WIDTH), None, 1),
        (halves(37, 1, 2, WIDTH), halves(38, 1, 3, WIDTH), None, 2),  # each has keys of its own
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


def query_in_a_tuple(
    self: CrossAttention, x: Tensor, source: Source, mask: Array | None = None
) -> Tensor:
    q: Any = ops.split_heads(self.query(x), (self.heads,))
    k, v = (shared(part, self.heads) for part in source)
    mixed = ops.scaled_dot_product_attention(q, k, v, mask)
    return self.dropout(self.output(ops.merge_heads(mixed)))


def forgets_the_dropout(
    self: CrossAttention, x: Tensor, source: Source, mask: Array | None = None
) -> Tensor:
    (q,) = ops.split_heads(self.query(x), (self.heads,))
    k, v = (shared(part, self.heads) for part in source)
    mixed = ops.scaled_dot_product_attention(q, k, v, mask)
    return self.output(ops.merge_heads(mixed))


def drops_before_the_output(
    self: CrossAttention, x: Tensor, source: Source, mask: Array | None = None
) -> Tensor:
    (q,) = ops.split_heads(self.query(x), (self.heads,))
    k, v = (shared(part, self.heads) for part in source)
    mixed = ops.scaled_dot_product_attention(q, k, v, mask)
    return self.output(self.dropout(ops.merge_heads(mixed)))


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
        query_in_a_tuple,
        forgets_the_dropout,
        drops_before_the_output,
    ),
    others=(by_single_operations, head_by_head),
)
