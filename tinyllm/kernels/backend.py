"""Which implementation of a kernel runs: one context variable and one small class."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Generic, ParamSpec, TypeVar

from tinyllm.errors import OptionError

P = ParamSpec("P")
R = TypeVar("R")

BACKENDS = ("numpy", "numba")
_active: ContextVar[str] = ContextVar("tinyllm_backend", default="numba")


@contextmanager
def backend(name: str) -> Generator[None]:
    """Choose the kernels inside this block: "numpy" (the definitions) or "numba" (compiled).

    >>> import tinyllm
    >>> with tinyllm.backend("numpy"):
    ...     tinyllm.ops.softmax(tinyllm.Tensor([0.0, 0.0])).data.tolist()
    [0.5, 0.5]
    """
    if name not in BACKENDS:
        raise OptionError(f"backend: must be one of {', '.join(BACKENDS)}; got {name!r}.")
    token = _active.set(name)
    try:
        yield
    finally:
        _active.reset(token)


class Kernel(Generic[P, R]):
    """A readable definition in NumPy and its compiled twin, with one signature.

    Arrays in, arrays out. Both return the same numbers up to rounding; a test holds them to it.
    """

    def __init__(self, *, numpy: Callable[P, R], numba: Callable[P, R]) -> None:
        self.numpy, self.numba = numpy, numba

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return (self.numba if _active.get() == "numba" else self.numpy)(*args, **kwargs)
