"""count-pairs: how often each pair of neighbours stands in a text, and in which words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from tinyllm.course.exercise import Arguments, Exercise, Variant

Words = Sequence[Sequence[int]]
NOWHERE = (-1, -1)  # a pair that no word has


def use(count_pairs: Callable[..., Any], words: Words, frequencies: Sequence[int]) -> Any:
    """Ask for the counts as learn_merges does: also for a pair that is not there."""
    counts, words_with = count_pairs(words, frequencies)
    found = dict(counts), {pair: sorted(places) for pair, places in words_with.items()}
    return *found, counts[NOWHERE], len(words_with[NOWHERE])


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    word = st.lists(st.integers(1, 3), max_size=5)
    entries = st.lists(st.tuples(word, st.integers(1, 3)), min_size=1, max_size=3)
    return entries.map(lambda e: ([word for word, _ in e], [count for _, count in e]))


def probes() -> list[Arguments]:
    return [
        ([[1, 2, 3], [2, 1, 2], [1, 2, 1, 2]], [2, 5, 3]),
        ([[1, 1, 1], [3], [], [1, 1, 2, 3]], [2, 1, 4, 1]),
        ([[3, 2], [2, 3], [3]], [1, 1, 1]),
    ]


# -------------------------------------------------------------------- wrong
def forgets_the_frequencies(words: Words, frequencies: Sequence[int]) -> Any:
    counts: Counter[Any] = Counter()
    words_with = defaultdict(set)
    for place, word in enumerate(words):
        for pair in pairwise(word):
            counts[pair] += 1
            words_with[pair].add(place)
    return counts, words_with


def pairs_across_words(words: Words, frequencies: Sequence[int]) -> Any:
    counts: Counter[Any] = Counter()
    words_with = defaultdict(set)
    before = None
    for place, word in enumerate(words):
        for token in word:
            if before is not None:
                counts[before, token] += frequencies[place]
                words_with[before, token].add(place)
            before = token
    return counts, words_with


def each_pair_once_a_word(words: Words, frequencies: Sequence[int]) -> Any:
    counts: Counter[Any] = Counter()
    words_with = defaultdict(set)
    for place, word in enumerate(words):
        for pair in set(pairwise(word)):
            counts[pair] += frequencies[place]
            words_with[pair].add(place)
    return counts, words_with


def no_overlap(words: Words, frequencies: Sequence[int]) -> Any:
    counts: Counter[Any] = Counter()
    words_with = defaultdict(set)
    for place, word in enumerate(words):
        free: dict[Any, int] = {}  # where the pair that was counted last ends
        for i, pair in enumerate(pairwise(word)):
            if free.get(pair, 0) <= i:
                counts[pair] += frequencies[place]
                words_with[pair].add(place)
                free[pair] = i + 2
    return counts, words_with


def order_lost(words: Words, frequencies: Sequence[int]) -> Any:
    counts: Counter[Any] = Counter()
    words_with = defaultdict(set)
    for place, word in enumerate(words):
        for left, right in pairwise(word):
            pair = min(left, right), max(left, right)
            counts[pair] += frequencies[place]
            words_with[pair].add(place)
    return counts, words_with


def last_pair_missing(words: Words, frequencies: Sequence[int]) -> Any:
    counts: Counter[Any] = Counter()
    words_with = defaultdict(set)
    for place, word in enumerate(words):
        for i in range(len(word) - 2):
            counts[word[i], word[i + 1]] += frequencies[place]
            words_with[word[i], word[i + 1]].add(place)
    return counts, words_with


def places_inside_the_word(words: Words, frequencies: Sequence[int]) -> Any:
    counts: Counter[Any] = Counter()
    words_with = defaultdict(set)
    for word, count in zip(words, frequencies, strict=True):
        for place, pair in enumerate(pairwise(word)):
            counts[pair] += count
            words_with[pair].add(place)
    return counts, words_with


def plain_dictionaries(words: Words, frequencies: Sequence[int]) -> Any:
    counts: dict[Any, int] = {}
    words_with: dict[Any, set[int]] = {}
    for place, word in enumerate(words):
        for pair in pairwise(word):
            counts[pair] = counts.get(pair, 0) + frequencies[place]
            words_with.setdefault(pair, set()).add(place)
    return counts, words_with


def lists_for_sets(words: Words, frequencies: Sequence[int]) -> Any:
    counts: Counter[Any] = Counter()
    words_with = defaultdict(list)
    for place, word in enumerate(words):
        for pair in pairwise(word):
            counts[pair] += frequencies[place]
            words_with[pair].append(place)
    return counts, words_with


# -------------------------------------------------------------------- right, in another way
def by_index(words: Words, frequencies: Sequence[int]) -> Any:
    counts: defaultdict[Any, int] = defaultdict(int)
    words_with = defaultdict(set)
    for place in range(len(words)):
        for i in range(1, len(words[place])):
            pair = words[place][i - 1], words[place][i]
            counts[pair] = counts[pair] + frequencies[place]
            words_with[pair] |= {place}
    return counts, words_with


def pairs_of_each_word_first(words: Words, frequencies: Sequence[int]) -> Any:
    counts: Counter[Any] = Counter()
    words_with = defaultdict(set)
    for place, (word, count) in enumerate(zip(words, frequencies, strict=True)):
        for pair, times in Counter(pairwise(word)).items():
            counts.update({pair: times * count})
            words_with[pair].add(place)
    return counts, words_with


def as_if_written_out(words: Words, frequencies: Sequence[int]) -> Any:
    words_with = defaultdict(set)
    for place, word in enumerate(words):
        for pair in pairwise(word):
            words_with[pair].add(place)
    every = [w for w, count in zip(words, frequencies, strict=True) for _ in range(count)]
    return Counter(pair for word in every for pair in pairwise(word)), words_with


def capped(most: int) -> Variant:
    """One very frequent word does not rule the merges."""

    def change(count_pairs: Callable[..., Any]) -> Callable[..., Any]:
        return lambda words, frequencies: count_pairs(words, [min(f, most) for f in frequencies])

    return Variant(
        text={
            "en": f"a word that stands more than {most} times in the text counts as if it stood "
            f"there {most} times. The word [1, 2] with the frequency 9 gives (1, 2) the count "
            f"{most}.",
            "zh": f"在文本里出现超过 {most} 次的词，按出现 {most} 次计算。"
            f"词 [1, 2] 的频率是 9 时，(1, 2) 的次数是 {most}。",
        },
        change=change,
    )


COUNT_PAIRS = Exercise(
    name="count-pairs",
    target="tinyllm.text.merges:count_pairs",
    imports="""\
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from tinyllm.text.merges import Pair""",
    use=use,
    cases=cases,
    probes=probes,
    mistakes=(
        forgets_the_frequencies,
        pairs_across_words,
        each_pair_once_a_word,
        no_overlap,
        order_lost,
        last_pair_missing,
        places_inside_the_word,
        plain_dictionaries,
        lists_for_sets,
    ),
    others=(by_index, pairs_of_each_word_first, as_if_written_out),
    variants=tuple(capped(value) for value in (2, 3, 4)),
)
