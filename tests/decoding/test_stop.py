import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.decoding import until_stop
from tinyllm.errors import OptionError

texts = st.text("ab\n", max_size=12)
stops = st.lists(st.text("ab\n", min_size=1, max_size=4), max_size=3)


def first_stop(text, strings):
    """The definition: read on until the text ends with a stop string; leave out the longest."""
    for end in range(len(text) + 1):
        lengths = [len(s) for s in strings if text[:end].endswith(s)]
        if lengths:
            return text[: end - max(lengths)]
    return text


@given(st.lists(texts), stops)
def test_the_text_ends_before_the_first_stop_string_however_it_is_cut(pieces, strings):
    assert "".join(until_stop(pieces, strings)) == first_stop("".join(pieces), strings)


@given(st.lists(texts), stops)
def test_only_what_may_begin_a_stop_string_is_held_back(pieces, strings):
    taken, out = [], ""

    def watched():
        for piece in pieces:
            taken.append(piece)
            yield piece

    read = until_stop(watched(), strings)
    while len(taken) < len(pieces) and (piece := next(read, None)) is not None:
        out += piece
        held = "".join(taken)[len(out) :]
        assert piece
        if not any(string in "".join(taken) for string in strings):
            assert not held or any(s.startswith(held) for s in strings)


def test_what_may_be_a_stop_string_waits_for_the_next_piece():
    taken = []

    def pieces():
        for piece in ["a\n", "b\n", "\n", "c"]:
            taken.append(piece)
            yield piece

    read = until_stop(pieces(), ["\n\n"])
    assert (next(read), taken) == ("a", ["a\n"])
    assert (next(read), taken) == ("\nb", ["a\n", "b\n"])
    assert (list(read), taken) == ([], ["a\n", "b\n", "\n"])  # and no further piece is asked for


def test_one_string_will_do_and_what_is_left_comes_at_the_end():
    assert list(until_stop(["one, tw", "o, three"], "two")) == ["one, "]
    assert list(until_stop(["en"], "end")) == ["en"]


@pytest.mark.parametrize("stop", ["", [""], ["a", 3]])
def test_a_stop_string_without_a_character_is_refused(stop):
    with pytest.raises(OptionError, match="stop: takes strings of at least one character; got"):
        list(until_stop(["a"], stop))
