from collections import Counter

import numpy as np
import pytest
from hypothesis import given

from tests.models.corpora import corpora
from tinyllm.errors import DataError
from tinyllm.models.counts import UNSEEN, count, look_up, table_above
from tinyllm.models.ngram import NGramLM


def spelled(tables, vocabulary):
    """The n-grams of each table as tuples of ids, row by row."""
    below = [()]
    for table in tables:
        below = [
            (*below[key // vocabulary], key % vocabulary)
            for key in (int(key) for key in table.keys)
        ]
        yield below


@given(corpora())
def test_counts_are_those_of_a_dictionary(corpus):
    order, vocabulary, ids, _ = corpus
    tables = count(ids, order, vocabulary)
    above = [[()], *spelled(tables, vocabulary)]
    for n, table in enumerate(tables, start=1):
        expected = Counter(tuple(ids[i : i + n].tolist()) for i in range(len(ids) - n + 1))
        grams, shorter = above[n], above[n - 1]
        assert dict(zip(grams, table.counts.tolist(), strict=True)) == expected
        assert [shorter[row] for row in table.suffixes] == [gram[1:] for gram in grams]
        assert [shorter[row] for row in table.contexts] == [gram[:-1] for gram in grams]
        assert table.size_below == len(shorter)


@given(corpora())
def test_look_up_finds_every_n_gram_that_was_counted_and_no_other(corpus):
    order, vocabulary, ids, rng = corpus
    tables = count(ids, order, vocabulary)
    text = rng.integers(0, vocabulary, 20)
    all_grams = spelled(tables, vocabulary)
    found = look_up(tables, text, vocabulary)
    for n, (grams, (contexts, rows)) in enumerate(zip(all_grams, found, strict=True), start=1):
        assert len(contexts) == len(rows) == 20 - n + 1
        for start, row in enumerate(rows):
            gram = tuple(text[start : start + n].tolist())
            assert (gram in grams) == (row != UNSEEN)
            assert row == UNSEEN or grams[row] == gram


@pytest.mark.parametrize(("order", "vocabulary"), [(7, 50_000), (6, 2), (3, 2**31)])
def test_counts_are_those_of_a_dictionary_at_any_size(order, vocabulary):
    ids = np.random.default_rng(0).zipf(1.3, 5000) % vocabulary  # 50,000**7 is far past int64
    for n, table in enumerate(count(ids, order, vocabulary), start=1):
        expected = Counter(tuple(ids[i : i + n].tolist()) for i in range(len(ids) - n + 1))
        assert sorted(table.counts) == sorted(expected.values())
        assert (np.diff(table.keys) > 0).all()
    model = NGramLM(order, vocabulary if vocabulary < 10**6 else 10**6, "add-k").fit(ids % 10**6)
    assert abs(model.probabilities(ids[-order:] % 10**6).sum() - 1) < 1e-12


@pytest.mark.parametrize(
    ("keys", "counts"),
    [
        ([], []),
        ([0, 1], [1]),
        ([[0, 1]], [[1, 1]]),
        ([-1, 1], [1, 1]),
        ([0, 9], [1, 1]),  # after a context that is not counted
        ([0, 1], [1, 0]),
        ([1, 0], [1, 1]),
        ([1, 1], [1, 1]),
        ([0, 2], [1, 1]),  # ends in a token that is not counted
    ],
)
def test_a_table_that_cannot_stand_above_the_shorter_ones_is_refused(keys, counts):
    shorter = count(np.array([0, 1, 0]), order=1, vocabulary=3)
    with pytest.raises(DataError, match="counted, too"):
        table_above(shorter, np.array(keys, int), np.array(counts, int), vocabulary=3)
