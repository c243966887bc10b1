"""Loops that Numba compiles when they are first called. Who uses it: every file of kernels/.

`@loop` is `numba.njit` with three differences:
- Numba is imported with the first call, not with tinyllm (its import takes half a second);
- the compiled code is kept in the user's cache folder, for the next start;
- whoever waits for the compiler is told so (`on_compile`).
"""

from __future__ import annotations

import dis
import hashlib
import os
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache, cached_property
from pathlib import Path
from types import FunctionType
from typing import Any

from tinyllm.kernels import process

prange = range  # inside a compiled loop: numba.prange, which shares the rounds among threads

# The files whose functions are compiled into loops of other files.
SHARED = (
    "elementary", "head", "jit", "one_row", "recurrent", "registers", "rows", "simd", "tiles",
)  # fmt: skip

# Not "fast": with it isnan and isinf are False, and masks of -inf break. These two let the
# compiler fuse a * b + c and reorder sums, which is what vectorised sums need.
FASTMATH = {"contract", "reassoc"}


class Loop:
    """A function over arrays, compiled by Numba when first called, once for each dtype."""

    def __init__(
        self, function: Callable[..., Any], *, parallel: bool, fastmath: set[str] = FASTMATH
    ) -> None:
        self.function, self.parallel, self.fastmath = function, parallel, fastmath
        self.__doc__, self.__name__ = function.__doc__, function.__name__

    def __call__(self, *args: Any) -> Any:
        compiled = self.compiled
        versions = getattr(compiled, "overloads", ())  # none where NUMBA_DISABLE_JIT is set
        known, start = len(versions), time.perf_counter()
        result = compiled(*args)
        if len(versions) > known:
            self._tell(compiled, time.perf_counter() - start)
        return result

    @cached_property
    def compiled(self) -> Any:
        """Numba's dispatcher; the helpers that this loop calls are compiled into it."""
        numba = import_numba()
        names = dict(self.function.__globals__)
        called = {
            i.argval for i in dis.get_instructions(self.function) if i.opname == "LOAD_GLOBAL"
        }
        for name in called & names.keys():
            if names[name] is prange:
                names[name] = numba.prange
            else:  # a Loop, a ByDtype or an Instruction: what Numba is to call instead
                names[name] = getattr(names[name], "compiled", names[name])
        python = FunctionType(self.function.__code__, names, self.function.__name__)
        python.__qualname__ = self.function.__qualname__
        options = {"fastmath": self.fastmath, "error_model": "numpy", "cache": True}
        return numba.njit(parallel=self.parallel, **options)(python)

    def _tell(self, compiled: Any, seconds: float) -> None:
        """Report a compilation, but not a mere reading from the cache."""
        misses = sum(compiled.stats.cache_misses.values())
        if misses > getattr(self, "_misses", 0):
            self._misses = misses
            module = self.function.__module__.rpartition(".")[2]
            on_compile.get()(f"{module}.{self.__name__.strip('_')}", seconds)


class ByDtype:
    """A helper inside loops with one version for float32 and one for float64."""

    def __init__(self, *, float32: Loop, float64: Loop) -> None:
        self.float32, self.float64 = float32, float64

    def __call__(self, x: Any) -> Any:
        return (self.float32 if x.dtype == "float32" else self.float64)(x)

    @cached_property
    def compiled(self) -> Any:
        """A function that Numba resolves by the type of its argument."""
        numba = import_numba()
        from numba.extending import overload  # noqa: PLC0415 (Numba comes when first needed)

        if numba.config.DISABLE_JIT:
            return self
        float32, float64 = self.float32.compiled, self.float64.compiled

        def choose(x):  # no annotations: Numba compares this signature with those below
            return self(x)

        @overload(choose)
        def _chosen(x):
            if x == numba.float32:
                return lambda x: float32(x)
            return lambda x: float64(x)

        return choose


def loop(function: Callable[..., Any]) -> Loop:
    """Compile `function` when it is first called. One thread; may be called from other loops."""
    return Loop(function, parallel=False)


def parallel_loop(function: Callable[..., Any]) -> Loop:
    """Compile `function` when it is first called; its `prange` loops run on all threads."""
    return Loop(function, parallel=True)


def exact_loop(function: Callable[..., Any]) -> Loop:
    """The same, and the compiler may not choose: a * b + c * d is two products and a sum.

    For loops whose result is kept from step to step, so that the last bit of a long training does
    not depend on which process compiled. Numba optimises once more what it keeps on disk.
    """
    return Loop(function, parallel=True, fastmath=set())


@cache
def import_numba() -> Any:
    """Import Numba, once, with our settings of the process and our cache folder."""
    process.settle()
    import numba  # noqa: PLC0415 (this is where it comes when first needed)

    if not os.environ.get("NUMBA_CACHE_DIR"):
        numba.config.CACHE_DIR = str(cache_folder())  # pyright: ignore
    return numba


def thread_count() -> int:
    """How many threads share the rounds of a `prange`."""
    return import_numba().get_num_threads()


def cache_folder() -> Path:
    """Where compiled code is kept.

    Numba recompiles a loop when its file changes, but not when a helper or a constant from
    another file does. So the folder's name carries a hash of the files that loops share: after
    an edit there, everything is compiled anew, and nothing stale runs.
    """
    shared = b"".join(Path(__file__).with_name(f"{name}.py").read_bytes() for name in SHARED)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tinyllm" / f"kernels-{hashlib.sha256(shared).hexdigest()[:8]}"


def print_compiled(name: str, seconds: float) -> None:
    """Say on standard error that a kernel was compiled: the default `on_compile`."""
    print(f"tinyllm: compiled {name} in {seconds:.1f} s, kept for next time", file=sys.stderr)  # noqa: T201


on_compile: ContextVar[Callable[[str, float], None]] = ContextVar(
    "tinyllm_on_compile", default=print_compiled
)
