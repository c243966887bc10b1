"""Arrays that backward still needs are read-only. Who calls: function.Context.

NumPy has one switch for this, `array.flags.writeable`, and one rule: a view cannot be writable
while the memory it looks into is not. So locks are counted for each owner of memory, and its
views are opened together with it, when nobody needs any of them any more.

Leaves out: views that were made before the lock and are not saved themselves. NumPy keeps no
list of them, so writing through `view.data` goes unnoticed; `view[...] = ` is still refused.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from tinyllm.types import Array


class _Owner:
    """One piece of memory, how many saved values look into it, and through which views."""

    __slots__ = ("array", "count", "views")

    def __init__(self, array: Array) -> None:
        self.array, self.count = array, 0
        self.views: dict[int, tuple[Array, bool]] = {}  # a view, and whether to open it again


_owners: dict[int, _Owner] = {}
# Threads that share weights count the same locks. Re-entrant, because Python may free a dropped
# graph at any line, also in the middle of `lock`.
_guard = threading.RLock()


def owner_of(array: Array) -> Array:
    """Return the array whose memory this one looks into: itself, or the last of its bases."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _can_reopen(owner: Array) -> bool:
    """Whether NumPy would take the lock back: not on memory it got from, say, PyTorch."""
    memory: Any = owner.base
    if memory is None:
        return True
    try:
        return not memoryview(memory).readonly
    except TypeError:
        return False


def lock(value: Array) -> int | None:
    """Make `value` and the memory under it read-only; return the key for `unlock`.

    None where there is nothing to lock, because nobody can write to it anyway.
    """
    base = owner_of(value)
    key = id(base)
    with _guard:
        owner = _owners.get(key)
        known = owner is not None
        if owner is None:
            if not base.flags.writeable or not _can_reopen(base):
                return None
            owner = _owners[key] = _Owner(base)
        owner.count += 1
        if value is not base and id(value) not in owner.views:
            # a view made while the memory was locked was born read-only: it is opened too
            owner.views[id(value)] = value, known or value.flags.writeable
            value.setflags(write=False)
        if owner.count == 1:
            base.setflags(write=False)
    return key


def unlock(key: int) -> None:
    """Give up one lock; the last one opens the memory and all its views."""
    with _guard:
        owner = _owners[key]
        owner.count -= 1
        if owner.count == 0:
            del _owners[key]
            owner.array.setflags(write=True)
            for view, open_again in owner.views.values():
                if open_again:
                    view.setflags(write=True)


def is_locked(array: Array) -> bool:
    """Whether some backward still needs the memory of `array`."""
    return id(owner_of(array)) in _owners
