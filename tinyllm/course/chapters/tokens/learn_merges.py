"""learn-merges: count, merge the most frequent pair, again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.text.merges import BYTES, count_pairs, merge

Pair = tuple[int, int]
Counts = Mapping[bytes, int]


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    word = st.text("abc", min_size=1, max_size=4).map(str.encode)
    counts = st.dictionaries(word, st.integers(1, 3), min_size=1, max_size=3)
    return st.tuples(counts, st.integers(0, 4))


def probes() -> list[Arguments]:
    return [
        ({b"hug": 10, b"pug": 5, b"pun": 12, b"bun": 4, b"hugs": 5}, 3),
        ({b"low": 5, b"lower": 2, b"newest": 6, b"widest": 3}, 6),
        ({b"cb": 2, b"ca": 2, b"ab": 2}, 3),
        ({b"ab": 2, b"c": 5}, 4),
        ({b"aaaa": 1, b"abc": 1}, 5),
        ({b"bca": 2, b"xy": 1}, 3),
    ]


# -------------------------------------------------------------------- wrong
def first_of_equals(counts: Counts, most: int) -> list[Pair]:
    words, merges = [list(word) for word in counts], []
    while len(merges) < most:
        pairs, _ = count_pairs(words, list(counts.values()))
        best = max(pairs, key=lambda pair: pairs[pair], default=None)
        if best is None or pairs[best] < 2:
            break
        words = [merge(word, best, BYTES + len(merges)) for word in words]
        merges.append(best)
    return merges


def largest_of_equals(counts: Counts, most: int) -> list[Pair]:
    words, merges = [list(word) for word in counts], []
    while len(merges) < most:
        pairs, _ = count_pairs(words, list(counts.values()))
        best = max(pairs, key=lambda pair: (pairs[pair], pair), default=None)
        if best is None or pairs[best] < 2:
            break
        words = [merge(word, best, BYTES + len(merges)) for word in words]
        merges.append(best)
    return merges


def merges_what_stands_once(counts: Counts, most: int) -> list[Pair]:
    words, merges = [list(word) for word in counts], []
    while len(merges) < most:
        pairs, _ = count_pairs(words, list(counts.values()))
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        words = [merge(word, best, BYTES + len(merges)) for word in words]
        merges.append(best)
    return merges


def ends_at_two(counts: Counts, most: int) -> list[Pair]:
    words, merges = [list(word) for word in counts], []
    while len(merges) < most:
        pairs, _ = count_pairs(words, list(counts.values()))
        best = min(pairs, key=lambda pair: (-pairs[pair], pair), default=None)
        if best is None or pairs[best] <= 2:
            break
        words = [merge(word, best, BYTES + len(merges)) for word in words]
        merges.append(best)
    return merges


def each_word_once(counts: Counts, most: int) -> list[Pair]:
    words, merges = [list(word) for word in counts], []
    while len(merges) < most:
        pairs, _ = count_pairs(words, [1] * len(words))
        best = min(pairs, key=lambda pair: (-pairs[pair], pair), default=None)
        if best is None or pairs[best] < 2:
            break
        words = [merge(word, best, BYTES + len(merges)) for word in words]
        merges.append(best)
    return merges


def counts_only_once(counts: Counts, most: int) -> list[Pair]:
    pairs, _ = count_pairs([list(word) for word in counts], list(counts.values()))
    order = sorted(pairs, key=lambda pair: (-pairs[pair], pair))
    return [pair for pair in order if pairs[pair] >= 2][:most]


def tokens_from_one_on(counts: Counts, most: int) -> list[Pair]:
    words, merges = [list(word) for word in counts], []
    while len(merges) < most:
        pairs, _ = count_pairs(words, list(counts.values()))
        best = min(pairs, key=lambda pair: (-pairs[pair], pair), default=None)
        if best is None or pairs[best] < 2:
            break
        merges.append(best)
        words = [merge(word, best, BYTES + len(merges)) for word in words]
    return merges


def most_is_the_vocabulary(counts: Counts, most: int) -> list[Pair]:
    words, merges = [list(word) for word in counts], []
    while BYTES + len(merges) < most:
        pairs, _ = count_pairs(words, list(counts.values()))
        best = min(pairs, key=lambda pair: (-pairs[pair], pair), default=None)
        if best is None or pairs[best] < 2:
            break
        words = [merge(word, best, BYTES + len(merges)) for word in words]
        merges.append(best)
    return merges


def no_end_without_pairs(counts: Counts, most: int) -> list[Pair]:
    words, merges = [list(word) for word in counts], []
    while len(merges) < most:
        pairs, _ = count_pairs(words, list(counts.values()))
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        if pairs[best] < 2:
            break
        words = [merge(word, best, BYTES + len(merges)) for word in words]
        merges.append(best)
    return merges


# -------------------------------------------------------------------- right, in another way
def counts_anew(counts: Counts, most: int) -> list[Pair]:
    words, merges = [list(word) for word in counts], []
    for token in range(BYTES, BYTES + most):
        pairs, _ = count_pairs(words, list(counts.values()))
        frequent = [(-count, pair) for pair, count in pairs.items() if count >= 2]
        if not frequent:
            return merges
        merges.append(min(frequent)[1])
        words = [merge(word, merges[-1], token) for word in words]
    return merges


def with_a_dictionary_of_words(counts: Counts, most: int) -> list[Pair]:
    words = {tuple(word): count for word, count in counts.items()}
    merges: list[Pair] = []
    while len(merges) < most:
        pairs: Counter[Pair] = Counter()
        for word, count in words.items():
            for pair in pairwise(word):
                pairs[pair] += count
        order = sorted(pairs.items(), key=lambda entry: (-entry[1], entry[0]))
        if not order or order[0][1] == 1:
            break
        best = order[0][0]
        words = {
            tuple(merge(word, best, BYTES + len(merges))): count for word, count in words.items()
        }
        merges.append(best)
    return merges


LEARN_MERGES = Exercise(
    name="learn-merges",
    target="tinyllm.text.merges:learn_merges",
    imports="""\
from collections.abc import Mapping

from tinyllm.text.merges import BYTES, Pair, count_pairs, merge""",
    cases=cases,
    probes=probes,
    mistakes=(
        first_of_equals,
        largest_of_equals,
        merges_what_stands_once,
        each_word_once,
        counts_only_once,
        tokens_from_one_on,
        most_is_the_vocabulary,
        no_end_without_pairs,
        ends_at_two,
    ),
    others=(counts_anew, with_a_dictionary_of_words),
)
