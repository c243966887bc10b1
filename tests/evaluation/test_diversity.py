import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.errors import DataError, OptionError
from tinyllm.evaluation import distinct_n, self_repetition

texts = st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=12), min_size=1, max_size=5)


def seen_before(text, n):
    """Which share of the n-grams has stood before: go through them one at a time."""
    seen, again, total = [], 0, 0
    for start in range(len(text) - n + 1):
        gram = text[start : start + n]
        again += gram in seen
        total += 1
        seen.append(gram)
    return again / total


@given(texts, st.integers(1, 4))
def test_both_are_what_looking_back_gives(texts, n):
    expected = sum(seen_before(text, n) for text in texts) / len(texts)
    assert abs(self_repetition(texts, n) - expected) < 1e-12
    for text in texts:
        assert abs(distinct_n([text], n) - (1 - seen_before(text, n))) < 1e-12


@given(texts, st.integers(1, 4))
def test_what_is_said_twice_is_half_as_distinct(texts, n):
    assert abs(distinct_n(texts * 2, n) - distinct_n(texts, n) / 2) < 1e-12
    assert abs(self_repetition(texts * 2, n) - self_repetition(texts, n)) < 1e-12


def test_a_loop_and_no_loop():
    assert self_repetition([[1, 2] * 500]) > 0.99
    assert self_repetition([range(1000)]) == 0.0
    assert distinct_n([range(1000)], 2) == 1.0


def test_what_is_too_short_is_refused():
    with pytest.raises(DataError, match="distinct_n: needs a text of at least n = 3 tokens"):
        distinct_n([[1, 2]], 3)
    with pytest.raises(DataError, match="each text needs at least n = 4 tokens; got 2"):
        self_repetition([[1, 2, 3, 4], [1, 2]])
    with pytest.raises(DataError, match="needs at least one text; got none"):
        self_repetition([])
    for figure in (distinct_n, self_repetition):
        with pytest.raises(OptionError, match="n must be an integer >= 1; got 0"):
            figure([[1, 2]], 0)
