"""Byte-pair encoding itself: count pairs, merge the most frequent one, again and again.

Leaves out: text (bpe.py cuts it into words, and words into bytes). Who calls it: bpe.py.

A token is an integer here: 0 to 255 are the bytes, and merge number i makes the token 256 + i.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

BYTES = 256  # how many tokens there are before the first merge
GONE = -1  # no token: where one stood that is merged into the one before it
Pair = tuple[int, int]


def learn_merges(counts: Mapping[bytes, int], most: int) -> list[Pair]:
    """Find the pairs to merge, from words and how often each stands in the text.

    Of equally frequent pairs comes first the one with the smaller left token, then the smaller
    right one. It ends early where no pair stands twice.

    Source:    Gage 1994, "A new algorithm for data compression"; Sennrich et al. 2016,
               "Neural machine translation of rare words with subword units", algorithm 1

    >>> learn_merges({b"hug": 10, b"pug": 5, b"pun": 12, b"bun": 4, b"hugs": 5}, most=3)
    [(117, 103), (117, 110), (104, 256)]
    """
    words = [list(word) for word in counts]
    frequencies = list(counts.values())
    pair_counts, words_with = count_pairs(words, frequencies)
    queue = [(-count, pair) for pair, count in pair_counts.items()]
    heapq.heapify(queue)  # the smallest first: the highest count, then the smallest tokens
    merges: list[Pair] = []
    while queue and len(merges) < most:
        count, pair = heapq.heappop(queue)
        if -count != pair_counts[pair]:
            continue  # out of date: there is another entry with the count of now
        if -count < 2:
            break
        token = BYTES + len(merges)
        merges.append(pair)
        # Only the words that have the pair change, and with them the counts of their pairs.
        changes: Counter[Pair] = Counter()
        for place in words_with.pop(pair):
            before, words[place] = words[place], merge(words[place], pair, token)
            for old in pairwise(before):
                changes[old] -= frequencies[place]
            for new in pairwise(words[place]):
                changes[new] += frequencies[place]
                words_with[new].add(place)
        for changed, difference in changes.items():
            if difference:
                pair_counts[changed] += difference
                heapq.heappush(queue, (-pair_counts[changed], changed))
    return merges


def count_pairs(
    words: Sequence[Sequence[int]], frequencies: Sequence[int]
) -> tuple[Counter[Pair], defaultdict[Pair, set[int]]]:
    """Count how often each pair of neighbours stands in the text, and note in which words.

    Pairs may overlap: "aaa" has the pair a a twice, although only one of them can be merged.

    >>> count_pairs([b"aaa", b"ab"], [2, 5])[0]
    Counter({(97, 98): 5, (97, 97): 4})
    """
    pair_counts: Counter[Pair] = Counter()
    words_with: defaultdict[Pair, set[int]] = defaultdict(set)
    for place, word in enumerate(words):
        for pair in pairwise(word):
            pair_counts[pair] += frequencies[place]
            words_with[pair].add(place)
    return pair_counts, words_with


def merge(word: Sequence[int], pair: Pair, token: int) -> list[int]:
    """Put one token in the place of each pair, from left to right.

    >>> merge([1, 1, 1, 2], (1, 1), 256)
    [256, 1, 2]
    """
    left, right = pair
    merged, place = [], 0
    while place < len(word):
        if word[place] == left and place + 1 < len(word) and word[place + 1] == right:
            merged.append(token)
            place += 2
        else:
            merged.append(word[place])
            place += 1
    return merged


def apply_merges(word: Sequence[int], merge_of: Mapping[Pair, int]) -> list[int]:
    """Merge a word's tokens as training would have: of all its pairs, always the earliest learnt.

    The pairs wait in a queue, since a merge changes only the pairs beside it. Going through the
    whole word for each merge would be shorter, and takes seconds for ten thousand letters.

    merge_of:  the token that each pair becomes; an earlier merge has the smaller token

    >>> apply_merges(b"hugs", {(117, 103): 256, (117, 110): 257, (104, 256): 258})
    [258, 115]
    """
    size = len(word)
    tokens = [*word, GONE]  # the last stands for the end, and is what tokens[-1] finds at the start
    before, after = list(range(-1, size)), list(range(1, size + 2))  # neighbours that are left
    queue = [
        (merge_of[pair], place) for place, pair in enumerate(pairwise(word)) if pair in merge_of
    ]
    heapq.heapify(queue)  # the earliest merge first, and of the same merge the leftmost place
    while queue:
        token, place = heapq.heappop(queue)
        right = after[place]
        if merge_of.get((tokens[place], tokens[right])) != token:
            continue  # out of date: one of the two is merged already
        tokens[place], tokens[right] = token, GONE
        after[place] = after[right]
        before[after[place]] = place
        for left, right in ((before[place], place), (place, after[place])):
            pair = tokens[left], tokens[right]
            if pair in merge_of:
                heapq.heappush(queue, (merge_of[pair], left))
    return [token for token in tokens if token != GONE]
