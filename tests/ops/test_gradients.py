"""Every operation: backward against finite differences, float32 against float64, and manners."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import tinyllm
from tests.discovery import functions
from tests.ops.cases import CASES, Case, every_case
from tests.ops.drawing import LAYOUTS
from tinyllm import Tensor
from tinyllm.autograd.engine import latest_first
from tinyllm.types import Array

a_few = settings(max_examples=settings().max_examples // 4)  # where more draws tell no more


def run(
    case: Case, arrays: Sequence[Array | None], options: dict[str, Any]
) -> tuple[list[Array], list[Array]]:
    """Return the values of an operation, and its gradients for fixed random ones that arrive."""
    tensors, rng = differentiable(arrays), np.random.default_rng(0)
    results = outputs(case.run(*tensors, **options))
    for result in results:
        result.backward(rng.standard_normal(result.shape), retain_graph=True)
    return [r.data for r in results], [t.grad for t in tensors if t is not None]


def differentiable(arrays: Sequence[Array | None]) -> list[Tensor | None]:
    return [None if a is None else Tensor(a, requires_grad=True) for a in arrays]


def outputs(result: Tensor | Sequence[Tensor]) -> tuple[Tensor, ...]:
    return (result,) if isinstance(result, Tensor) else tuple(result)


def cast(arrays: Sequence[Array | None], dtype: Any) -> tuple[Array | None, ...]:
    return tuple(None if a is None else a.astype(dtype) for a in arrays)


def test_every_operation_has_a_case():
    missing = [op.__name__ for op in functions() if op not in CASES]
    assert not missing, f"no test case for {missing}: add an entry to CASES in tests/ops/cases.py"


@every_case
@a_few
@given(st.data())
def test_a_case_runs_the_operation_it_stands_for(op, case, backend, data):
    arrays, options = data.draw(case.inputs)
    with tinyllm.backend(backend):
        output, *_ = outputs(case.run(*differentiable(arrays), **options))
    assert op in {node.op for node in latest_first(output.node)}


@every_case
@given(st.data())
def test_backward_agrees_with_finite_differences(op, case, backend, data):
    arrays, options = data.draw(case.inputs)
    with tinyllm.backend(backend):
        tinyllm.gradcheck(lambda *tensors: outputs(case.run(*tensors, **options)), *arrays)


@every_case
@given(st.data())
def test_float32_agrees_with_float64(op, case, backend, data):
    arrays, options = data.draw(case.inputs)
    singles = cast(arrays, np.float32)
    with tinyllm.backend(backend):
        values, gradients = run(case, singles, options)
        exact_values, exact_gradients = run(case, cast(singles, np.float64), options)
    for single, exact in zip(values + gradients, exact_values + exact_gradients, strict=True):
        assert single.dtype == np.float32
        assert exact.dtype == np.float64
        scale = max(1, np.max(np.abs(exact), initial=0))
        np.testing.assert_allclose(single, exact, rtol=0, atol=1e-5 * scale)


@every_case
@given(st.data(), st.sampled_from(LAYOUTS))
def test_where_numbers_lie_in_memory_changes_nothing(op, case, backend, data, layout):
    arrays, options = data.draw(case.inputs)
    placed = tuple(None if a is None else layout(a) for a in arrays)
    with tinyllm.backend(backend):
        values, gradients = run(case, placed, options)
        plain_values, plain_gradients = run(case, arrays, options)
    for found, plain in zip(values + gradients, plain_values + plain_gradients, strict=True):
        np.testing.assert_allclose(found, plain, rtol=1e-12, atol=1e-12)


@every_case
@a_few
@given(st.data())
def test_inputs_are_not_written_to(op, case, backend, data):
    arrays, options = data.draw(case.inputs)
    before = copy.deepcopy((arrays, options))
    with tinyllm.backend(backend):
        run(case, arrays, options)
    np.testing.assert_equal((arrays, options), before)


@every_case
@a_few
@given(st.data())
def test_float32_with_float64_gives_float64(op, case, backend, data):
    arrays, options = data.draw(case.inputs)
    mixed = list(cast(arrays, np.float32))
    double = data.draw(st.sampled_from([i for i, a in enumerate(arrays) if a is not None]))
    mixed[double] = arrays[double]
    with tinyllm.backend(backend):
        values, gradients = run(case, mixed, options)
    assert all(value.dtype == np.float64 for value in values)
    assert [g.dtype for g in gradients] == [a.dtype for a in mixed if a is not None]
