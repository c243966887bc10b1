"""The decoders of the neural models, with a model of counts: any `next_scores` will do."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.corpora import corpora, models
from tests.models.tiny import draw_ids, stirred
from tinyllm.decoding import generate, stream
from tinyllm.decoding.scores import CachedScores
from tinyllm.errors import DataError, DtypeError, ShapeError
from tinyllm.models import NGramLM

pytestmark = pytest.mark.filterwarnings("ignore:the prompt has")  # test_generate.py has its test


@given(corpora(), models(), st.integers(1, 9), st.integers(0, 15))
def test_greedy_is_the_loop_of_argmax(corpus, kind, length, count):
    order, vocabulary, ids, rng = corpus
    method, options = kind
    model = NGramLM(order, vocabulary, method, **options).fit(ids)
    expected = list(rng.integers(0, vocabulary, length))
    found = generate(model, np.array(expected), count, temperature=0)
    for _ in range(count):
        expected.append(int(model.next_scores(np.array([expected])).argmax()))
    assert found.tolist() == expected


@given(corpora(), models(), st.integers(1, 4))
def test_each_row_of_a_batch_is_what_it_would_be_alone(corpus, kind, batch):
    order, vocabulary, ids, rng = corpus
    method, options = kind
    model = NGramLM(order, vocabulary, method, **options).fit(ids)
    prompts = rng.integers(0, vocabulary, (batch, 3))
    together = generate(model, prompts, 8, temperature=0)
    alone = [generate(model, row, 8, temperature=0) for row in prompts]
    np.testing.assert_array_equal(together, alone)
    assert model.next_scores(prompts).shape == (batch, vocabulary)


def test_the_seed_makes_the_text_and_the_filters_hold():
    model = NGramLM(3, 11).fit(draw_ids(0, 400))
    options = {"temperature": 1.3, "top_k": 4, "top_p": 0.9}
    one, same = (generate(model, [1, 2], 50, rng=5, **options) for _ in range(2))
    np.testing.assert_array_equal(one, same)
    assert (one != generate(model, [1, 2], 50, rng=6, **options)).any()
    for end in range(2, len(one)):
        better = model.probabilities(one[:end]) > model.probabilities(one[:end])[one[end]]
        assert better.sum() < 4
    new = np.stack(list(stream(model, np.array([[1, 2]]), 50, rng=5, **options)), axis=1)
    np.testing.assert_array_equal(new[0], one[2:])


def test_tokens_come_as_often_as_they_are_likely():
    model = NGramLM(2, 4, "add-k").fit([0, 1, 0, 1, 0, 2, 3])
    drawn = generate(model, np.zeros((20_000, 1), int), 1, rng=0)[:, 1]
    shares = np.bincount(drawn, minlength=4) / drawn.size
    np.testing.assert_allclose(shares, model.probabilities([0]), atol=0.02)


@pytest.mark.parametrize("options", [{}, {"top_k": 3}, {"top_p": 0.99}, {"temperature": 5.0}])
def test_what_maximum_likelihood_never_saw_is_never_drawn(options):
    model = NGramLM(2, 4, "maximum-likelihood").fit([0, 1, 2, 0, 1, 0])
    text = generate(model, [0], 300, rng=0, **options).tolist()
    assert set(pairwise(text)) <= {(0, 1), (1, 2), (2, 0), (1, 0)}


def test_mistakes_are_told_in_the_words_of_the_model():
    model = NGramLM(2, 4)
    with pytest.raises(DataError, match="nothing is counted yet"):
        generate(model, [0], 3)
    model.fit([0, 1, 2])
    with pytest.raises(DataError, match=r"ids must lie in 0\.\.3; got 9 at position 1"):
        generate(model, [0, 9], 3)
    with pytest.raises(DtypeError, match="ids must be integers; got float64"):
        generate(model, [1.5], 3)
    with pytest.raises(ShapeError, match="generate: the prompt needs at least one token"):
        generate(model, [], 3)


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("steps", [(3,), (1, 1, 1), (2, 3, 1, 4, 1, 5), (12, 1, 1)])
def test_with_a_cache_the_scores_are_those_without(batch, steps):
    """The text grows by any number of tokens, also past the context of 8."""
    model, ids = stirred(), draw_ids(0, batch, sum(steps))
    scores = CachedScores(model, ids[:, : steps[0]])
    for end in np.cumsum(steps):
        expected = model(ids[:, max(0, end - 8) : end]).data[:, -1]
        np.testing.assert_allclose(scores.next_scores(ids[:, :end]), expected, atol=1e-4)
