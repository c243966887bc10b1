"""online_step and online_softmax: rows in parts give what whole rows give."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.kernels.cases import scores
from tinyllm.kernels.softmax import forward_numpy, online_softmax, online_step


@given(scores(np.float64), st.integers(1, 7))
def test_parts_of_any_width_give_the_shares_of_the_whole_row(case, width):
    ((x,), _) = case
    rows = np.nan_to_num(x.reshape(-1, x.shape[-1]), nan=0.5, posinf=np.inf, neginf=-np.inf)
    np.testing.assert_allclose(online_softmax(rows, width), forward_numpy(rows), rtol=1e-12)


@given(st.permutations(range(5)))
def test_the_order_of_the_parts_does_not_matter(order):
    parts = np.array([[1.0, 2.0], [-np.inf, -np.inf], [300.0, 299.0], [-5.0, 0.0], [300.0, 1.0]])
    top, total = np.array([-np.inf]), np.array([0.0])
    for i in order:
        top, total = online_step(top, total, parts[i : i + 1])
    assert top == 300.0
    np.testing.assert_allclose(total, np.exp(parts - 300.0).sum(), rtol=1e-12)


def test_a_row_of_only_minus_infinity_stays_without_weight():
    nothing = np.array([-np.inf]), np.array([0.0])
    top, total = online_step(*nothing, np.array([[-np.inf, -np.inf]]))
    assert (top, total) == nothing
