"""exp and its kin inside loops: how far they are off, and what they do where numbers end."""

import math

import numpy as np
import pytest

from tinyllm.kernels.elementary import erf, exp, sigmoid, tanh
from tinyllm.kernels.jit import loop

LOWEST, HIGHEST = np.float32(-87.3), np.float32(88.37)  # so far exp_float32 is exact, as it says
WHOLE_RANGE = np.linspace(LOWEST, HIGHEST, 500_001, dtype=np.float32)
NEAR_ZERO = np.linspace(-1, 1, 200_001, dtype=np.float32)


@loop
def _each_exp(x, y):
    for i in range(x.size):
        y[i] = exp(x[i])


@loop
def _each_erf(x, y):
    for i in range(x.size):
        y[i] = erf(x[i])


@loop
def _each_sigmoid(x, y):
    for i in range(x.size):
        y[i] = sigmoid(x[i])


@loop
def _each_tanh(x, y):
    for i in range(x.size):
        y[i] = tanh(x[i])


def run(each, *values):
    x = np.concatenate([np.atleast_1d(v) for v in values])
    y = np.empty_like(x)
    each(x, y)
    return x.astype(np.float64), y


@pytest.mark.parametrize("x", [WHOLE_RANGE, NEAR_ZERO], ids=["whole range", "near zero"])
def test_single_exp_errs_by_two_in_ten_million_at_most(x):
    exact, y = run(_each_exp, x)
    assert np.max(np.abs(y / np.exp(exact) - 1)) <= 2e-7


def test_double_exp_is_right_to_the_last_digits_down_to_denormal_results():
    exact, y = run(_each_exp, np.linspace(-745, 709.7, 100_001))
    np.testing.assert_allclose(y, np.exp(exact), rtol=4e-16, atol=5e-324)


def test_single_exp_goes_to_zero_where_float32_loses_its_digits():
    below = np.linspace(-110, LOWEST, 1001, dtype=np.float32)
    exact, y = run(_each_exp, below)
    tiny = np.finfo(np.float32).tiny
    assert np.exp(exact).max() < 1.3 * tiny
    assert np.max(np.abs(y - np.exp(exact))) < tiny
    assert not y[below < -87.7].any()


def test_single_exp_is_infinite_from_seven_tenths_of_the_largest_number_on():
    exact, y = run(_each_exp, HIGHEST, np.linspace(88.4, 200, 101, dtype=np.float32))
    assert y[0] < np.inf
    assert np.all(y[1:] == np.inf)
    assert np.all(np.exp(exact[1:]) > 0.7 * np.finfo(np.float32).max)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exp_of_infinities_and_of_no_number(dtype):
    _, y = run(_each_exp, np.array([-np.inf, np.inf, np.nan, 0, -0.0], dtype))
    np.testing.assert_array_equal(y, np.array([0, np.inf, np.nan, 1, 1], dtype))


@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 5e-7), (np.float64, 1e-15)])
def test_erf_errs_by_no_more_than_it_says(dtype, error):
    exact, y = run(_each_erf, np.linspace(-6, 6, 50_001, dtype=dtype))
    assert np.max(np.abs(y - np.array([math.erf(v) for v in exact]))) <= error


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_erf_is_odd(dtype):
    x = np.linspace(0, 6, 1001, dtype=dtype)
    np.testing.assert_array_equal(run(_each_erf, -x)[1], -run(_each_erf, x)[1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_erf_of_infinities_and_of_no_number(dtype):
    _, y = run(_each_erf, np.array([-np.inf, np.inf, np.nan], dtype))
    np.testing.assert_array_equal(y, np.array([-1, 1, np.nan], dtype))


@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 2.5e-7), (np.float64, 5e-16)])
def test_sigmoid_and_tanh_err_by_no_more_than_rounding(dtype, error):
    exact, y = run(_each_sigmoid, np.linspace(-30, 30, 50_001, dtype=dtype))
    assert np.max(np.abs(y - 1 / (1 + np.exp(-exact)))) <= error
    exact, y = run(_each_tanh, np.linspace(-20, 20, 50_001, dtype=dtype))
    assert np.max(np.abs(y - np.tanh(exact))) <= error


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_and_tanh_where_numbers_end(dtype):
    ends = np.array([-np.inf, -1e30, 0, 1e30, np.inf, np.nan], dtype)
    with np.errstate(over="ignore"):  # NumPy warns where NUMBA_DISABLE_JIT is set
        np.testing.assert_array_equal(run(_each_sigmoid, ends)[1], [0, 0, 0.5, 1, 1, np.nan])
        np.testing.assert_array_equal(run(_each_tanh, ends)[1], [-1, -1, 0, 1, 1, np.nan])
