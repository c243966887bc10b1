import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tinyllm.text.bert_words import words_of

any_text = st.text(st.characters())
lower_or_not = st.booleans()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \t\n\r\u00a0\u3000\u2028", []),
        ("don't stop", ["don", "'", "t", "stop"]),
        ("a$b ^_^", ["a", "$", "b", "^", "_", "^"]),  # in ASCII no letter is enough
        ("a€b°c", ["a€b°c"]),  # elsewhere it must be punctuation
        ("«Oui»…", ["«", "Oui", "»", "…"]),
        ("ab\u200bc\x00d\x7fe\ufffdf", ["abcdef"]),  # what cannot be seen joins its neighbours
        ("ab\x0bc\x85d", ["abcd"]),  # although Python takes them for blanks
        ("漢字kana かな", ["漢", "字", "kana", "かな"]),
        ("Émile", ["Émile"]),
    ],
)
def test_words_by_hand(text, words):
    assert words_of(text, lower=False, strip_accents=False) == words


def test_capitals_and_accents_are_two_questions():
    assert words_of("ÉTÉ İ", lower=True, strip_accents=False) == ["été", "i̇"]
    assert words_of("ÉTÉ İ", lower=False, strip_accents=True) == ["ETE", "I"]
    assert words_of("ÉTÉ İ", lower=True, strip_accents=True) == ["ete", "i"]


def test_a_last_sigma_is_a_sigma():
    assert words_of("ΟΔΟΣ", lower=True, strip_accents=False) == [
        "".join(letter.lower() for letter in "ΟΔΟΣ")
    ]


def test_a_mark_that_an_accent_hid_is_a_mark():
    assert words_of("a≠b", lower=False, strip_accents=True) == ["a", "=", "b"]
    assert words_of("a≠b", lower=False, strip_accents=False) == ["a≠b"]


@given(any_text, lower_or_not, lower_or_not)
@example("ǅ\u0345ﬁ 漢", True, True)
def test_words_have_no_blank_and_a_mark_is_a_word(text, lower, strip):
    for word in words_of(text, lower, strip):
        assert word
        assert not any(letter.isspace() for letter in word)
        marks = [letter for letter in word if unicodedata.category(letter)[0] == "P"]
        assert not marks or len(word) == 1


@given(any_text, any_text, lower_or_not, lower_or_not)
def test_a_blank_is_a_border(first, second, lower, strip):
    whole = words_of(first, lower, strip) + words_of(second, lower, strip)
    assert words_of(f"{first} {second}", lower, strip) == whole
