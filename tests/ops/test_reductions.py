"""Laws of reductions: how sum, mean, var, max, logsumexp and cumsum go together."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.drawing import along_axis, reduced
from tests.ops.inputs import varied
from tinyllm import Tensor, ops


@given(reduced())
def test_the_mean_is_the_sum_over_the_count(drawn):
    (x,), options = drawn
    total, mean = ops.sum(x, **options).data, ops.mean(x, **options).data
    count = x.size // total.size
    np.testing.assert_allclose(mean, total / count, rtol=1e-12, atol=1e-15)


@given(varied())
def test_the_variance_does_not_feel_a_shift_and_feels_a_scale_squared(drawn):
    (x,), options = drawn
    var = ops.var(x, **options).data
    np.testing.assert_allclose(ops.var(3 * x + 5, **options).data, 9 * var, rtol=1e-9, atol=1e-12)


@given(reduced())
def test_the_smallest_is_minus_the_largest_of_the_negatives(drawn):
    (x,), options = drawn
    np.testing.assert_array_equal(ops.min(x, **options).data, -ops.max(-x, **options).data)


@given(reduced())
def test_logsumexp_lies_between_the_largest_and_that_plus_ln_n(drawn):
    (x,), options = drawn
    smooth, top = ops.logsumexp(x, **options).data, ops.max(x, **options).data
    assert np.all(smooth >= top - 1e-12)
    assert np.all(smooth <= top + np.log(x.size / top.size) + 1e-12)


@given(reduced(), st.floats(-1e3, 1e3))
def test_logsumexp_moves_with_a_shift(drawn, shift):
    (x,), options = drawn
    moved = ops.logsumexp(x + shift, **options).data
    np.testing.assert_allclose(moved, ops.logsumexp(x, **options).data + shift, atol=1e-9)


@given(reduced())
def test_gradients_of_a_maximum_and_of_logsumexp_are_shares(drawn):
    (x,), options = drawn
    for reduce in (ops.max, ops.logsumexp):
        tensor = Tensor(x, requires_grad=True)
        result = reduce(tensor, **options)
        result.sum().backward()
        shares = ops.sum(tensor.grad, **options).data
        np.testing.assert_allclose(shares, np.ones(result.shape), rtol=1e-12)


@given(along_axis())
def test_the_last_running_sum_is_the_sum(drawn):
    (x,), options = drawn
    last = np.take(ops.cumsum(x, **options).data, -1, **options)
    np.testing.assert_allclose(last, ops.sum(x, **options).data, atol=1e-12)
