"""Small texts of ids, and ways to count them, for the tests of n-gram models."""

import numpy as np
from hypothesis import strategies as st

from tinyllm.models.smoothing import METHODS


@st.composite
def corpora(draw, most_ids=120):
    """A few ids, some frequent, some rare, some of the vocabulary never seen."""
    order = draw(st.integers(1, 5))
    vocabulary = draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    size = draw(st.integers(order + 2, most_ids))  # more than one, so that a tenth can be held out
    weights = rng.dirichlet(np.full(vocabulary, 0.5))
    return order, vocabulary, rng.choice(vocabulary, size, p=weights), rng


def models():
    """A method and its options, for `NGramLM(order, vocabulary, method, **options)`."""
    return st.sampled_from([(method, {}) for method in METHODS] + [("add-k", {"k": 0.01})])


def draw_weights(order, rng):
    """Weights for "interpolation"; some are 0."""
    weights = rng.dirichlet(np.full(order + 1, 0.5)) * rng.integers(0, 2, order + 1)
    weights[0] = 0.1
    return weights / weights.sum()
