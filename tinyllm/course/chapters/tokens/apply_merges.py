"""apply-merges: cut a new word into the tokens that training would have made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.text.merges import BYTES, merge

Pair = tuple[int, int]
MergeOf = Mapping[Pair, int]


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    places = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=4)
    return st.tuples(st.text("abc", max_size=6).map(str.encode), places.map(merges_of))


def merges_of(places: list[tuple[int, int]]) -> dict[Pair, int]:
    """Make merges in which each part is a letter, or was made before."""
    tokens, merge_of = list(b"abc"), dict[Pair, int]()
    for left, right in places:
        pair = tokens[left % len(tokens)], tokens[right % len(tokens)]
        if pair not in merge_of:
            merge_of[pair] = BYTES + len(merge_of)
            tokens.append(merge_of[pair])
    return merge_of


def probes() -> list[Arguments]:
    a, b, c = b"abc"
    return [
        (b"hugs", {(117, 103): 256, (117, 110): 257, (104, 256): 258}),
        (b"abc", {(b, c): 256, (a, b): 257}),
        (b"abcab", {(a, b): 256, (b, c): 257, (256, c): 258}),
        (b"aaa", {(a, a): 256}),
        (b"abcbc", {(a, b): 256, (b, c): 257}),
        (b"abc", {(a, b): 256, (b, c): 257, (a, 257): 258}),
        (b"abcc", {(a, b): 256, (b, c): 257, (257, c): 258}),
        (b"a", {(a, a): 256}),
        (b"", {(a, a): 256}),
    ]


# -------------------------------------------------------------------- wrong
def leftmost_pair_first(word: Sequence[int], merge_of: MergeOf) -> list[int]:
    tokens = list(word)
    while True:
        known = [pair for pair in pairwise(tokens) if pair in merge_of]
        if not known:
            return tokens
        tokens = merge(tokens, known[0], merge_of[known[0]])


def latest_merge_first(word: Sequence[int], merge_of: MergeOf) -> list[int]:
    tokens = list(word)
    while True:
        known = [pair for pair in pairwise(tokens) if pair in merge_of]
        if not known:
            return tokens
        best = max(known, key=lambda pair: merge_of[pair])
        tokens = merge(tokens, best, merge_of[best])


def one_merge_only(word: Sequence[int], merge_of: MergeOf) -> list[int]:
    known = [pair for pair in pairwise(word) if pair in merge_of]
    if not known:
        return list(word)
    best = min(known, key=lambda pair: merge_of[pair])
    return merge(word, best, merge_of[best])


def pairs_of_the_beginning(word: Sequence[int], merge_of: MergeOf) -> list[int]:
    tokens = list(word)
    known = {pair for pair in pairwise(word) if pair in merge_of}
    for pair in sorted(known, key=lambda pair: merge_of[pair]):
        tokens = merge(tokens, pair, merge_of[pair])
    return tokens


def longest_piece_first(word: Sequence[int], merge_of: MergeOf) -> list[int]:
    pieces: dict[int, tuple[int, ...]] = {i: (i,) for i in range(BYTES)}
    for (left, right), token in sorted(merge_of.items(), key=lambda entry: entry[1]):
        pieces[token] = pieces[left] + pieces[right]
    token_of = {piece: token for token, piece in pieces.items()}
    tokens, place = [], 0
    while place < len(word):
        ends = range(len(word), place, -1)
        end = next(end for end in ends if tuple(word[place:end]) in token_of)
        tokens.append(token_of[tuple(word[place:end])])
        place = end
    return tokens


def most_frequent_in_the_word(word: Sequence[int], merge_of: MergeOf) -> list[int]:
    tokens = list(word)
    while True:
        known = Counter(pair for pair in pairwise(tokens) if pair in merge_of)
        if not known:
            return tokens
        best = min(known, key=lambda pair: (-known[pair], merge_of[pair]))
        tokens = merge(tokens, best, merge_of[best])


def fails_where_no_pair_is_left(word: Sequence[int], merge_of: MergeOf) -> list[int]:
    tokens = list(word)
    while True:
        best = min(pairwise(tokens), key=lambda pair: merge_of.get(pair, 10**9))
        if best not in merge_of:
            return tokens
        tokens = merge(tokens, best, merge_of[best])


def overlaps_from_the_right(word: Sequence[int], merge_of: MergeOf) -> list[int]:
    tokens = list(word)
    while True:
        known = [
            (merge_of[pair], -place)
            for place, pair in enumerate(pairwise(tokens))
            if pair in merge_of
        ]
        if not known:
            return tokens
        token, place = min(known)
        tokens[-place : 2 - place] = [token]


# -------------------------------------------------------------------- right, in another way
def in_order_of_learning(word: Sequence[int], merge_of: MergeOf) -> list[int]:
    tokens = list(word)
    for pair, token in sorted(merge_of.items(), key=lambda entry: entry[1]):
        tokens = merge(tokens, pair, token)
    return tokens


def one_place_at_a_time(word: Sequence[int], merge_of: MergeOf) -> list[int]:
    tokens = list(word)
    while len(tokens) > 1:
        ranks = [merge_of.get(pair, float("inf")) for pair in pairwise(tokens)]
        place = ranks.index(min(ranks))
        if ranks[place] == float("inf"):
            break
        tokens = [*tokens[:place], int(ranks[place]), *tokens[place + 2 :]]
    return tokens


APPLY_MERGES = Exercise(
    name="apply-merges",
    target="tinyllm.text.merges:apply_merges",
    imports="""\
from collections.abc import Mapping, Sequence
from itertools import pairwise

from tinyllm.text.merges import Pair, merge""",
    cases=cases,
    probes=probes,
    mistakes=(
        leftmost_pair_first,
        latest_merge_first,
        one_merge_only,
        longest_piece_first,
        most_frequent_in_the_word,
        fails_where_no_pair_is_left,
        overlaps_from_the_right,
        pairs_of_the_beginning,
    ),
    others=(in_order_of_learning, one_place_at_a_time),
)
