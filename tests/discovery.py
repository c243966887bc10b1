"""What there is to test: every module, operation and kernel of the package, found by walking it."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import tinyllm
from tinyllm.autograd.function import Function
from tinyllm.kernels.backend import Kernel


def modules(package: str = "tinyllm") -> Iterator[ModuleType]:
    """Import and yield a package and all that is in it."""
    root = importlib.import_module(package)
    yield root
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        # Importing __main__ would run it; the peers import what need not be installed.
        if not found.name.endswith("__main__") and ".bench.peer_" not in found.name:
            yield importlib.import_module(found.name)


def functions() -> list[type[Function]]:
    """Every operation: the classes with a forward and a backward."""
    found = {
        value
        for module in modules(tinyllm.__name__)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Function) and value is not Function
    }
    return sorted(found, key=lambda op: op.__name__)


def kernels() -> dict[str, Kernel]:
    """Every kernel, as {"softmax.forward": Kernel, ...}."""
    return {
        f"{module.__name__.rpartition('.')[2]}.{name}": value
        for module in modules("tinyllm.kernels")
        for name, value in vars(module).items()
        if isinstance(value, Kernel)
    }
