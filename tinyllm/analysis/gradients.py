"""How large gradients are along the depth of a model.

Leaves out: how they come about (autograd). Who calls it: experiments.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict

import numpy as np

from tinyllm.errors import OptionError
from tinyllm.nn.module import Module


def gradient_norms(model: Module) -> dict[str, float]:
    """Return the norm of the gradient of each parameter: the root of its sum of squares.

    Call it after `backward()`. A parameter without a gradient has none here.

    Raises:    OptionError if no parameter has a gradient

    >>> from tinyllm import Tensor, nn
    >>> layer = nn.Linear(2, 1, rng=0)
    >>> layer(Tensor([[3.0, 4.0]])).sum().backward()
    >>> gradient_norms(layer)
    {'weight': 5.0, 'bias': 1.0}
    """
    norms = {
        name: float(np.linalg.norm(p.grad.ravel()))
        for name, p in model.named_parameters()
        if p.grad is not None
    }
    if not norms:
        raise OptionError(
            "gradient_norms: no parameter has a gradient. Hint: loss.backward() first."
        )
    return norms


def gradient_norms_by_block(model: Module) -> list[float]:
    """Return the norm of the gradient of each block of a Transformer, from the first to the last.

    Forward:   the root of the sum of squares over all parameters named blocks.0..., blocks.1...
    Shapes:    -> (L)
    Raises:    OptionError if no parameter has a gradient, or the model has no blocks
    """
    squares: defaultdict[int, float] = defaultdict(float)
    for name, norm in gradient_norms(model).items():
        if found := re.search(r"\bblocks\.(\d+)\.", name):
            squares[int(found[1])] += norm**2
    if not squares:
        raise OptionError(
            f"gradient_norms_by_block: this {type(model).__name__} has no blocks. "
            "Hint: gradient_norms works on any model."
        )
    return [math.sqrt(squares[block]) for block in sorted(squares)]
