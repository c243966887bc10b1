import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tinyllm.errors import DataError, DtypeError, OptionError, ShapeError
from tinyllm.text import BPETokenizer
from tinyllm.text.bpe import text_of, words_of

# Without arguments `characters()` also draws halves of surrogate pairs, which UTF-8 refuses.
any_text = st.text(st.characters())
GERMAN = "Zwölf Boxkämpfer jagen Viktor über den großen Sylter Deich. Zwölf über zwölf, über!\n"
SPECIAL = ["<pad>", "<s>", "</s>"]
tokenizer = BPETokenizer.train(GERMAN * 3, 300, SPECIAL)
PAD = tokenizer.special["<pad>"]


# -------------------------------------------------------------------- there and back
@given(st.text(), st.data())
def test_a_character_may_be_spread_over_tokens(text, data):
    content = text.encode()
    cut = data.draw(st.integers(0, len(content)))
    assert text_of([1, 0], [content[cut:], content[:cut]]) == text


def test_half_a_character_is_one_mark_and_its_neighbours_stay():
    assert text_of([0, 1, 0], [b"a", "中".encode()[:2]]) == "a\ufffda"


@given(any_text)
@example("\ud83d\ude00 \U0001f600 \x00\x1c\x85\u2028 é")
@example(GERMAN)
def test_decode_undoes_encode_for_any_text(text):
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == tokenizer.decode(ids.tolist()) == text
    assert ids.dtype == np.int64
    assert ids.ndim == 1
    assert ((ids >= 0) & (ids < len(tokenizer))).all()


@given(st.text("ab cü'\n", max_size=40), st.integers(256, 290), st.text("ab cü'\n"))
def test_so_it_does_after_training_on_anything(text, size, other):
    trained = BPETokenizer.train(text or "x", size)
    for part in (text, other):
        assert trained.decode(trained.encode(part)) == part
    assert 256 <= len(trained) <= size


@given(any_text)
def test_words_joined_are_the_text(text):
    assert "".join(words_of(text, "encode")) == text


@given(any_text, any_text)
def test_a_line_break_before_a_word_is_a_border(first, second):
    first, second = first + ".", "\n" + second.lstrip()
    if len(second) > 1:
        whole = [*tokenizer.encode(first), *tokenizer.encode(second)]
        assert tokenizer.encode(first + second).tolist() == whole


@given(st.lists(st.integers(0, len(tokenizer) - 1)))
def test_any_ids_make_a_text(ids):
    tokenizer.decode(ids).encode("utf-8", "surrogatepass")


def test_half_a_character_is_shown_as_what_it_is():
    (first, *_) = tokenizer.encode("€")
    assert tokenizer.decode([first]) == "�"


def test_empty_text_has_no_ids():
    assert tokenizer.encode("").shape == (0,)
    assert tokenizer.encode("").dtype == np.int64
    assert tokenizer.decode([]) == ""


# -------------------------------------------------------------------- the vocabulary
def test_bytes_come_first_then_merges_then_special_tokens():
    assert len(tokenizer.vocabulary) == len(tokenizer) == 300
    assert tokenizer.vocabulary[:128] == [chr(i) for i in range(128)]
    assert tokenizer.vocabulary[0xC3] == "\udcc3"
    assert tokenizer.vocabulary[297:] == SPECIAL
    assert tokenizer.special == {"<pad>": 297, "<s>": 298, "</s>": 299}
    assert len(set(tokenizer.vocabulary)) == 300
    assert repr(tokenizer) == "BPETokenizer(41 merges, special: ['<pad>', '<s>', '</s>'])"


def test_merges_and_tokens_are_readable():
    trained = BPETokenizer.train("für für", 300)
    assert trained.merges == [("f", "\udcc3"), ("\udcbc", "r"), ("f\udcc3", "\udcbcr")]
    assert trained.vocabulary[256:] == ["f\udcc3", "\udcbcr", "für"]
    assert " über" in tokenizer.vocabulary


@given(st.lists(any_text, min_size=1, max_size=5))
def test_training_on_many_texts_is_the_same_each_time(texts):
    if not any(texts):
        return
    one, again = (BPETokenizer.train(iter(texts), 270) for _ in range(2))
    assert one.merges == again.merges
    assert one.merges == BPETokenizer.train(reversed(texts), 270).merges


def test_a_merge_never_crosses_the_border_of_a_word():
    trained = BPETokenizer.train("ab cd! " * 50, 400)
    assert trained.vocabulary[256:] == [" c", "ab", " cd", " ab"]


# -------------------------------------------------------------------- special tokens
@given(any_text)
@example("<pad><s></s><s")
def test_no_text_becomes_a_special_token(text):
    assert (tokenizer.encode(text) < PAD).all()


def test_unless_one_asks_for_it():
    ids = tokenizer.encode("<s>über<pad></s>", special=True)
    assert ids.tolist() == [298, *tokenizer.encode("über"), 297, 299]
    assert tokenizer.decode(ids) == "<s>über<pad></s>"
    assert tokenizer.decode(ids, special=False) == "über"
    assert BPETokenizer().encode("<s>", special=True).tolist() == list(b"<s>")


