"""pre-tokenise: cut a text into words, as GPT-2 does, before anything is merged."""

from __future__ import annotations

from typing import Any

import regex

from tinyllm.course.exercise import Arguments, Exercise

PARTS = ["a", " ", "1", "!", "b", "é", "中", "\n", "'s", "'ll", "_", "²", "'S"]
ENDINGS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")


def cases() -> Any:
    from tinyllm.course.draws import st  # noqa: PLC0415

    text = st.lists(st.sampled_from(PARTS), max_size=5).map("".join)
    return st.tuples(text, st.just("encode"))


def probes() -> list[Arguments]:
    texts = [
        "I'll take 20 cats,\n  please!",
        "The café's 12b",
        "a  b \n\nc  ",
        "a\nb",
        "we're 中文!!",
        "x²3 is a½!",
        "DON'T, they'd say",
        "",
    ]
    return [(text, "encode") for text in texts]


# -------------------------------------------------------------------- wrong
def cut_at_spaces(text: str, operation: str) -> list[str]:
    return text.split()


def space_is_a_word(text: str, operation: str) -> list[str]:
    pattern = r"'(?:s|t|re|ve|m|ll|d)|\p{L}+|\p{N}+|[^\s\p{L}\p{N}]+|\s+"
    return regex.findall(pattern, text)


def space_after_the_word(text: str, operation: str) -> list[str]:
    pattern = r"'(?:s|t|re|ve|m|ll|d) ?|\p{L}+ ?|\p{N}+ ?|[^\s\p{L}\p{N}]+ ?|\s+"
    return regex.findall(pattern, text)


def english_letters_only(text: str, operation: str) -> list[str]:
    pattern = r"'(?:s|t|re|ve|m|ll|d)| ?[a-zA-Z]+| ?[0-9]+| ?[^\sa-zA-Z0-9]+|\s+(?!\S)|\s+"
    return regex.findall(pattern, text)


def other_letters_are_lost(text: str, operation: str) -> list[str]:
    pattern = r"'(?:s|t|re|ve|m|ll|d)| ?[a-zA-Z]+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
    return regex.findall(pattern, text)


def digits_0_to_9_only(text: str, operation: str) -> list[str]:
    pattern = r"'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\d+| ?[^\s\p{L}\d]+|\s+(?!\S)|\s+"
    return regex.findall(pattern, text)


def other_digits_are_lost(text: str, operation: str) -> list[str]:
    pattern = r"'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\d+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
    return regex.findall(pattern, text)


def endings_forgotten(text: str, operation: str) -> list[str]:
    return regex.findall(r" ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", text)


def endings_in_capitals(text: str, operation: str) -> list[str]:
    pattern = r"(?i)'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
    return regex.findall(pattern, text)


def only_what_is_in_the_group(text: str, operation: str) -> list[str]:
    pattern = r"'(s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
    return regex.findall(pattern, text)


def spaces_stay_together(text: str, operation: str) -> list[str]:
    pattern = r"'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+"
    return regex.findall(pattern, text)


def last_space_is_lost(text: str, operation: str) -> list[str]:
    pattern = r"'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"
    return regex.findall(pattern, text)


def letters_with_digits(text: str, operation: str) -> list[str]:
    return regex.findall(r"'(?:s|t|re|ve|m|ll|d)| ?\w+| ?[^\s\w]+|\s+(?!\S)|\s+", text)


def line_break_before_the_word(text: str, operation: str) -> list[str]:
    pattern = r"'(?:s|t|re|ve|m|ll|d)|\s?\p{L}+|\s?\p{N}+|\s?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
    return regex.findall(pattern, text)


# -------------------------------------------------------------------- right, in another way
def with_groups(text: str, operation: str) -> list[str]:
    words = r"( ?(\p{Letter}+|\p{Number}+|[^\s\p{Letter}\p{Number}]+))"
    pattern = rf"('([stmd]|re|ve|ll))|{words}|\s+(?=\s|$)|\s"
    return [found[0] for found in regex.finditer(pattern, text)]


def kind_of_character(character: str) -> str:
    """Sort a character: "letter", "digit", "space" or "mark"."""
    if character.isalpha():
        return "letter"
    if character.isnumeric():
        return "digit"
    return "space" if character.isspace() else "mark"


def letter_after_letter(text: str, operation: str) -> list[str]:
    words, place = [], 0
    while place < len(text):
        ending = next((e for e in ENDINGS if text.startswith(e, place)), None)
        if ending:
            words.append(ending)
            place += len(ending)
            continue
        start = place
        rest = text[place + 1 : place + 2]
        place += text[place] == " " and bool(rest) and not rest.isspace()
        kind = kind_of_character(text[place])
        while place < len(text) and kind_of_character(text[place]) == kind:
            place += 1
        if kind == "space" and place < len(text) and place - start > 1:
            place -= 1  # the last one is left to what comes
        words.append(text[start:place])
    return words


PRE_TOKENISE = Exercise(
    name="pre-tokenise",
    target="tinyllm.text.bpe:words_of",
    imports="import regex",
    cases=cases,
    probes=probes,
    mistakes=(
        cut_at_spaces,
        space_is_a_word,
        space_after_the_word,
        english_letters_only,
        endings_forgotten,
        spaces_stay_together,
        letters_with_digits,
        line_break_before_the_word,
        other_letters_are_lost,
        digits_0_to_9_only,
        other_digits_are_lost,
        endings_in_capitals,
        only_what_is_in_the_group,
        last_space_is_lost,
    ),
    others=(with_groups, letter_after_letter),
)
