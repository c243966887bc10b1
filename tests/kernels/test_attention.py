"""The parts of attention's definition: who may look at whom, and the scores."""

import numpy as np
import pytest

from tinyllm.kernels.attention import causal_mask, masked, scaled_scores


@pytest.mark.parametrize(("T", "S"), [(1, 1), (3, 3), (2, 5), (5, 2)])
def test_a_query_sees_the_keys_up_to_its_own_place(T, S):
    may = [[s <= S - T + t for s in range(S)] for t in range(T)]
    np.testing.assert_array_equal(causal_mask(T, S), may)


def test_scores_are_products_over_the_root_of_the_width():
    q, k = np.random.default_rng(0).standard_normal((2, 1, 1, 3, 4)).astype(np.float32)
    scores = scaled_scores(q, k)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(
        scores[0, 0, 1, 2], q[0, 0, 1] @ k[0, 0, 2] / 2, rtol=1e-5, atol=1e-6
    )


def test_what_is_masked_has_no_score_and_the_rest_keeps_its_own():
    scores = np.arange(6, dtype=np.float32).reshape(1, 1, 2, 3)
    hidden = masked(scores, np.array([True, False, True]))
    assert hidden.dtype == np.float32
    np.testing.assert_array_equal(hidden[0, 0], [[0, -np.inf, 2], [3, -np.inf, 5]])
    assert masked(scores, None) is scores
