"""Laws of softmax and log_softmax."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.ops.cases import every_backend
from tests.ops.drawing import numbers, shapes
from tinyllm import Tensor, ops

scores = shapes(min_dims=1).flatmap(lambda shape: numbers(shape, -30, 30))


def softmax(x, backend, axis=-1):
    with tinyllm.backend(backend):
        return ops.softmax(Tensor(x), axis).data


@every_backend
@given(scores)
def test_shares_are_positive_and_sum_to_one(backend, x):
    p = softmax(x, backend)
    assert np.all(p > 0)
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-12)


@every_backend
@given(scores, st.floats(-1e3, 1e3))
def test_adding_a_constant_changes_nothing(backend, x, constant):
    np.testing.assert_allclose(softmax(x + constant, backend), softmax(x, backend), rtol=1e-9)


@every_backend
@given(scores, st.randoms())
def test_permuted_scores_give_permuted_shares(backend, x, random):
    order = list(range(x.shape[-1]))
    random.shuffle(order)
    permuted = softmax(x[..., order], backend)
    np.testing.assert_allclose(permuted, softmax(x, backend)[..., order], rtol=1e-12)


@every_backend
@given(scores, st.data())
def test_an_axis_is_the_last_one_moved(backend, x, data):
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    moved = softmax(np.moveaxis(x, axis, -1), backend)
    np.testing.assert_array_equal(softmax(x, backend, axis), np.moveaxis(moved, -1, axis))


@every_backend
@given(scores)
def test_gradients_of_a_row_sum_to_zero(backend, x):
    """The other side of shift invariance: no step along (1, ..., 1) changes anything."""
    tensor = Tensor(x, requires_grad=True)
    with tinyllm.backend(backend):
        ops.softmax(tensor).backward(np.cos(np.arange(x.size)).reshape(x.shape))
    np.testing.assert_allclose(tensor.grad.sum(axis=-1), 0, atol=1e-14)


@every_backend
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_score_of_minus_infinity_gets_exactly_nothing(backend, dtype):
    p = softmax(np.array([1.0, -np.inf, 1.0, -np.inf], dtype), backend)
    np.testing.assert_array_equal(p, [0.5, 0, 0.5, 0])


@every_backend
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_row_without_any_score_gives_zeros_and_zero_gradients(backend, dtype):
    x = Tensor(np.array([[-np.inf, -np.inf], [0.0, 0.0]], dtype), requires_grad=True)
    with tinyllm.backend(backend):
        p = ops.softmax(x)
        p.backward(np.array([[3.0, 4.0], [3.0, 4.0]]))
    np.testing.assert_array_equal(p.data, [[0, 0], [0.5, 0.5]])
    np.testing.assert_array_equal(x.grad, [[0, 0], [-0.25, 0.25]])


@every_backend
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e4, 1e30])
def test_large_scores_do_not_overflow(backend, dtype, size):
    x = np.array([size, size, -size], dtype)
    np.testing.assert_array_equal(softmax(x, backend), [0.5, 0.5, 0])
    with tinyllm.backend(backend):
        logs = ops.log_softmax(Tensor(x)).data
    np.testing.assert_allclose(logs, -np.log(2) - np.array([0, 0, 2 * size]), rtol=1e-6)


@every_backend
@given(scores)
def test_log_softmax_is_the_logarithm_of_softmax(backend, x):
    with tinyllm.backend(backend):
        logs = ops.log_softmax(Tensor(x)).data
    np.testing.assert_allclose(np.exp(logs), softmax(x, backend), rtol=1e-12)


@every_backend
def test_the_logarithm_of_no_share_is_minus_infinity(backend):
    x = Tensor([[-np.inf, -np.inf], [0.0, -np.inf]])
    with tinyllm.backend(backend):
        logs = ops.log_softmax(x).data
    np.testing.assert_array_equal(logs, [[-np.inf, -np.inf], [0, -np.inf]])
