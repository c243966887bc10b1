"""Exercise: the forward of PostNorm, a residual block whose norm stands behind the sum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinyllm.autograd.tensor import Tensor
from tinyllm.course.chapters.blocks.residual import build, cases, probes
from tinyllm.course.exercise import Exercise
from tinyllm.nn.residual import PostNorm
from tinyllm.types import Array


def use(forward: Callable[..., Any], x: Array, scale: Array) -> tuple[Array, Array]:
    return build(PostNorm, forward, x, scale)


def norm_before_the_branch(self: PostNorm, x: Tensor, **options: Any) -> Tensor:
    return x + self.branch(self.norm(x), **options)


def normalises_the_branch_alone(self: PostNorm, x: Tensor, **options: Any) -> Tensor:
    return x + self.norm(self.branch(x, **options))


def normalises_each_part(self: PostNorm, x: Tensor, **options: Any) -> Tensor:
    return self.norm(x) + self.norm(self.branch(x, **options))


def forgets_to_add(self: PostNorm, x: Tensor, **options: Any) -> Tensor:
    return self.norm(self.branch(x, **options))


def forgets_to_normalise(self: PostNorm, x: Tensor, **options: Any) -> Tensor:
    return x + self.branch(x, **options)


def normalises_twice(self: PostNorm, x: Tensor, **options: Any) -> Tensor:
    return self.norm(x + self.branch(self.norm(x), **options))


def adds_twice(self: PostNorm, x: Tensor, **options: Any) -> Tensor:
    return x + self.norm(x + self.branch(x, **options))


def keeps_the_options(self: PostNorm, x: Tensor, **options: Any) -> Tensor:
    return self.norm(x + self.branch(x))


def loses_the_graph(self: PostNorm, x: Tensor, **options: Any) -> Tensor:
    return Tensor(self.norm(x + self.branch(x, **options)).data)


def step_by_step(self: PostNorm, x: Tensor, **options: Any) -> Tensor:
    change = self.branch(x, **options)
    total = change + x
    return self.norm(total)


def without_call(self: PostNorm, x: Tensor, **options: Any) -> Tensor:
    return self.norm.forward(x - self.branch(x, **options) * -1)


POST_NORM = Exercise(
    name="post-norm",
    target="tinyllm.nn.residual:PostNorm.forward",
    use=use,
    cases=cases,
    probes=probes,
    mistakes=(
        norm_before_the_branch,
        normalises_the_branch_alone,
        normalises_each_part,
        forgets_to_add,
        forgets_to_normalise,
        normalises_twice,
        adds_twice,
        keeps_the_options,
        loses_the_graph,
    ),
    others=(step_by_step, without_call),
    imports="from typing import Any\n\nfrom tinyllm import Tensor",
)
