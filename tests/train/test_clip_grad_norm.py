import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.train.parameters import parameters_of, set_gradients
from tinyllm.nn import Parameter
from tinyllm.train import clip_grad_norm


@given(st.integers(0, 1 << 32), st.floats(0.01, 100))
def test_clipping_shortens_what_is_too_long_and_keeps_the_direction(seed, most):
    parameters = [*parameters_of(seed), Parameter(np.ones(3))]  # the last one has no gradient
    set_gradients(parameters[:-1], np.random.default_rng(seed))
    before = np.concatenate([p.grad.ravel() for p in parameters[:-1]])
    length = clip_grad_norm(parameters, most)
    after = np.concatenate([p.grad.ravel() for p in parameters[:-1]])
    assert math.isclose(length, np.linalg.norm(before), rel_tol=1e-12)
    np.testing.assert_allclose(after, before * min(1, most / length), rtol=1e-12)
    assert parameters[-1].grad is None


@pytest.mark.parametrize("wrong", [math.inf, math.nan])
def test_clipping_tells_a_length_that_is_none_and_changes_nothing(wrong):
    p = Parameter(np.ones(3))
    p.grad = np.array([1.0, wrong, 2.0])
    np.testing.assert_equal(clip_grad_norm([p], 1.0), wrong)
    np.testing.assert_equal(p.grad, [1.0, wrong, 2.0])


def test_without_gradients_the_length_is_0():
    assert clip_grad_norm([Parameter([1.0])], 1.0) == 0
