"""Where the norm stands in a residual block: Pre-LN and Post-LN, two small classes."""

from __future__ import annotations

from typing import Any

from tinyllm.autograd.tensor import Tensor
from tinyllm.nn.module import Module


class PreNorm(Module):
    """x + branch(norm(x)): the sum is never normalised; past the branches, gradients go unscaled.

    Shapes:  x (B, T, C) -> (B, T, C)
    Source:  Xiong et al. 2020, On Layer Normalization in the Transformer Architecture, figure 1b
    """

    def __init__(self, branch: Module, norm: Module) -> None:
        self.norm, self.branch = norm, branch

    def forward(self, x: Tensor, **options: Any) -> Tensor:
        """x (B, T, C) -> (B, T, C)."""
        return x + self.branch(self.norm(x), **options)


class PostNorm(Module):
    """norm(x + branch(x)): the original form; deep models need a careful warm-up.

    Shapes:  x (B, T, C) -> (B, T, C)
    Source:  Vaswani et al. 2017, section 3.1; Xiong et al. 2020, figure 1a
    """

    def __init__(self, branch: Module, norm: Module) -> None:
        self.norm, self.branch = norm, branch

    def forward(self, x: Tensor, **options: Any) -> Tensor:
        """x (B, T, C) -> (B, T, C)."""
        return self.norm(x + self.branch(x, **options))


RESIDUALS: dict[str, type[PreNorm] | type[PostNorm]] = {"pre": PreNorm, "post": PostNorm}
