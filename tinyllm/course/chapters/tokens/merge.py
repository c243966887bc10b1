"""merge: one token in the place of each pair."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from tinyllm.course.exercise import Arguments, Exercise

Pair = tuple[int, int]
NEW = 256


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    token = st.integers(1, 3)
    return st.tuples(st.lists(token, max_size=6), st.tuples(token, token), st.just(NEW))


def probes() -> list[Arguments]:
    return [
        ([1, 2, 3, 1, 2], (1, 2), NEW),
        ([1, 1, 1, 2], (1, 1), NEW),
        ([1, 1, 1], (1, 1), NEW),
        ([2, 1, 3, 1], (1, 2), NEW),
        ([2, 1], (2, 1), NEW),
        ([], (1, 2), NEW),
    ]


# -------------------------------------------------------------------- wrong
def right_part_stays(word: Sequence[int], pair: Pair, token: int) -> list[int]:
    merged = []
    for place in range(len(word)):
        if tuple(word[place : place + 2]) == pair:
            merged.append(token)
        else:
            merged.append(word[place])
    return merged


def only_the_first(word: Sequence[int], pair: Pair, token: int) -> list[int]:
    for place, found in enumerate(pairwise(word)):
        if found == pair:
            return [*word[:place], token, *word[place + 2 :]]
    return list(word)


def last_token_lost(word: Sequence[int], pair: Pair, token: int) -> list[int]:
    merged, place = [], 0
    while place < len(word) - 1:
        if (word[place], word[place + 1]) == pair:
            merged.append(token)
            place += 2
        else:
            merged.append(word[place])
            place += 1
    return merged


def from_right_to_left(word: Sequence[int], pair: Pair, token: int) -> list[int]:
    merged, place = [], len(word) - 1
    while place >= 0:
        if place > 0 and (word[place - 1], word[place]) == pair:
            merged.append(token)
            place -= 2
        else:
            merged.append(word[place])
            place -= 1
    return merged[::-1]


def reads_past_the_end(word: Sequence[int], pair: Pair, token: int) -> list[int]:
    merged, place = [], 0
    while place < len(word):
        if word[place] == pair[0] and word[place + 1] == pair[1]:
            merged.append(token)
            place += 2
        else:
            merged.append(word[place])
            place += 1
    return merged


def changes_the_word(word: Any, pair: Pair, token: int) -> list[int]:
    place = 0
    while place + 1 < len(word):
        if (word[place], word[place + 1]) == pair:
            word[place : place + 2] = [token]
        place += 1
    return word


def in_either_order(word: Sequence[int], pair: Pair, token: int) -> list[int]:
    merged, place = [], 0
    while place < len(word):
        if sorted(word[place : place + 2]) == sorted(pair):
            merged.append(token)
            place += 2
        else:
            merged.append(word[place])
            place += 1
    return merged


def looks_at_even_places_only(word: Sequence[int], pair: Pair, token: int) -> list[int]:
    merged = []
    for place in range(0, len(word), 2):
        if tuple(word[place : place + 2]) == pair:
            merged.append(token)
        else:
            merged += word[place : place + 2]
    return merged


# -------------------------------------------------------------------- right, in another way
def looks_back(word: Sequence[int], pair: Pair, token: int) -> list[int]:
    merged: list[int] = []
    for current in word:
        if merged and (merged[-1], current) == pair:
            merged[-1] = token
        else:
            merged.append(current)
    return merged


def in_two_parts(word: Sequence[int], pair: Pair, token: int) -> list[int]:
    for place in range(len(word) - 1):
        if (word[place], word[place + 1]) == pair:
            return [*word[:place], token, *in_two_parts(word[place + 2 :], pair, token)]
    return list(word)


def marks_what_goes(word: Sequence[int], pair: Pair, token: int) -> list[int]:
    merged = list(word)
    for place in range(len(merged) - 1):
        if (merged[place], merged[place + 1]) == pair:
            merged[place : place + 2] = [token, -1]
    return [entry for entry in merged if entry != -1]


MERGE = Exercise(
    name="merge",
    target="tinyllm.text.merges:merge",
    imports="from collections.abc import Sequence\n\nfrom tinyllm.text.merges import Pair",
    cases=cases,
    probes=probes,
    mistakes=(
        right_part_stays,
        only_the_first,
        last_token_lost,
        from_right_to_left,
        reads_past_the_end,
        changes_the_word,
        in_either_order,
        looks_at_even_places_only,
    ),
    others=(looks_back, in_two_parts, marks_what_goes),
)
