"""Laws of dropout."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm import Tensor, ops

MANY = np.ones(20_000, np.float32)
shares = st.floats(0.01, 0.9)
seeds = st.integers(0, 2**32 - 1)


@given(shares, seeds)
def test_one_seed_gives_one_mask(p, seed):
    first, second = (ops.dropout(MANY, p, rng=seed).data for _ in range(2))
    np.testing.assert_array_equal(first, second)


@given(shares, seeds)
def test_a_generator_goes_on(p, seed):
    rng = np.random.default_rng(seed)
    first, second = (ops.dropout(MANY, p, rng=rng).data for _ in range(2))
    assert np.any(first != second)


@given(shares, seeds)
def test_about_the_share_is_dropped_and_the_mean_is_kept(p, seed):
    y = ops.dropout(MANY, p, rng=seed).data
    deviation = np.sqrt(p * (1 - p) / MANY.size)
    assert abs((y == 0).mean() - p) <= 6 * deviation
    assert abs(y.mean() - 1) <= 6 * deviation / (1 - p) + 1e-6


@given(shares, seeds)
def test_the_gradient_goes_where_the_value_went(p, seed):
    x = Tensor(MANY, requires_grad=True)
    y = ops.dropout(x, p, rng=seed)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, y.data)


@pytest.mark.parametrize("options", [{"p": 0.0}, {"p": 0.5, "training": False}])
def test_where_nothing_is_dropped_nothing_changes(options):
    x = Tensor([1.0, 2.0], requires_grad=True)
    np.testing.assert_array_equal(ops.dropout(x, rng=0, **options).data, x.data)
