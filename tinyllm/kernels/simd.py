"""Registers: eight or sixteen numbers that the processor loads, multiplies, stores as one.

LLVM turns plain loops into such code by itself, with one exception that matters: in a product of
matrices it does not keep a tile of the result in registers for the whole sum. So a loop may say
so. Each instruction is defined here in NumPy; registers.py says what it is when compiled.
Who calls: kernels/tiles.py, matmul.py, head.py, elementary.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np

from tinyllm.kernels.jit import import_numba
from tinyllm.types import Array


def lanes_of_this_machine() -> int:
    """How many numbers of float32 fit a register: 16 where there are 512 bits, else 8.

    Where registers are narrower, or the numbers float64, LLVM takes two for one.
    """
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", ())  # pyright: ignore
    return 16 if any(name.startswith(("AVX512", "X86_V4")) for name in found) else 8


LANES = lanes_of_this_machine()  # numbers in a register


class Instruction:
    """A function of registers: plain NumPy, until a compiled loop calls it."""

    def __init__(self, python: Callable[..., Any]) -> None:
        self.python = python
        self.__doc__, self.__name__ = python.__doc__, python.__name__

    def __call__(self, *args: Any) -> Any:
        return self.python(*args)

    @cached_property
    def compiled(self) -> Any:
        """What Numba makes of a call."""
        if import_numba().config.DISABLE_JIT:
            return self.python
        return getattr(import_module("tinyllm.kernels.registers"), self.__name__)


@Instruction
def load(x: Array, i: int) -> Array:
    """Return x[i : i + LANES]."""
    return x[i : i + LANES].copy()


@Instruction
def store(x: Array, i: int, register: Array) -> None:
    """Set x[i : i + LANES]."""
    x[i : i + LANES] = register


@Instruction
def fill(x: Array, i: int) -> Array:
    """Return x[i] in all lanes."""
    return np.full(LANES, x[i])


@Instruction
def every(number: Any) -> Array:
    """Return the number in all lanes."""
    return np.full(LANES, number)


@Instruction
def add(a: Array, b: Array) -> Array:
    """Return a + b."""
    return a + b


@Instruction
def multiply(a: Array, b: Array) -> Array:
    """Return a * b."""
    return a * b


@Instruction
def multiply_add(a: Array, b: Array, c: Array) -> Array:
    """Return a * b + c."""
    return a * b + c


@Instruction
def larger(a: Array, b: Array) -> Array:
    """Return a where it is larger than b, else b: so b, too, where one of them is no number."""
    return np.where(a > b, a, b)


@Instruction
def first(a: Array, count: int, b: Array) -> Array:
    """Return the first `count` lanes of a, and those of b after them."""
    return np.where(np.arange(LANES) < count, a, b)


@Instruction
def total(register: Array) -> Any:
    """Return the sum of all lanes, in halves: the upper half is added to the lower, and again."""
    return register.sum()


@Instruction
def top(register: Array) -> Any:
    """Return the largest lane; any, where one of them is no number."""
    return register.max()