@given(any_text)
@example("<s>a</s><pad")
def test_with_special_tokens_decode_undoes_encode_too(text):
    assert tokenizer.decode(tokenizer.encode(text, special=True)) == text


def test_the_longer_of_two_names_is_read():
    names = BPETokenizer(special=["<a", "<a>", "(.*)"])
    assert names.encode("<a><a(.*)", special=True).tolist() == [257, 256, 258]


@pytest.mark.parametrize("name", ["a", "ab", "Ġab", "Ã"])
def test_a_name_that_a_file_would_write_like_a_token_of_text_is_refused(name):
    merges = [("a", "b"), (" ", "ab")]
    with pytest.raises(OptionError, match=r"a special token must be none of text; got .* Hint"):
        BPETokenizer(merges, [name])
    BPETokenizer(merges, [f"<{name}>", " ab", "Ã©"])  # a file writes the token " ab" as "Ġab"


def test_a_name_that_no_file_can_hold_is_refused():
    with pytest.raises(OptionError, match=r"no half of a surrogate pair; got '<\\ud83d>'"):
        BPETokenizer(special=["<\ud83d>"])


@pytest.mark.parametrize("names", ["<pad>", ["<s>", "<s>"], [""], [1], [None]])
def test_names_that_are_none_are_refused(names):
    with pytest.raises(OptionError, match=r"special takes a list of distinct names; got .* Hint"):
        BPETokenizer.train("ab", 300, names)


# -------------------------------------------------------------------- ids in another order
OTHER = BPETokenizer(tokenizer.merges, SPECIAL, ids=np.roll(np.arange(300), 3))


@given(any_text, st.booleans())
@example("<s>über</s>", True)
def test_ids_in_another_order_are_the_same_tokens(text, special):
    ids, others = (each.encode(text, special=special) for each in (tokenizer, OTHER))
    assert others.tolist() == [(i - 3) % 300 for i in ids]
    assert OTHER.decode(others) == text
    assert OTHER.decode(others, special=False) == tokenizer.decode(ids, special=False)
    assert [OTHER.vocabulary[i] for i in others] == [tokenizer.vocabulary[i] for i in ids]


def test_special_tokens_have_their_ids_in_that_order_too():
    first = BPETokenizer(special=["<s>", "</s>"], ids=[*range(2, 258), 1, 0])
    assert first.special == {"<s>": 1, "</s>": 0}
    assert first.vocabulary[:3] == ["</s>", "<s>", "\0"]


@pytest.mark.parametrize(
    "ids", [[0, 1], range(1, 257), [0, *range(255)], np.arange(256.0), [[*range(256)]], 5]
)
def test_ids_that_are_no_numbering_are_refused(ids):
    rule = r"BPETokenizer: ids must be 0\.\.255, each once, for 256 tokens; got "
    with pytest.raises(OptionError, match=rule) as caught:
        BPETokenizer(ids=ids)
    assert len(str(caught.value).splitlines()) == 1


# -------------------------------------------------------------------- what is refused
@pytest.mark.parametrize("no_text", [b"ab", None, [b"ab"], [1]])
def test_what_is_no_text_is_refused(no_text):
    with pytest.raises(DtypeError, match="train: takes a str"):
        BPETokenizer.train(no_text, 300)
    with pytest.raises(DtypeError, match="encode: takes a str; got"):
        tokenizer.encode(no_text)
    with pytest.raises(DtypeError, match="encode: takes a str; got"):
        tokenizer.encode(no_text, special=True)


@pytest.mark.parametrize("nothing", ["", [], ["", ""]])
def test_empty_training_text_is_refused(nothing):
    with pytest.raises(DataError, match="train: needs a text of at least one character"):
        BPETokenizer.train(nothing, 300)


def test_a_vocabulary_without_room_is_refused():
    with pytest.raises(OptionError, match=r"at least 257, for 256 bytes and 1 special.*; got 256"):
        BPETokenizer.train("ab", 256, ["<s>"])
    for size in (0, 1.5, "8000"):
        with pytest.raises(OptionError, match="vocabulary_size must be an integer >= 1"):
            BPETokenizer.train("ab", size)


@pytest.mark.parametrize("ids", [[0, 300], [-1], np.array([0, 1, 1 << 40])])
def test_an_id_outside_of_the_vocabulary_is_refused(ids):
    with pytest.raises(DataError, match=r"decode: ids must lie in 0\.\.299; got .* at position"):
        tokenizer.decode(ids)


def test_what_is_no_row_of_integers_is_refused():
    with pytest.raises(ShapeError, match=r"decode: takes one row of ids; got ids=\(1, 2\)"):
        tokenizer.decode([[0, 1]])
    with pytest.raises(DtypeError, match="decode: ids must be integers; got float64"):
        tokenizer.decode([0.0, 1.0])
