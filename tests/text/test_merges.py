from collections import Counter
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from tinyllm.text.merges import BYTES, apply_merges, count_pairs, learn_merges, merge

few_letters = st.text("abc", min_size=1, max_size=12).map(str.encode)  # so that pairs repeat
counted = st.dictionaries(few_letters, st.integers(1, 9), min_size=1, max_size=12)


def learnt_by_definition(counts, most):
    """Sennrich's algorithm as the paper has it: count all pairs anew before each merge."""
    words, frequencies = [list(word) for word in counts], list(counts.values())
    merges = []
    while len(merges) < most:
        found = Counter()
        for word, frequency in zip(words, frequencies, strict=True):
            for pair in pairwise(word):
                found[pair] += frequency
        best = min(found, key=lambda pair: (-found[pair], pair), default=None)
        if best is None or found[best] < 2:
            break
        words = [merge(word, best, BYTES + len(merges)) for word in words]
        merges.append(best)
    return merges


def spelled(merges):
    """The bytes of each token."""
    tokens = [bytes([byte]) for byte in range(BYTES)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return tokens


@given(counted, st.integers(0, 40))
@example({b"aaaa": 3, b"aaa": 2, b"aaaaaaa": 1}, 9)
def test_it_learns_what_counting_anew_each_time_learns(counts, most):
    assert learn_merges(counts, most) == learnt_by_definition(counts, most)


@given(counted, st.integers(0, 40))
def test_the_order_of_the_words_does_not_matter(counts, most):
    backwards = dict(reversed(counts.items()))
    assert learn_merges(counts, most) == learn_merges(backwards, most)


@given(counted, st.integers(0, 40), st.integers(0, 40))
def test_fewer_merges_are_the_first_of_more(counts, some, more):
    assert learn_merges(counts, some + more)[:some] == learn_merges(counts, some)


@given(counted)
def test_a_merge_takes_tokens_that_are_there_and_no_token_is_made_twice(counts):
    merges = learn_merges(counts, most=60)
    for i, pair in enumerate(merges):
        assert max(pair) < BYTES + i
    tokens = spelled(merges)
    assert len(set(tokens)) == len(tokens)


@given(counted, few_letters)
def test_applied_merges_are_those_of_training_one_after_the_other(counts, word):
    merges = learn_merges(counts, most=60)
    expected = list(word)
    for i, pair in enumerate(merges):
        expected = merge(expected, pair, BYTES + i)
    assert apply_merges(word, {pair: BYTES + i for i, pair in enumerate(merges)}) == expected


@given(counted)
def test_the_bytes_of_a_token_become_that_token(counts):
    merges = learn_merges(counts, most=60)
    merge_of = {pair: BYTES + i for i, pair in enumerate(merges)}
    for i, token in enumerate(spelled(merges)):
        assert apply_merges(token, merge_of) == [i]


@given(st.lists(st.integers(0, 3), max_size=20), st.tuples(st.integers(0, 3), st.integers(0, 3)))
def test_merge_keeps_the_order_and_leaves_no_pair(word, pair):
    merged = merge(word, pair, 9)
    assert [x for token in merged for x in (pair if token == 9 else [token])] == word
    assert pair not in pairwise(merged)


def test_of_equal_pairs_the_one_with_smaller_tokens_is_first():
    assert learn_merges({b"ba": 2, b"ab": 2, b"ac": 2}, most=3) == [(97, 98), (97, 99), (98, 97)]


def test_it_ends_where_no_pair_stands_twice():
    assert learn_merges({b"abc": 1, b"xyz": 1}, most=9) == []
    assert learn_merges({b"ab": 2}, most=9) == [(97, 98)]
    assert learn_merges({}, most=9) == []


def test_pairs_are_counted_where_they_overlap():
    pair_counts, words_with = count_pairs([[1, 1, 1], [2, 1, 1]], [5, 7])
    assert pair_counts == {(1, 1): 17, (2, 1): 7}
    assert words_with == {(1, 1): {0, 1}, (2, 1): {1}}
