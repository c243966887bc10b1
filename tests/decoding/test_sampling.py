"""Does generation draw from the distribution that the filters leave?"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm import Tensor
from tinyllm.decoding import filters, generate
from tinyllm.decoding.sampling import greedy, sample


class Cache:
    """Counts how much was read."""

    length = 0


class Fixed:
    """A model that gives the same scores whatever it reads; shows what generation needs of one."""

    training = True

    class config:  # noqa: N801 (as an attribute of a model)
        context = 100

    def __init__(self, logits):
        self.logits = np.asarray(logits, np.float32)

    def __call__(self, ids, caches=None):
        caches[0].length += ids.shape[1]
        return Tensor(np.broadcast_to(self.logits, (*ids.shape, self.logits.size)))

    def new_caches(self, batch=1):
        return [Cache()]

    def train(self, mode=True):
        self.training = mode


LOGITS = np.array([2.0, 1.0, 1.0, 0.5, 0.0, -0.5, -1.0, -2.0, -30.0, -np.inf])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"temperature": 0.7},
        {"temperature": 2.0},
        {"top_k": 4},
        {"top_k": 2},  # two tie for the second place: both are kept
        {"top_p": 0.8},
        {"temperature": 1.5, "top_k": 6, "top_p": 0.9},
        {"min_p": 0.1},
        {"min_p": 0.1, "temperature": 3.0},  # the temperature comes first
        {"repetition_penalty": 1.7},
        {"repetition_penalty": 0.5},
        {"repetition_penalty": 1.3, "temperature": 0.8, "top_k": 6, "top_p": 0.95, "min_p": 0.05},
    ],
)
def test_samples_follow_the_filtered_distribution(options):
    """Chi-squared, n - 1 degrees of freedom: its mean is n - 1, its variance 2 (n - 1)."""
    prompt = np.tile([0, 1, 5], (20_000, 1))
    logits = LOGITS
    if "repetition_penalty" in options:
        logits = filters.repetition_penalty(LOGITS, prompt[0], options["repetition_penalty"])
    logits = filters.temperature(logits, options.get("temperature", 1.0))
    if "top_k" in options:
        logits = filters.top_k(logits, options["top_k"])
    if "top_p" in options:
        logits = filters.top_p(logits, options["top_p"])
    if "min_p" in options:
        logits = filters.min_p(logits, options["min_p"])
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    draws = len(prompt)
    tokens = generate(Fixed(LOGITS), prompt, 1, rng=3, **options)[:, -1]
    counts = np.bincount(tokens, minlength=len(LOGITS))
    likely = shares * draws > 5  # rarer ones have no bell curve
    assert counts[~likely].sum() <= 5
    assert not counts[shares == 0].any()
    freedom = likely.sum() - 1
    chi_squared = ((counts - shares * draws)[likely] ** 2 / (shares * draws)[likely]).sum()
    assert chi_squared < freedom + 4 * math.sqrt(2 * freedom)


def test_a_wrong_distribution_would_be_noticed():
    tokens = generate(Fixed(LOGITS), np.zeros((20_000, 1), int), 1, rng=3, temperature=0.95)[:, 1]
    shares = np.exp(LOGITS - LOGITS.max())
    expected = 20_000 * (shares / shares.sum())[:4]
    counts = np.bincount(tokens, minlength=len(LOGITS))[:4]
    assert ((counts - expected) ** 2 / expected).sum() > 3 + 4 * math.sqrt(2 * 3)


def test_the_penalty_counts_what_was_written_and_the_prompt():
    """With a penalty so hard, greedy takes every token once, the best first."""
    logits = np.array([5.0, 4.0, 3.0, 2.0, 1.0])
    ids = generate(Fixed(logits), [2], 4, temperature=0, repetition_penalty=1e6)
    assert ids.tolist() == [2, 0, 1, 3, 4]


class Points:
    """A generator whose next random numbers are known."""

    def __init__(self, *points):
        self.points = np.array(points)

    def random(self, shape):
        return self.points.reshape(shape)


def test_a_token_that_was_refused_is_not_drawn_at_either_end():
    logits = np.array([[-np.inf, 0.0, -np.inf, 0.0, -np.inf]] * 4)
    points = Points(0.0, np.nextafter(0.5, 0), 0.5, np.nextafter(1.0, 0))
    assert sample(logits, points).tolist() == [1, 1, 3, 3]


@given(st.integers(0, 999))
def test_draws_in_one_call_do_not_depend_on_each_other(seed):
    """Two rows with the same scores draw different tokens, as often as chance says."""
    tokens = sample(np.zeros((200, 50)), np.random.default_rng(seed))
    assert len(set(tokens.tolist())) > 30


def test_greedy_takes_the_best_of_each_row_and_of_equals_the_first():
    logits = np.array([[0.0, 2.0, 1.0], [-np.inf, 1.0, 1.0], [-3.0, -2.0, -9.0]], np.float32)
    assert greedy(logits).tolist() == [1, 1, 1]
    assert greedy(np.array([[5.0, -np.inf]])).tolist() == [0]
