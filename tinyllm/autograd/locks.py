"""Arrays that backward still needs are read-only. Who calls: function.Context.

NumPy has one switch for this, `array.flags.writeable`, and one rule: a view cannot be writable
while the memory it looks into is not. So locks are counted for each owner of memory, and its
views are opened together with it, when nobody needs any of them any more.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.types import Array


class _Owner:
    """One piece of memory, how many saved values look into it, and through which views."""

    __slots__ = ("array", "count", "views")

    def __init__(self, array: Array) -> None:
        self.array, self.count = array, 0
        self.views: dict[int, Array] = {}


_owners: dict[int, _Owner] = {}


def _owner_of(array: Array) -> Array:
    return array.base if isinstance(array.base, np.ndarray) else array


def is_lockable(value: Any) -> bool:
    """Whether `value` is an array which someone could write to."""
    return isinstance(value, np.ndarray) and (
        value.flags.writeable or id(_owner_of(value)) in _owners
    )


def lock(array: Array) -> int:
    """Make `array` and the memory under it read-only; return the key for `unlock`."""
    base = _owner_of(array)
    key = id(base)
    owner = _owners.get(key)
    if owner is None:
        owner = _owners[key] = _Owner(base)
    owner.count += 1
    base.flags.writeable = False
    if array is not base:
        array.flags.writeable = False
        owner.views[id(array)] = array
    return key


def unlock(key: int) -> None:
    """Give up one lock; the last one opens the memory and all its views."""
    owner = _owners[key]
    owner.count -= 1
    if owner.count == 0:
        del _owners[key]
        owner.array.flags.writeable = True
        for view in owner.views.values():
            view.flags.writeable = True


def is_locked(array: Array) -> bool:
    """Whether some backward still needs the memory of `array`."""
    return id(_owner_of(array)) in _owners
