"""KeyValueCache: the keys and values of one attention layer that generation has already seen."""

from __future__ import annotations

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import shape_error
from tinyllm.types import FLOAT, Array


class KeyValueCache:
    """Room for the keys and values of `context` positions; filled from the left.

    Without it, each new token would compute the keys and values of all earlier ones again.
    For use inside no_grad() only: no gradient flows through what is kept here.

    Shapes:  keys, values (B, H, S, D) with S = context
    """

    def __init__(self, batch: int, heads: int, context: int, width: int) -> None:
        self.keys: Array = np.zeros((batch, heads, context, width), FLOAT)
        self.values: Array = np.zeros((batch, heads, context, width), FLOAT)
        self.length = 0  # positions in use

    def extend(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Append k, v (B, H, T, D); return all that is kept, (B, H, length, D) each."""
        B, H, S, D = self.keys.shape
        if (*k.shape[:2], *k.shape[3:]) != (B, H, D) or v.shape != k.shape:
            rule = "batch, heads and width must be the cache's"
            raise shape_error("cache", rule, cache=self.keys.shape, k=k.shape, v=v.shape)
        stop = self.length + k.shape[2]
        if stop > S:
            rule = f"no room for {k.shape[2]} more positions after {self.length}"
            raise shape_error("cache", rule, cache=self.keys.shape, new=k.shape)
        self.keys[:, :, self.length : stop] = k.data
        self.values[:, :, self.length : stop] = v.data
        self.length = stop
        return Tensor(self.keys[:, :, :stop]), Tensor(self.values[:, :, :stop])
