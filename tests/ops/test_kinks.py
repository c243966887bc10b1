"""Where a function has no single slope, backward makes the choice that its docstring states."""

import numpy as np
import pytest

from tinyllm import Tensor, ops


@pytest.mark.parametrize(
    ("function", "arrays", "expected"),
    [
        pytest.param(ops.relu, [[0.0, -0.0]], [[0, 0]], id="relu at 0: no slope"),
        pytest.param(ops.abs, [[0.0, -0.0]], [[0, 0]], id="abs at 0: no slope"),
        pytest.param(
            lambda x: ops.clip(x, -1.0, 2.0),
            [[-1.5, -1.0, 0.0, 2.0, 2.5]],
            [[0, 1, 1, 1, 0]],
            id="clip at its borders: as inside",
        ),
        pytest.param(
            ops.maximum, [[1.0, 2.0], [1.0, 1.0]], [[0.5, 1], [0.5, 0]], id="maximum: halves"
        ),
        pytest.param(
            ops.minimum, [[1.0, 2.0], [1.0, 1.0]], [[0.5, 0], [0.5, 1]], id="minimum: halves"
        ),
        pytest.param(
            ops.maximum, [[1.0, 1.0], [[1.0]]], [[0.5, 0.5], [[1]]], id="maximum: halves add up"
        ),
        pytest.param(ops.max, [[3.0, 1.0, 3.0, 3.0]], [[1 / 3, 0, 1 / 3, 1 / 3]], id="max: shares"),
        pytest.param(ops.min, [[3.0, 1.0, 1.0, 2.0]], [[0, 0.5, 0.5, 0]], id="min: shares"),
        pytest.param(
            lambda x: ops.max(x, axis=0),
            [[[1.0, 2.0], [1.0, 3.0]]],
            [[[0.5, 0], [0.5, 1]]],
            id="max along an axis: shares of each column",
        ),
        pytest.param(
            lambda x: x**0, [[0.0, 2.0]], [[0, 0]], id="power 0 at 0: a constant, no slope"
        ),
        pytest.param(lambda x: x**2, [[0.0, -1.0]], [[0, -2]], id="power 2 at 0"),
        pytest.param(lambda b: ops.power(0.0, b), [[0.0, 2.0]], [[0, 0]], id="0 to a power"),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ties_and_borders(function, arrays, expected, dtype):
    tensors = [Tensor(np.array(a, dtype), requires_grad=True) for a in arrays]
    function(*tensors).sum().backward()
    for tensor, gradient in zip(tensors, expected, strict=True):
        np.testing.assert_allclose(tensor.grad, np.array(gradient, dtype), rtol=1e-7)
        assert tensor.grad.dtype == dtype
