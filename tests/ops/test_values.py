"""Every operation that NumPy has too gives NumPy's values, shapes and dtypes.

Leaves out: what NumPy has not; tests/parity/test_ops_torch.py compares that with PyTorch.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.ops.cases import CASES, Case, every_backend
from tinyllm import Tensor, ops

every_case_of_numpy = pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{op.__name__}-{i}")
        for op, cases in CASES.items()
        for i, case in enumerate(cases)
        if case.numpy
    ],
)


@every_backend
@every_case_of_numpy
@given(st.data())
def test_values_are_those_of_numpy(case: Case, backend: str, data: Any):
    arrays, options = data.draw(case.inputs)
    with tinyllm.backend(backend):
        result = case.run(*(None if a is None else Tensor(a) for a in arrays), **options)
    expected = case.numpy(*arrays, **options)
    if isinstance(result, Tensor):
        result, expected = [result], [expected]
    for ours, theirs in zip(result, expected, strict=True):
        assert ours.dtype == np.asarray(theirs).dtype
        np.testing.assert_allclose(ours.data, theirs, rtol=1e-12, atol=1e-12, strict=False)
        assert ours.shape == np.shape(theirs)


# -------------------------------------------------------------------- where numbers end
@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize(
    ("operation", "x", "y"),
    [
        (ops.sigmoid, [-np.inf, -1000, 1000, np.inf], [0, 0, 1, 1]),
        (ops.silu, [-1000, 0, 1000], [0, 0, 1000]),
        (ops.tanh, [-np.inf, -1000, 1000, np.inf], [-1, -1, 1, 1]),
        (ops.gelu, [-1000, 0, 1000], [0, 0, 1000]),
        (lambda x: ops.gelu(x, approximate="tanh"), [-1000, 0, 1000], [0, 0, 1000]),
        (ops.relu, [-np.inf, np.inf], [0, np.inf]),
        (ops.exp, [-np.inf, -1000], [0, 0]),
        (ops.logsumexp, [1000, 1000], 1000 + np.log(2)),
        (ops.logsumexp, [-np.inf, -np.inf], -np.inf),
        (ops.logsumexp, [-np.inf, 3], 3),
        (ops.logsumexp, [3e38, 3e38], 3e38),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_numbers_neither_overflow_nor_warn(operation, x, y, dtype, backend):
    tensor = Tensor(np.array(x, dtype), requires_grad=True)
    with tinyllm.backend(backend):
        result = operation(tensor)
        result.sum().backward()
    np.testing.assert_allclose(result.data, y, rtol=1e-6)
    assert np.all(np.isfinite(tensor.grad) | ~np.isfinite(tensor.data))


@pytest.mark.parametrize(
    "operation",
    [
        ops.relu, ops.silu, ops.gelu, ops.sigmoid, ops.tanh, ops.exp, ops.max, ops.sum,
        ops.softmax, ops.log_softmax, ops.logsumexp, ops.layer_norm, ops.rms_norm, abs,
    ],
)  # fmt: skip
@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_no_number_stays_no_number(operation, place, backend):
    x = np.ones(3, np.float32)
    x[place] = np.nan
    with tinyllm.backend(backend):
        result = operation(Tensor(x)).data
    assert np.isnan(result if result.ndim == 0 else result[place])
