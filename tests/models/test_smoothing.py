"""Each method against its definition, one n-gram at a time."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.corpora import corpora, draw_weights
from tinyllm.models import smoothing
from tinyllm.models.counts import count
from tinyllm.models.ngram import NGramLM
from tinyllm.models.smoothing import BACKOFF, discounts, estimate_weights


def count_after(ids, context):
    """How often each token stands after a context."""
    n = len(context)
    grams = [tuple(ids[i : i + n + 1]) for i in range(len(ids) - n)]
    return Counter(gram[-1] for gram in grams if gram[:-1] == tuple(context))


def kneser_ney_by_hand(ids, order, vocabulary):
    """The definition, one n-gram at a time (Chen and Goodman 1999, section 3). Slow, readable."""
    grams = {
        n: Counter(tuple(ids[i : i + n]) for i in range(len(ids) - n + 1))
        for n in range(1, order + 1)
    }
    # Below the highest order: how many distinct tokens stand before the n-gram.
    counts = {n: Counter(longer[1:] for longer in grams[n + 1]) for n in range(1, order)}
    counts[order] = grams[order]

    def discount(n, c):
        n1, n2, n3, n4 = (sum(value == j for value in counts[n].values()) for j in (1, 2, 3, 4))
        found = None
        if n1 and n2 and n3:
            Y = n1 / (n1 + 2 * n2)
            found = (1 - 2 * Y * n2 / n1, 2 - 3 * Y * n3 / n2, 3 - 4 * Y * n4 / n3)
        if found is None or not all(0 < D <= j for j, D in enumerate(found, start=1)):
            found = (0.5, 1.0, 1.5)
        return 0.0 if c == 0 else found[min(c, 3) - 1]

    def probability(token, context):
        n = len(context) + 1
        below = probability(token, context[1:]) if context else 1 / vocabulary
        after = {gram[-1]: c for gram, c in counts[n].items() if gram[:-1] == context}
        total = sum(after.values())
        if total == 0:
            return below
        c = after.get(token, 0)
        given_away = sum(discount(n, c) for c in after.values())
        return (c - discount(n, c)) / total + given_away / total * below

    return probability


@given(corpora())
def test_kneser_ney_agrees_with_its_definition(corpus):
    order, vocabulary, ids, rng = corpus
    by_hand = kneser_ney_by_hand(ids.tolist(), order, vocabulary)
    model = NGramLM(order, vocabulary, "kneser-ney").fit(ids)
    for size in range(order + 2):
        context = rng.integers(0, vocabulary, size)
        used = tuple(context[max(0, size - order + 1) :].tolist())
        expected = [by_hand(token, used) for token in range(vocabulary)]
        np.testing.assert_allclose(model.probabilities(context), expected, rtol=1e-12, atol=0)


def test_the_definition_is_also_tried_where_the_discounts_are_usable():
    ids = np.random.default_rng(0).choice(
        12, 1500, p=1 / np.arange(1, 13) / (1 / np.arange(1, 13)).sum()
    )
    model = NGramLM(3, 12).fit(ids)
    assert (discounts(model.tables[2].counts)[1:] != [0.5, 1.0, 1.5]).all()
    by_hand = kneser_ney_by_hand(ids.tolist(), 3, 12)
    for context in ((0, 0), (3, 4), (11, 11)):
        expected = [by_hand(token, context) for token in range(12)]
        np.testing.assert_allclose(model.probabilities(context), expected, rtol=1e-12, atol=0)


@given(corpora(), st.sampled_from([1.0, 0.1, 1e-6, 1e6]))
def test_add_k_agrees_with_its_definition(corpus, k):
    order, vocabulary, ids, rng = corpus
    model = NGramLM(order, vocabulary, "add-k", k=k).fit(ids)
    context = rng.integers(0, vocabulary, order - 1)
    grams = [tuple(ids[i : i + order]) for i in range(len(ids) - order + 1)]
    after = Counter(gram[-1] for gram in grams if gram[:-1] == tuple(context))
    expected = [(after[w] + k) / (after.total() + k * vocabulary) for w in range(vocabulary)]
    np.testing.assert_allclose(model.probabilities(context), expected, rtol=1e-12)


@given(corpora())
def test_maximum_likelihood_is_the_share_and_backs_off_when_the_context_is_new(corpus):
    order, vocabulary, ids, rng = corpus
    context = tuple(rng.integers(0, vocabulary, order - 1))
    got = NGramLM(order, vocabulary, "maximum-likelihood").fit(ids).probabilities(context)
    while True:
        n = len(context) + 1
        grams = [tuple(ids[i : i + n]) for i in range(len(ids) - n + 1)]
        after = Counter(gram[-1] for gram in grams if gram[:-1] == context)
        if after:
            break
        context = context[1:]
    expected = [after[w] / after.total() for w in range(vocabulary)]
    np.testing.assert_allclose(got, expected, rtol=1e-12)


@given(corpora())
def test_interpolation_agrees_with_its_definition(corpus):
    order, vocabulary, ids, rng = corpus
    weights = draw_weights(order, rng)
    model = NGramLM(order, vocabulary, "interpolation", weights=weights).fit(ids)
    for size in range(order + 2):
        context = rng.integers(0, vocabulary, size)
        expected, total = np.full(vocabulary, weights[0] / vocabulary), weights[0]
        for n in range(1, min(order, size + 1) + 1):
            after = count_after(ids, context[size - n + 1 :])
            if after:  # else the other weights are scaled up
                expected += [weights[n] * after[w] / after.total() for w in range(vocabulary)]
                total += weights[n]
        np.testing.assert_allclose(model.probabilities(context), expected / total, rtol=1e-12)


@given(corpora())
def test_stupid_backoff_agrees_with_its_definition(corpus):
    order, vocabulary, ids, rng = corpus
    model = NGramLM(order, vocabulary, "stupid-backoff").fit(ids)

    def score(token, context):
        after = count_after(ids, context)
        if after[token]:
            return after[token] / after.total()
        return BACKOFF * (score(token, context[1:]) if context else 1 / vocabulary)

    for size in range(order):
        context = tuple(rng.integers(0, vocabulary, size))
        scores = np.array([score(token, context) for token in range(vocabulary)])
        expected = scores / scores.sum()
        np.testing.assert_allclose(model.probabilities(context), expected, rtol=1e-11)


# -------------------------------------------------------------------- weights from held-out text
@given(corpora())
def test_fitted_weights_sum_to_one_and_none_is_0(corpus):
    order, vocabulary, ids, rng = corpus
    held_out = rng.choice(ids, 40)
    weights = estimate_weights(count(ids, order, vocabulary), held_out, vocabulary)
    assert weights.shape == (order + 1,)
    assert (weights > 0).all()
    assert abs(weights.sum() - 1) < 1e-12


@given(corpora())
def test_each_round_of_em_makes_the_held_out_text_likelier(corpus):
    """The text with, for each length, one token more that it keeps, and one that it passes on."""
    order, vocabulary, ids, rng = corpus
    held_out = rng.choice(ids, 60)
    tables = count(ids, order, vocabulary)
    before = -np.inf
    for rounds in range(12):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(smoothing, "ROUNDS", rounds)
            weights = estimate_weights(tables, held_out, vocabulary)
        model = NGramLM(order, vocabulary, "interpolation", weights=weights).fit(ids)
        keep = (weights / np.cumsum(weights))[1:]
        likelihood = model.log_prob(held_out).sum() + np.log(keep * (1 - keep)).sum()
        assert likelihood >= before - 1e-9
        before = likelihood


def test_fitted_weights_are_the_best_of_a_grid():
    rng = np.random.default_rng(0)
    ids = np.cumsum(rng.choice(4, 3000, p=[0.7, 0.1, 0.1, 0.1])) % 6  # pairs say much
    text, held_out = ids[:1500], ids[1500:]
    fitted = NGramLM(2, 6, "interpolation").fit(text, held_out)

    def loss(*weights):
        return NGramLM(2, 6, "interpolation", weights=weights).fit(text).loss(held_out)

    grid = [(a, b, 1 - a - b) for a in np.linspace(0.01, 0.5, 9) for b in np.linspace(0, 0.5, 9)]
    assert fitted.loss(held_out) < min(loss(*weights) for weights in grid) + 1e-3
    assert fitted.weights is not None
    assert fitted.weights[2] > 0.8


# -------------------------------------------------------------------- discounts
@given(st.lists(st.integers(0, 6)))
def test_discounts_take_no_more_than_there_is(counts):
    found = discounts(np.array(counts, dtype=int))
    assert found.shape == (4,)
    assert found[0] == 0
    assert ((found[1:] > 0) & (found[1:] <= [1, 2, 3])).all()


@pytest.mark.parametrize(
    "counts",
    [
        [],
        [1, 1, 1],
        [1, 2],
        [2, 3, 4],
        [1, 2, 3, 3, 3, 3],
        [1, 1, 2, 2, 3, 4, 4, 4],
        [1, 1, 2, 2, 3, 3, 3, 3],
    ],
)
def test_where_discounts_are_not_usable_all_three_are_replaced(counts):
    assert discounts(np.array(counts, dtype=int)).tolist() == [0.0, 0.5, 1.0, 1.5]
