import numpy as np
import pytest

from tinyllm import Tensor, gradcheck
from tinyllm.autograd import locks
from tinyllm.autograd.finite_difference import (
    Point,
    central_differences,
    random_vectors,
    unit_vectors,
)
from tinyllm.errors import DtypeError, GradientError, OptionError


def test_slopes_of_a_cubic():
    point = Point(lambda x: x * x * x, ([2.0, -1.0],), np.random.default_rng(0))
    (u,) = point.u
    slopes = [point.slope(0, v, 1e-5) for v in unit_vectors((2,))]
    np.testing.assert_allclose(slopes, u * [12, 3], rtol=1e-8)
    np.testing.assert_allclose(point.gradients[0], slopes, rtol=1e-8)
    right = point.slope(0, np.array([1.0, 0.0]), 1e-5, sides=(1, 0))
    np.testing.assert_allclose(right, u[0] * 12, rtol=1e-4)


@pytest.mark.parametrize(
    "x", [np.array([[1.0, 2.0], [-3.0, 0.5]]), np.array([2, 3]), np.array(4.0)]
)
def test_central_differences_of_a_cubic(x):
    before = x.copy()
    slopes = central_differences(lambda x: float((x**3).sum()), x)
    np.testing.assert_allclose(slopes, 3.0 * x**2, rtol=1e-8)
    assert (slopes.shape, slopes.dtype) == (x.shape, np.float64)
    np.testing.assert_array_equal(x, before)
    coarse = central_differences(lambda x: float((x**3).sum()), x, step=0.5)
    np.testing.assert_allclose(coarse, 3.0 * x**2 + 0.25)  # what is left of the curve: h^2


def test_central_differences_of_nothing():
    assert central_differences(lambda x: 1.0, np.zeros((0, 2))).shape == (0, 2)


def test_random_vectors_have_length_1():
    for v in random_vectors((2, 3), 4, np.random.default_rng(0)):
        np.testing.assert_allclose(np.linalg.norm(v), 1)


# -------------------------------------------------------------------- what cannot be checked
@pytest.mark.parametrize(
    ("function", "inputs", "error", "message"),
    [
        (lambda i: i, [np.arange(3)], DtypeError, r"needs an input with floating.*got \(int64\)"),
        (lambda x: x, [np.zeros((0, 2))], DtypeError, "needs an input with floating"),
        (lambda x: x.data, [[1.0]], DtypeError, "must return a Tensor.*; got ndarray"),
        (lambda x: (x, None), [[1.0]], DtypeError, "must return a Tensor.*; got NoneType"),
        (lambda x: x.astype(np.float32), [[1.0]], DtypeError, "output 0 is float32"),
        (lambda x: x.detach(), [[1.0]], GradientError, "nothing leads back"),
        (lambda x: x, [[1.0, np.nan]], OptionError, r"input 0 is nan at \[1\]"),
        (lambda x, y: x, [[1.0], [np.inf]], OptionError, r"input 1 is inf at \[0\]"),
        (lambda x: (x, x * np.nan), [[1.0]], GradientError, r"output 1 is nan at \[0\]"),
    ],
)
def test_what_cannot_be_checked_is_refused(function, inputs, error, message):
    with pytest.raises(error, match=message):
        gradcheck(function, *inputs)


def test_a_function_that_is_not_defined_one_step_on_is_refused():
    with np.errstate(invalid="ignore"), pytest.raises(GradientError, match="one step along input"):
        gradcheck(lambda x: (x - 1.0) ** 1.5, [1.0])


def test_a_function_that_draws_random_numbers_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(OptionError, match="two results for the same inputs"):
        gradcheck(lambda x: x * rng.random(), [1.0])


# -------------------------------------------------------------------- arguments are left alone
def test_nothing_is_changed_outside():
    x = Tensor(np.ones((2, 2), np.float32), requires_grad=True)
    x.grad = np.full((2, 2), 7, np.float32)
    ids, before = np.array([0, 0, 1]), set(locks._owners)

    def function(x, ids, scale):
        assert ids.dtype == np.int64
        assert x.dtype == np.float64
        return (x * x)[ids] * scale

    gradcheck(function, x, ids, 3)
    with pytest.raises(GradientError):
        gradcheck(lambda x, ids: (x.detach() * x)[ids], x, ids)
    assert x.grad.tolist() == [[7, 7], [7, 7]]
    assert x.data.tolist() == [[1, 1], [1, 1]]
    assert x.data.flags.writeable
    assert ids.flags.writeable
    assert set(locks._owners) == before


def test_infinite_outputs_of_a_mask_are_left_out():
    mask = np.array([0.0, -np.inf])
    assert gradcheck(lambda x: x * 2.0 + mask, [1.0, 2.0]).checked == 2
