"""Every kernel: its compiled loops against its definition in NumPy."""

import copy
import importlib
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.discovery import kernels
from tests.kernels.cases import CASES, WRITES
from tinyllm.kernels.jit import Loop
from tinyllm.types import Array

KERNELS = kernels()
TOLERANCE = {np.dtype(np.float32): 1e-5, np.dtype(np.float64): 1e-12}

every_kernel = pytest.mark.parametrize(
    ("name", "dtype"),
    [pytest.param(name, dtype, id=f"{name}-{dtype.name}") for name in CASES for dtype in TOLERANCE],
)


def run(name: str, version: str, arguments: tuple[Any, ...]) -> list[Array]:
    """Return what one version of a kernel gives, and what it makes of arguments it writes to."""
    if name in WRITES:
        arguments = copy.deepcopy(arguments)  # only there: a copy lies in memory in order
    # Compiled loops never warn of an overflow; with NUMBA_DISABLE_JIT=1 they are NumPy and would.
    with np.errstate(all="ignore") if version == "numba" else nullcontext():
        result = getattr(KERNELS[name], version)(*arguments)
    results = list(result) if isinstance(result, tuple) else [result]
    written = [a for a in arguments if isinstance(a, np.ndarray)] if name in WRITES else []
    return [array for array in results + written if array is not None]


def test_every_kernel_has_a_case():
    missing = sorted(KERNELS.keys() - CASES.keys())
    assert not missing, f"no test case for {missing}: add to CASES in tests/kernels/cases.py"


@every_kernel
@given(st.data())
def test_loops_agree_with_the_definition(name: str, dtype: Any, data: Any):
    arguments, floors = data.draw(CASES[name](dtype))
    defined, found = run(name, "numpy", arguments), run(name, "numba", arguments)
    for ours, reference, floor in zip(found, defined, floors, strict=True):
        assert ours.dtype == reference.dtype == dtype
        scale = np.max(np.abs(reference), initial=floor, where=np.isfinite(reference))
        np.testing.assert_allclose(ours, reference, rtol=0, atol=TOLERANCE[dtype] * scale)


@pytest.mark.parametrize("version", ["numpy", "numba"])
@pytest.mark.parametrize("name", sorted(CASES.keys() - WRITES))
@given(st.data())
def test_arguments_are_not_written_to(name: str, version: str, data: Any):
    arguments, _ = data.draw(CASES[name](np.float32))
    before = copy.deepcopy(arguments)
    run(name, version, arguments)
    np.testing.assert_equal(arguments, before)


@pytest.mark.parametrize("name", CASES)
@given(st.data())
def test_no_argument_makes_a_loop_compile_a_second_time(name: str, data: Any):
    """Numba compiles anew for each type and layout: the wrappers bring all into one form."""
    arguments, _ = data.draw(CASES[name](np.float32))
    run(name, "numba", arguments)
    file = importlib.import_module(KERNELS[name].numba.__module__)
    for loop in (v for v in vars(file).values() if isinstance(v, Loop) and v.parallel):
        compiled_for = getattr(loop.compiled, "signatures", [])  # none if Numba is switched off
        assert sum("float32" in str(types) for types in compiled_for) <= 1
