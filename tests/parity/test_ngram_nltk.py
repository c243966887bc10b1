"""NGramLM against nltk.lm, on small texts, for the methods that both have.

NLTK's vocabulary has one word more, "<UNK>". So ours has one id more, which no text has: V - 1.
NLTK's interpolated Kneser-Ney has one discount where the modified one has three. What both have is
the recursion and the continuation counts: here one discount is put into ours.
"""

import math
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from nltk.lm import MLE, KneserNeyInterpolated, Laplace, Lidstone, StupidBackoff
from nltk.util import everygrams, ngrams

from tinyllm.models.ngram import NGramLM
from tinyllm.models.smoothing import estimate

TOLERANCE = {"rtol": 1e-9, "atol": 1e-12}


@st.composite
def texts(draw):
    """An order, V, a text in which each id but V - 1 stands, and contexts of every length."""
    order, words = draw(st.integers(1, 4)), draw(st.integers(2, 5))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    ids = rng.choice(words, draw(st.integers(5, 60)), p=rng.dirichlet(np.full(words, 0.7)))
    ids = rng.permutation(np.append(ids, np.arange(words)))
    contexts = [rng.integers(0, words, n) for n in range(order) for _ in range(3)]
    return order, words + 1, ids, contexts


def word(token, vocabulary):
    return "<UNK>" if token == vocabulary - 1 else str(token)


def fitted(theirs, ids):
    tokens = [str(token) for token in ids]
    theirs.fit([list(everygrams(tokens, max_len=theirs.order))], vocabulary_text=tokens)
    return theirs


def scores(theirs, vocabulary, context):
    before = tuple(str(token) for token in context)
    return np.array([theirs.score(word(token, vocabulary), before) for token in range(vocabulary)])


@given(texts())
def test_maximum_likelihood(text):
    """After a new context NLTK's scores are all 0, ours those of the shorter one."""
    order, vocabulary, ids, contexts = text
    ours, theirs = (
        NGramLM(order, vocabulary, "maximum-likelihood").fit(ids),
        fitted(MLE(order), ids),
    )
    for context in contexts:
        expected = scores(theirs, vocabulary, context)
        if expected.any():
            np.testing.assert_allclose(ours.probabilities(context), expected, **TOLERANCE)


@given(texts(), st.sampled_from([1.0, 0.1, 2.5]))
def test_add_k(text, k):
    order, vocabulary, ids, contexts = text
    ours = NGramLM(order, vocabulary, "add-k", k=k).fit(ids)
    theirs = fitted(Laplace(order) if k == 1.0 else Lidstone(k, order), ids)
    for context in contexts:
        expected = scores(theirs, vocabulary, context)
        np.testing.assert_allclose(ours.probabilities(context), expected, **TOLERANCE)


@given(texts(), st.integers(1, 20))
def test_perplexity(text, size):
    order, vocabulary, ids, _ = text
    ours, theirs = NGramLM(order, vocabulary, "add-k").fit(ids), fitted(Laplace(order), ids)
    tested = np.random.default_rng(size).integers(0, vocabulary - 1, size + order - 1)
    grams = list(ngrams([str(token) for token in tested], order))
    found = ours.perplexity(tested[order - 1 :], context_before=tested[: order - 1])
    assert math.isclose(found, theirs.perplexity(grams), rel_tol=1e-9)
    loss = ours.loss(tested[order - 1 :], context_before=tested[: order - 1])
    assert math.isclose(loss, theirs.entropy(grams) * math.log(2), rel_tol=1e-9)


@given(texts())
def test_stupid_backoff(text):
    """NLTK gives the scores as they are; ours are divided by their sum.

    To a word that was never seen NLTK gives 0, ours something: so it is left out of the sum.
    """
    order, vocabulary, ids, contexts = text
    ours, theirs = NGramLM(order, vocabulary, "stupid-backoff").fit(ids), StupidBackoff(0.4, order)
    fitted(theirs, ids)
    for context in contexts:
        expected = scores(theirs, vocabulary, context)[:-1]
        found = ours.probabilities(context)[:-1]
        np.testing.assert_allclose(found / found.sum(), expected / expected.sum(), **TOLERANCE)


@given(texts(), st.sampled_from([0.1, 0.5, 0.9]))
def test_kneser_ney_with_one_discount(text, discount):
    """Of words, NLTK discounts nothing; and what begins the text stands in it again."""
    _, vocabulary, ids, contexts = text
    order = max(2, text[0])
    ids = np.append(
        ids, ids[: order - 1]
    )  # else it has no token before it, and NLTK's sum is not 1
    theirs = fitted(KneserNeyInterpolated(order, discount), ids)
    ours = NGramLM(order, vocabulary).fit(ids)
    counts = [
        np.bincount(longer.suffixes, minlength=table.keys.size)
        for table, longer in pairwise(ours.tables)
    ]
    counts.append(ours.tables[-1].counts)
    ours.estimates = [
        estimate(table, c, discount if n else 0.0, added=0.0)
        for n, (table, c) in enumerate(zip(ours.tables, counts, strict=True))
    ]
    for context in contexts:
        expected = scores(theirs, vocabulary, context)
        np.testing.assert_allclose(ours.probabilities(context), expected, **TOLERANCE)
