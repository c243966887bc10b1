"""KeyValueCache: the keys and values of one attention layer that generation has already seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import shape_error
from tinyllm.types import FLOAT, Array, Shape


class KeyValueCache:
    """Room for the keys and values of `context` positions; filled from the left.

    Without it, each new token would compute the keys and values of all earlier ones again.
    For use inside no_grad() only: no gradient flows through what is kept here.

    Shapes:  keys, values (B, H, S, D) with S = context
    """

    def __init__(
        self, batch: int, heads: int, context: int, width: int, room: Array | None = None
    ) -> None:
        """room (2, B, H, S, D): memory to use; without it, the cache brings its own."""
        if room is None:
            room = np.zeros((2, batch, heads, context, width), FLOAT)
        self.keys, self.values = room
        self.length = 0  # positions in use

    def extend(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Append k, v (B, H, T, D); return all that is kept, (B, H, length, D) each."""
        B, H, _, D = self.keys.shape
        if (*k.shape[:2], *k.shape[3:]) != (B, H, D) or v.shape != k.shape:
            rule = "batch, heads and width must be the cache's"
            raise shape_error("cache", rule, cache=self.keys.shape, k=k.shape, v=v.shape)
        start, stop = self.take_room(k.shape[2], new=k.shape)
        self.keys[:, :, start:stop] = k.data
        self.values[:, :, start:stop] = v.data
        return Tensor(self.keys[:, :, :stop]), Tensor(self.values[:, :, :stop])

    def select(self, rows: Array) -> None:
        """Go on with these rows of the batch; one may be taken several times."""
        self.keys, self.values = self.keys[rows], self.values[rows]

    def take_room(self, count: int, **given: Shape) -> tuple[int, int]:
        """Count so many positions more as used; return where they start and stop.

        Raises:  ShapeError if the cache is full; it also names the shapes `given`
        """
        start, stop = self.length, self.length + count
        if stop > self.keys.shape[2]:
            rule = f"no room for {count} more position{'s' * (count != 1)} after {start}"
            raise shape_error("cache", rule, cache=self.keys.shape, **given)
        self.length = stop
        return start, stop


class KeyValueCaches(list[KeyValueCache]):
    """One cache for each of L layers, in one piece of memory.

    Shapes:  room (L, 2, B, H, S, D): for each layer its keys, then its values
    """

    def __init__(self, layers: int, batch: int, heads: int, context: int, width: int) -> None:
        self.room = np.zeros((layers, 2, batch, heads, context, width), FLOAT)
        super().__init__(KeyValueCache(batch, heads, context, width, room) for room in self.room)
        self.prepared: Any = None  # by whoever reads it: good for these caches only

    def select(self, rows: Array) -> None:
        """Go on with these rows of the batch; one may be taken several times."""
        used, batch = self[0].length, self.room.shape[2]
        if np.array_equal(rows, np.arange(batch)):
            return
        chosen = self.room[:, :, rows, :, :used]
        if len(rows) != batch:
            L, _, _, H, context, D = self.room.shape
            self.room = np.zeros((L, 2, len(rows), H, context, D), FLOAT)
            self.prepared = None
            for cache, room in zip(self, self.room, strict=True):
                cache.keys, cache.values = room
        self.room[..., :used, :] = chosen

    def take_room(self, count: int) -> tuple[int, int]:
        """Count so many positions more as used, in all layers; return where they start and stop."""
        start, stop = self[0].take_room(count)
        for cache in self:
            cache.length = stop
        return start, stop


def select_rows(caches: Any, rows: Array) -> None:
    """Go on with these rows of the batch, in all layers; one may be taken several times."""
    for cache in [caches] if hasattr(caches, "select") else caches:
        cache.select(rows)
