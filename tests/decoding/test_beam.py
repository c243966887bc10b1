"""Beam search against brute force, on models so small that every text can be listed."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.models.tiny import draw_ids, stirred
from tinyllm.decoding import beam_search, generate
from tinyllm.errors import DataError, DtypeError, OptionError, ShapeError
from tinyllm.models import RNNLM, NGramLM, RNNConfig

V, LONGEST = 3, 4
penalties = st.sampled_from([-2.0, -0.5, 0.0, 0.3, 1.0, 2.5])


class Drawn:
    """Any distribution after any text: drawn at random, the same for the same text."""

    def __init__(self, seed, vocabulary=V):
        self.seed, self.vocabulary = seed, vocabulary

    def next_scores(self, ids):
        rows = [np.random.default_rng([self.seed, *row]) for row in ids]
        return np.array([2 * rng.standard_normal(self.vocabulary) for rng in rows])


def log_prob(model, text, start):
    """The sum of log P of text[start:], each token given those before it."""
    total = 0.0
    for end in range(start, len(text)):
        scores = np.asarray(model.next_scores(np.array([text[:end]]))[0], float)
        weights = np.exp(scores - scores.max())
        with np.errstate(divide="ignore"):
            total += float(np.log(weights[text[end]] / weights.sum()))
    return total


def all_texts(prompt, count, stop, vocabulary=V):
    """Every continuation: of `count` tokens, or one that ends with its first stop id."""
    for length in range(1, count + 1):
        for new in itertools.product(range(vocabulary), repeat=length):
            ends = [i for i, token in enumerate(new) if token in stop]
            if ends == [length - 1] or (not ends and length == count):
                yield [*prompt, *new]


def ranked(model, prompt, count, penalty, stop):
    """Score and text of all continuations, the best first."""
    texts = all_texts(prompt, count, stop)
    scored = [
        (log_prob(model, text, len(prompt)) / (len(text) - len(prompt)) ** penalty, text)
        for text in texts
    ]
    return sorted((pair for pair in scored if pair[0] > -math.inf), reverse=True)


# -------------------------------------------------------------------- it finds the likeliest
@given(
    st.integers(0, 10**6),
    st.integers(1, LONGEST),
    penalties,
    st.sets(st.integers(0, V - 1), max_size=2),
    st.integers(1, 5),
)
def test_with_beams_for_all_texts_it_finds_the_n_best(seed, count, penalty, stop, n_best):
    model, prompt = Drawn(seed), [seed % V]
    expected = ranked(model, prompt, count, penalty, stop)[:n_best]
    options = {"beams": V**count + n_best, "length_penalty": penalty, "stop": list(stop)}
    found = beam_search(model, prompt, count, n_best=n_best, **options)
    assert len(found) == len(expected)
    np.testing.assert_allclose([text.score for text in found], [score for score, _ in expected])
    assert [text.ids.tolist() for text in found] == [text for _, text in expected]


@given(st.integers(0, 999), st.integers(1, LONGEST), penalties)
def test_with_counts_it_finds_the_likeliest_and_none_that_cannot_be(seed, count, penalty):
    """Maximum likelihood gives most texts the probability 0."""
    model = NGramLM(2, V, "maximum-likelihood").fit(draw_ids(seed, 12, vocabulary=V))
    expected = ranked(model, [0], count, penalty, {1})
    options = {"beams": 200, "length_penalty": penalty, "stop": 1, "n_best": 200}
    found = beam_search(model, [0], count, **options)
    np.testing.assert_allclose([text.score for text in found], [score for score, _ in expected])
    for text in found:
        score = log_prob(model, text.ids.tolist(), 1) / (text.ids.size - 1) ** penalty
        assert text.score == pytest.approx(score)


def recurrent(seed, cell="lstm"):
    return RNNLM(RNNConfig(vocabulary=11, context=8, cell=cell, layers=2, width=8), seed)


NEURAL = {"attention": stirred, "lstm": recurrent, "rnn": lambda seed: recurrent(seed, "rnn")}


class Anew:
    """A model without its cache: each text is read again from its beginning."""

    def __init__(self, model, context):
        self.model, self.context = model, context

    def next_scores(self, ids):
        with tinyllm.no_grad():
            return self.model(ids[:, -self.context :]).data[:, -1]


@pytest.mark.parametrize("kind", NEURAL)
@given(st.integers(0, 99), st.integers(1, 6), st.integers(1, 6), penalties)
def test_with_a_cache_it_finds_what_it_finds_without(kind, seed, length, beams, penalty):
    """Also past the context of 8, where the window slides and the caches begin anew."""
    model, prompt = NEURAL[kind](seed), draw_ids(seed, length)
    options = {"beams": beams, "n_best": beams, "length_penalty": penalty, "stop": [3, 4]}
    found = beam_search(model, prompt, 9, **options)
    context = 8 if kind == "attention" else 99
    expected = beam_search(Anew(model, context), prompt, 9, **options)
    scores = [text.score for text in found]
    np.testing.assert_allclose(scores, [text.score for text in expected], rtol=1e-4, atol=1e-4)
    assert scores == sorted(scores, reverse=True)
    for text in found:
        total = log_prob(Anew(model, context), text.ids.tolist(), length)
        score = total / (text.ids.size - length) ** penalty
        assert text.score == pytest.approx(score, rel=1e-3, abs=1e-3)


# -------------------------------------------------------------------- laws
@pytest.mark.parametrize("kind", NEURAL)
@given(st.integers(0, 99), st.integers(1, 12), penalties, st.sampled_from([None, 2, [0, 5]]))
def test_one_beam_is_greedy(kind, seed, count, penalty, stop):
    model, prompt = NEURAL[kind](seed), draw_ids(seed, 3)
    (found,) = beam_search(model, prompt, count, beams=1, length_penalty=penalty, stop=stop)
    greedy = generate(model, prompt, count, temperature=0, stop=stop)
    assert found.ids.tolist() == greedy.tolist()


@given(st.integers(0, 999), penalties, st.integers(1, 4), st.integers(1, 4))
def test_stopping_early_misses_nothing(seed, penalty, beams, n_best):
    """As many texts as beams are kept: the search goes on for them. The best are the same."""
    model, n_best = Drawn(seed, 6), min(n_best, beams)
    options = {"beams": beams, "length_penalty": penalty, "stop": [0]}
    few = beam_search(model, [1], 8, n_best=n_best, **options)
    many = beam_search(model, [1], 8, n_best=beams, **options)
    if beams > 1:
        assert [text.score for text in few] == [text.score for text in many[:n_best]]


def test_it_stops_as_soon_as_nothing_open_can_win():
    reads = []

    class SureToStop:
        def next_scores(self, ids):
            reads.append(ids.shape)
            return np.log([[0.9, 0.06, 0.04]] * len(ids))

    def search(penalty):
        reads.clear()
        return beam_search(SureToStop(), [1], 50, beams=2, length_penalty=penalty, stop=0)[0]

    assert search(0.0).ids.tolist() == [1, 0]
    assert len(reads) == 1
    # the mean of a token is what counts, and log 0.9 cannot be reached by a text without a stop
    assert search(1.0).ids.tolist() == [1, 0]
    assert 1 < len(reads) < 50


def test_a_penalty_that_favours_long_texts_waits_for_them():
    """P of stop is 0.5, and everything after another token is certain: worth waiting for."""

    class Patient:
        def next_scores(self, ids):
            rows = [[0.5, 0.45, 0.05] if len(row) == 1 else [1e-9, 1.0, 1e-9] for row in ids]
            return np.log(rows)

    short = beam_search(Patient(), [1], 9, beams=2, length_penalty=0.0, stop=0)[0]
    long = beam_search(Patient(), [1], 9, beams=2, length_penalty=1.0, stop=0)[0]
    assert (short.ids.size, long.ids.size) == (2, 10)


def test_the_model_is_left_as_it_was():
    model = stirred(dropout=0.5)
    one, two = (beam_search(model, [1, 2], 6, beams=3) for _ in range(2))
    assert one[0].ids.tolist() == two[0].ids.tolist()
    assert model.training
    assert not any(p.grad is not None for p in model.parameters())


def test_nothing_new_is_the_prompt():
    ((ids, score),) = beam_search(stirred(), [1, 2], 0)
    assert (ids.tolist(), score) == ([1, 2], 0.0)


def test_a_prompt_longer_than_the_context_is_said():
    with pytest.warns(UserWarning, match="the prompt has 12 tokens; the model reads the last 8"):
        beam_search(stirred(), draw_ids(0, 12), 2)


# -------------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beams": 0}, "beam_search: beams must be at least 1; got 0."),
        ({"n_best": 5}, "beam_search: n_best must be at least 1 and at most beams = 4; got 5."),
        ({"n_best": 0}, "beam_search: n_best must be at least 1 and at most beams = 4; got 0."),
        ({"length_penalty": math.nan}, "beam_search: length_penalty must be finite; got nan."),
        ({"max_new_tokens": -1}, "beam_search: max_new_tokens must be at least 0; got -1."),
        ({"stop": "."}, "stop: takes an id or a list of ids; got '.'"),
    ],
)
def test_an_option_out_of_range_is_refused_before_the_model_runs(options, message):
    model = stirred()
    model.forward = None  # calling it would fail
    with pytest.raises(OptionError) as caught:
        beam_search(model, [0], **({"max_new_tokens": 3} | options))
    assert str(caught.value).startswith(message)


def test_what_is_not_one_prompt_is_refused():
    for prompt in ([], 3):
        with pytest.raises(ShapeError, match="beam_search: the prompt needs at least one token"):
            beam_search(stirred(), prompt, 3)
    for prompts in ([[1], [2]], [[1], [2, 3]]):
        with pytest.raises(ShapeError, match="beam_search: takes one prompt; got"):
            beam_search(stirred(), prompts, 3)


def test_unknown_ids_are_refused_in_the_words_of_the_model():
    with pytest.raises(OptionError, match="ids must be in 0 to 10; got 99"):
        beam_search(stirred(), [99], 3)
    with pytest.raises(DataError, match=r"ids must lie in 0\.\.2; got 9"):
        beam_search(NGramLM(2, 3).fit([0, 1, 2]), [9], 3)
    with pytest.raises(DtypeError, match="ids must be integers"):
        beam_search(stirred(), [0.5], 3)
