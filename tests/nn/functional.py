"""Run a module with other values in the place of its parameters, for finite differences."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.nn import Module


@contextmanager
def replaced(module: Module, tensors: dict[str, Tensor]) -> Iterator[None]:
    """Put `tensors` where the parameters of these names stand; put the parameters back after."""
    own = dict(module.named_parameters())
    put(module, tensors)
    try:
        yield
    finally:
        put(module, own)


def put(module: Module, values: dict[str, Any]) -> None:
    """Set each attribute path, "blocks.0.weight", to a value."""
    for path, value in values.items():
        *way, last = path.split(".")
        owner: Any = module
        for key in way:
            owner = owner[int(key)] if isinstance(owner, list | tuple) else getattr(owner, key)
        setattr(owner, last, value)


def to_float64(module: Module, rng: np.random.Generator) -> None:
    """Turn the parameters into float64, away from the 0 and 1 at which many of them start."""
    for p in module.parameters():
        p.data = p.data.astype(np.float64) + 0.3 * rng.standard_normal(p.shape)
