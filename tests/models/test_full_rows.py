"""The definitions on full rows, and what NGramLM makes of the same text with sparse tables."""

import itertools

import numpy as np
import pytest
from hypothesis import given

from tests.models.corpora import corpora, draw_weights
from tinyllm.errors import DataError
from tinyllm.models import full_rows
from tinyllm.models.counts import count, count_continuations, count_ngrams
from tinyllm.models.ngram import NGramLM
from tinyllm.models.perplexity import perplexity

MOST = 3  # the order up to which all contexts are tried


def contexts(vocabulary, size):
    return list(itertools.product(range(vocabulary), repeat=size))


def rows(counts, vocabulary, size):
    """(N, V): for each context of a size, how often each token follows."""
    found = [
        [counts.get((*h, w), 0) for w in range(vocabulary)] for h in contexts(vocabulary, size)
    ]
    return np.array(found, np.int64)


def predictions(model, size):
    return np.array(
        [model.probabilities(np.array(h, int)) for h in contexts(model.vocabulary, size)]
    )


@given(corpora())
def test_a_dictionary_has_the_counts_of_the_tables(corpus):
    order, vocabulary, ids, _ = corpus
    for length, table in enumerate(count(ids, order, vocabulary), start=1):
        assert sorted(count_ngrams(ids, length).values()) == sorted(table.counts.tolist())
    assert count_ngrams(ids, ids.size + 1) == {}


@given(corpora())
def test_full_rows_say_what_sparse_tables_say(corpus):
    order, vocabulary, ids, rng = corpus
    order = min(order, MOST)
    grams = [count_ngrams(ids, length) for length in range(1, order + 1)]
    top = rows(grams[-1], vocabulary, order - 1)
    model = NGramLM(order, vocabulary, "add-k", k=0.5).fit(ids)
    found = full_rows.add_k(top, 0.5)
    np.testing.assert_allclose(found, predictions(model, order - 1), rtol=1e-12)

    below = np.full((1, vocabulary), 1.0 / vocabulary)
    lower = [count_continuations(longer) for longer in grams[1:]]
    for size, counts in enumerate([*lower, grams[-1]]):
        repeated = np.tile(below, (vocabulary if size else 1, 1))
        below = full_rows.kneser_ney(rows(counts, vocabulary, size), repeated)
    model = NGramLM(order, vocabulary).fit(ids)
    np.testing.assert_allclose(below, predictions(model, order - 1), rtol=1e-12)

    weights = draw_weights(order, rng)
    every = contexts(vocabulary, order - 1)
    stacked = [
        [[g.get((*h[order - 1 - n :], w), 0) for w in range(vocabulary)] for h in every]
        for n, g in enumerate(grams)
    ]
    found = full_rows.interpolation(np.array(stacked), weights)
    model = NGramLM(order, vocabulary, "interpolation", weights=weights).fit(ids)
    np.testing.assert_allclose(found, predictions(model, order - 1), rtol=1e-12)


def test_perplexity_is_the_number_of_equal_choices():
    assert perplexity(np.log(np.full(9, 1 / 7))) == pytest.approx(7)
    assert perplexity(np.array([-1.0, -np.inf])) == np.inf
    with pytest.raises(DataError, match="at least one"):
        perplexity(np.zeros(0))
