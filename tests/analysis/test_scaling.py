"""Scaling laws: published values, and that the optimum is one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.analysis import compute_optimal, fit_power_law, power_law, scaling_law
from tinyllm.errors import DataError, OptionError


def test_the_law_gives_the_published_values():
    assert float(scaling_law(70e9, 1.4e12)) == pytest.approx(1.9366, abs=5e-5)
    N, D = compute_optimal(5.76e23)
    np.testing.assert_allclose([N, D / N], [3.219e10, 92.65], rtol=2e-4)


@given(st.floats(15, 26), st.floats(0.2, 0.6), st.floats(0.2, 0.6), st.floats(0.5, 2))
def test_no_other_split_of_the_compute_is_better(power, alpha, beta, factor):
    flops = 10**power
    law = {"A": 400.0, "B": 410.0, "alpha": alpha, "beta": beta}
    N, D = compute_optimal(flops, **law)
    np.testing.assert_allclose(6 * N * D, flops)
    assert scaling_law(N, D, **law) <= scaling_law(N * factor, D / factor, **law) + 1e-9


@given(st.floats(1e3, 1e12), st.floats(0.05, 1.0))
def test_a_power_law_is_found_again(critical, exponent):
    sizes = np.array([1e3, 3e4, 2e5, 7e6])
    found = fit_power_law(sizes, power_law(sizes, critical, exponent))
    np.testing.assert_allclose(found, (critical, exponent), rtol=1e-6)


def test_the_fit_is_the_least_squares_of_logarithms():
    sizes, losses = np.array([1.0, 2, 8, 9]), np.array([5.0, 4, 4.5, 2])
    critical, exponent = fit_power_law(sizes, losses)
    slope, intercept = np.polyfit(np.log(sizes), np.log(losses), 1)
    assert exponent == pytest.approx(-slope)
    assert exponent * np.log(critical) == pytest.approx(intercept)


def test_what_cannot_be_fitted_is_refused():
    for sizes, losses in (([1, 1], [2, 3]), ([1, 2], [1, 0]), ([1, 2, 3], [1, 2]), ([], [])):
        with pytest.raises(DataError, match="two or more"):
            fit_power_law(sizes, losses)
    with pytest.raises(OptionError, match="above 0"):
        compute_optimal(0.0)
