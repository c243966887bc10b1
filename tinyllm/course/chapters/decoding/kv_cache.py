"""The exercise kv-cache: new keys and values go behind the old ones.

It is a method. `use` makes a cache with room for a few positions, and gives it some at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.autograd.tensor import Tensor
from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.nn.cache import KeyValueCache
from tinyllm.types import FLOAT, Array

Pair = tuple[Tensor, Tensor]


def use(
    extend: Callable[..., Any], context: int, pieces: list[int], k: Array, v: Array
) -> dict[str, Any]:
    """Give a cache k and v, so many positions a call; name what comes back, and what it holds."""
    B, H, _, D = k.shape
    cache = KeyValueCache(B, H, context, D)
    seen: dict[str, Any] = {}
    stop = 0
    for number, count in enumerate(pieces, start=1):
        start, stop = stop, stop + count
        new = Tensor(k[:, :, start:stop].copy()), Tensor(v[:, :, start:stop].copy())
        call = f"call {number}"
        try:
            result = extend(cache, *new)
        except ValueError:
            if stop <= context:
                raise
            return seen | {call: "refused: the cache is full"}
        if not all(isinstance(part, Tensor) for part in result):
            return seen | {call: "not a Tensor"}
        seen[f"{call}: k"], seen[f"{call}: v"] = (part.data.copy() for part in result)
    return seen | {"length": cache.length, "keys": cache.keys, "values": cache.values}


def cases() -> Any:
    from tinyllm.course.draws import shapes, st  # noqa: PLC0415

    def with_arrays(pair: tuple[tuple[int, int, int], list[int]]) -> Any:
        (B, H, D), pieces = pair
        T = sum(pieces)
        k = counted(B, H, T, D)
        context = st.sampled_from([T, T + 1, max(1, T - 1)])
        return st.tuples(context, st.just(pieces), st.just(k), st.just(-k))

    pieces = st.lists(st.integers(1, 2), min_size=1, max_size=3)
    return st.tuples(shapes((1, 2), (1, 2), (1, 2)), pieces).flatmap(with_arrays)


def counted(*shape: int) -> Array:
    """Return 1, 2, 3, ... in a shape: so one sees which number went where."""
    return np.arange(1.0, np.prod(shape) + 1, dtype=FLOAT).reshape(shape)


def probes() -> list[Arguments]:
    k = counted(1, 2, 4, 1)
    return [
        (5, [2, 1, 1], k, -k),
        (3, [1, 2, 1], k, -k),
        (4, [4], k, -k),
        (3, [1, 1], k[:, :1, :2], -k[:, :1, :2]),
    ]


def always_at_the_beginning(self: Any, k: Tensor, v: Tensor) -> Pair:
    _, stop = self.take_room(k.shape[2])
    self.keys[:, :, : k.shape[2]] = k.data
    self.values[:, :, : k.shape[2]] = v.data
    return Tensor(self.keys[:, :, :stop]), Tensor(self.values[:, :, :stop])


def length_stays(self: Any, k: Tensor, v: Tensor) -> Pair:
    start, stop = self.length, self.length + k.shape[2]
    self.keys[:, :, start:stop] = k.data
    self.values[:, :, start:stop] = v.data
    return Tensor(self.keys[:, :, :stop]), Tensor(self.values[:, :, :stop])


def only_the_new_come_back(self: Any, k: Tensor, v: Tensor) -> Pair:
    start, stop = self.take_room(k.shape[2])
    self.keys[:, :, start:stop] = k.data
    self.values[:, :, start:stop] = v.data
    return k, v


def empty_room_comes_back(self: Any, k: Tensor, v: Tensor) -> Pair:
    start, stop = self.take_room(k.shape[2])
    self.keys[:, :, start:stop] = k.data
    self.values[:, :, start:stop] = v.data
    return Tensor(self.keys), Tensor(self.values)


def counts_calls(self: Any, k: Tensor, v: Tensor) -> Pair:
    start, stop = self.length, self.length + k.shape[2]
    self.keys[:, :, start:stop] = k.data
    self.values[:, :, start:stop] = v.data
    self.take_room(1)
    return Tensor(self.keys[:, :, :stop]), Tensor(self.values[:, :, :stop])


def only_what_was_there_before(self: Any, k: Tensor, v: Tensor) -> Pair:
    start, stop = self.take_room(k.shape[2])
    self.keys[:, :, start:stop] = k.data
    self.values[:, :, start:stop] = v.data
    return Tensor(self.keys[:, :, :start]), Tensor(self.values[:, :, :start])


def along_the_heads(self: Any, k: Tensor, v: Tensor) -> Pair:
    start, stop = self.take_room(k.shape[2])
    self.keys[:, start:stop] = k.data
    self.values[:, start:stop] = v.data
    return Tensor(self.keys[:, :stop]), Tensor(self.values[:, :stop])


def keys_as_values(self: Any, k: Tensor, v: Tensor) -> Pair:
    start, stop = self.take_room(k.shape[2])
    self.keys[:, :, start:stop] = k.data
    self.values[:, :, start:stop] = k.data
    return Tensor(self.keys[:, :, :stop]), Tensor(self.values[:, :, :stop])


def behind_the_empty_room(self: Any, k: Tensor, v: Tensor) -> Pair:
    self.take_room(k.shape[2])
    self.keys = np.concatenate([self.keys, k.data], axis=2)
    self.values = np.concatenate([self.values, v.data], axis=2)
    return Tensor(self.keys), Tensor(self.values)


def room_thrown_away(self: Any, k: Tensor, v: Tensor) -> Pair:
    self.keys = np.concatenate([self.keys[:, :, : self.length], k.data], axis=2)
    self.values = np.concatenate([self.values[:, :, : self.length], v.data], axis=2)
    self.length += k.shape[2]
    return Tensor(self.keys), Tensor(self.values)


def room_is_not_checked(self: Any, k: Tensor, v: Tensor) -> Pair:
    start, stop = self.length, self.length + k.shape[2]
    self.keys[:, :, start:stop] = k.data
    self.values[:, :, start:stop] = v.data
    self.length = stop
    return Tensor(self.keys[:, :, :stop]), Tensor(self.values[:, :, :stop])


def arrays_come_back(self: Any, k: Tensor, v: Tensor) -> tuple[Array, Array]:
    start, stop = self.take_room(k.shape[2])
    self.keys[:, :, start:stop] = k.data
    self.values[:, :, start:stop] = v.data
    return self.keys[:, :, :stop], self.values[:, :, :stop]


def without_take_room(self: Any, k: Tensor, v: Tensor) -> Pair:
    start = self.length
    self.length = start + k.data.shape[2]
    if self.length > self.keys.shape[2]:
        raise ValueError("the cache is full")
    for room, new in ((self.keys, k), (self.values, v)):
        room[:, :, start : self.length] = new.data
    return Tensor(self.keys[:, :, : self.length]), Tensor(self.values[:, :, : self.length])


def copies_come_back(self: Any, k: Tensor, v: Tensor) -> Pair:
    start, stop = self.take_room(k.shape[2])
    old_keys, old_values = self.keys[:, :, :start], self.values[:, :, :start]
    keys = np.concatenate([old_keys, k.data], axis=2)
    values = np.concatenate([old_values, v.data], axis=2)
    self.keys[:, :, :stop], self.values[:, :, :stop] = keys, values
    return Tensor(keys), Tensor(values)


KV_CACHE = Exercise(
    name="kv-cache",
    target="tinyllm.nn.cache:KeyValueCache.extend",
    use=use,
    cases=cases,
    probes=probes,
    mistakes=(
        always_at_the_beginning,
        length_stays,
        only_the_new_come_back,
        empty_room_comes_back,
        counts_calls,
        only_what_was_there_before,
        keys_as_values,
        behind_the_empty_room,
        room_thrown_away,
        room_is_not_checked,
        arrays_come_back,
        along_the_heads,
    ),
    others=(without_take_room, copies_come_back),
    imports="import numpy as np\n\nfrom tinyllm import Tensor",
    points=2,
)
