from hypothesis import given
from hypothesis import strategies as st

from tinyllm.text.byte_letters import BYTE_OF, LETTERS, bytes_of, from_letters, shown, to_letters


@given(st.binary())
def test_both_ways_to_write_bytes_can_be_read_again(token):
    assert bytes_of(shown(token)) == token
    assert from_letters(to_letters(token)) == token
    assert len(to_letters(token)) == len(token)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_is_shown_as_it_is(text):
    assert shown(text.encode()) == text


@given(st.text())
def test_only_letters_of_bytes_are_read(text):
    assert (from_letters(text) is None) == (not {*text} <= {*LETTERS})


def test_each_byte_has_a_letter_that_can_be_seen():
    assert len(LETTERS) == len(BYTE_OF) == 256
    assert all(letter.isprintable() and not letter.isspace() for letter in LETTERS)


def test_the_letters_are_those_of_gpt2():
    assert LETTERS[0x21:0x7F] == "".join(map(chr, range(0x21, 0x7F)))
    assert LETTERS[0xA1:0xAD] == "¡¢£¤¥¦§¨©ª«¬"
    assert LETTERS[0xAE:] == "".join(map(chr, range(0xAE, 0x100)))
    assert LETTERS[:0x21] == "".join(map(chr, range(0x100, 0x121)))  # the blank is Ġ
    assert LETTERS[0x7F:0xA1] == "".join(map(chr, range(0x121, 0x143)))
    assert LETTERS[0xAD] == "Ń"
    assert to_letters("ä\n".encode()) == "Ã¤Ċ"
