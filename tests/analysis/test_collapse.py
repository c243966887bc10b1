"""Measures of collapse: what they are for extremes, and the laws that each keeps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from tinyllm.analysis import effective_rank, mean_cosine, rank_one_residual
from tinyllm.errors import DataError, ShapeError

MEASURES = (mean_cosine, effective_rank, rank_one_residual)


@st.composite
def sequences(draw):
    """(B, T, C) numbers drawn at random."""
    shape = draw(st.tuples(st.integers(1, 3), st.integers(2, 6), st.integers(1, 5)))
    return np.random.default_rng(draw(st.integers(0, 1000))).normal(size=shape)


@given(sequences())
def test_the_cosine_is_the_mean_over_all_pairs(states):
    pairs = [
        np.dot(x[t], x[s]) / (np.linalg.norm(x[t]) * np.linalg.norm(x[s]))
        for x in states
        for t in range(len(x))
        for s in range(len(x))
        if t != s
    ]
    assert_allclose(mean_cosine(states), np.mean(pairs), atol=1e-12)


@given(sequences())
def test_a_repeated_vector_is_the_extreme_of_all_three(states):
    same = np.repeat(states[:, :1], 4, axis=1)
    assert_allclose(mean_cosine(same), 1)
    assert_allclose(effective_rank(same), 1, atol=1e-5)
    assert_allclose(rank_one_residual(same), 0, atol=1e-12)


@given(st.integers(2, 6))
def test_orthogonal_vectors_are_the_other(T):
    assert_allclose(mean_cosine(np.eye(T)), 0, atol=1e-12)
    assert_allclose(effective_rank(np.eye(T)), T)
    assert_allclose(rank_one_residual(np.eye(T)) ** 2, 1 - 1 / T)


@given(sequences(), st.floats(0.1, 10), st.integers(0, 100))
def test_scale_and_rotation_and_order_do_not_matter(states, scale, seed):
    rng = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(rng.normal(size=(states.shape[-1],) * 2))
    other = scale * rng.permutation(states @ turn, axis=1)
    for measure in MEASURES:
        assert_allclose(measure(other), measure(states), rtol=1e-6, atol=1e-9)


@given(sequences())
def test_sequences_are_measured_one_by_one(states):
    for measure in MEASURES:
        assert_allclose(measure(states), np.mean([measure(x) for x in states]), atol=1e-12)


@pytest.mark.parametrize("measure", MEASURES)
def test_what_has_no_measure_is_refused(measure):
    with pytest.raises(
        ShapeError, match=r"takes \(\.\.\., T, C\) with T >= 2; got states=\(1, 3\)"
    ):
        measure(np.ones((1, 3)))
    with pytest.raises(DataError, match="zeros"):
        measure(np.zeros((2, 3)))
    with pytest.raises(DataError, match="NaN or inf"):
        measure(np.full((2, 3), np.nan))
