"""Find a part of the library by its name, and put another one in its place, wherever it is used.

Who calls it: stubs.py reads the source of a part; runner.py puts the learner's in its place.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Callable
from importlib import import_module
from types import FunctionType
from typing import Any

import tinyllm
from tinyllm.kernels.backend import Kernel

UNLOADED = ("tinyllm.bench", "tinyllm.cli", "tinyllm.course", "tinyllm.__main__")


def find(target: str) -> Any:
    """Return what a name such as "tinyllm.kernels.softmax:forward_numpy" stands for.

    >>> find("tinyllm.ops.softmax:Softmax.backward").__name__
    'backward'
    """
    module, _, path = target.partition(":")
    found = import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    return found


def load_all() -> None:
    """Import every module of the library, so that nothing of it is imported later on."""
    for module in pkgutil.walk_packages(tinyllm.__path__, "tinyllm."):
        if not module.name.startswith(UNLOADED):
            import_module(module.name)


def put(original: Any, new: Any) -> None:
    """Put `new` wherever the loaded library holds `original`: in modules, classes and kernels.

    A kernel has a definition and a compiled twin. Both become `new`, else it would not be used.
    """
    for name, module in list(sys.modules.items()):
        if not name.startswith("tinyllm.") or name.startswith("tinyllm.course"):
            continue
        for key, value in list(vars(module).items()):
            if value is original:
                setattr(module, key, new)
            elif isinstance(value, Kernel) and value.numpy is original:
                value.numpy = value.numba = new
            elif isinstance(value, type) and value.__module__ == name:
                put_in_class(value, original, new)


def put_in_class(kind: type, original: Any, new: Any) -> None:
    """Put `new` where a class holds `original`, as a static method where that was one."""
    for key, value in list(vars(kind).items()):
        if value is original:
            setattr(kind, key, new)
        elif isinstance(value, staticmethod | classmethod) and value.__func__ is original:
            setattr(kind, key, type(value)(new))


def stand_in(name: str) -> Callable[..., Any]:
    """Return a function that refuses to be called: it is the learner's to write."""

    def refuse(*arguments: Any, **options: Any) -> Any:
        raise TakenError(name)

    return refuse


class TakenError(RuntimeError):
    """The learner's code called what it is meant to replace."""


def plain(found: Any) -> Any:
    """Return the function below a static or class method."""
    return found if isinstance(found, FunctionType | type) else getattr(found, "__func__", found)
