"""Exercise: the forward of PreNorm, a residual block whose norm stands before its branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinyllm.autograd.tensor import Tensor
from tinyllm.course.chapters.blocks.residual import build, cases, probes
from tinyllm.course.exercise import Exercise
from tinyllm.nn.residual import PreNorm
from tinyllm.types import Array


def use(forward: Callable[..., Any], x: Array, scale: Array) -> tuple[Array, Array]:
    return build(PreNorm, forward, x, scale)


def norm_after_the_sum(self: PreNorm, x: Tensor, **options: Any) -> Tensor:
    return self.norm(x + self.branch(x, **options))


def without_the_sum(self: PreNorm, x: Tensor, **options: Any) -> Tensor:
    return self.branch(self.norm(x), **options)


def adds_the_normalised(self: PreNorm, x: Tensor, **options: Any) -> Tensor:
    x = self.norm(x)
    return x + self.branch(x, **options)


def without_the_norm(self: PreNorm, x: Tensor, **options: Any) -> Tensor:
    return x + self.branch(x, **options)


def norm_after_the_branch(self: PreNorm, x: Tensor, **options: Any) -> Tensor:
    return x + self.norm(self.branch(x, **options))


def forgets_the_options(self: PreNorm, x: Tensor, **options: Any) -> Tensor:
    return x + self.branch(self.norm(x))


def leaves_the_graph(self: PreNorm, x: Tensor, **options: Any) -> Tensor:
    return Tensor(x.data + self.branch(self.norm(x), **options).data)


def in_three_steps(self: PreNorm, x: Tensor, **options: Any) -> Tensor:
    normal = self.norm(x)
    change = self.branch(normal, **options)
    return change + x


def with_a_difference(self: PreNorm, x: Tensor, **options: Any) -> Tensor:
    return x - -self.branch(self.norm.forward(x), **options)


PRE_NORM = Exercise(
    name="pre-norm",
    target="tinyllm.nn.residual:PreNorm.forward",
    use=use,
    cases=cases,
    probes=probes,
    mistakes=(
        norm_after_the_sum,
        without_the_sum,
        adds_the_normalised,
        without_the_norm,
        norm_after_the_branch,
        forgets_the_options,
        leaves_the_graph,
    ),
    others=(in_three_steps, with_a_difference),
    imports="from typing import Any\n\nfrom tinyllm import Tensor",
)
