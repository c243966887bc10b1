import json
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tinyllm.errors import CheckpointError, DataError, DtypeError, OptionError, ShapeError
from tinyllm.text import BPETokenizer
from tinyllm.text.bpe import words_of

# Without arguments `characters()` also draws halves of surrogate pairs, which UTF-8 refuses.
any_text = st.text(st.characters())
GERMAN = "Zwölf Boxkämpfer jagen Viktor über den großen Sylter Deich. Zwölf über zwölf, über!\n"
SPECIAL = ["<pad>", "<s>", "</s>"]
tokenizer = BPETokenizer.train(GERMAN * 3, 300, SPECIAL)
PAD = tokenizer.special["<pad>"]


# -------------------------------------------------------------------- there and back
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


@pytest.mark.parametrize("names", ["<pad>", ["<s>", "<s>"], [""], [1], [None]])
def test_names_that_are_none_are_refused(names):
    with pytest.raises(OptionError, match=r"special takes a list of distinct names; got .* Hint"):
        BPETokenizer.train("ab", 300, names)


# -------------------------------------------------------------------- files
@given(st.text("ab ü'\ud83d", min_size=1), st.lists(st.text(min_size=1), unique=True, max_size=3))
@example(GERMAN, ["\ud83d", '"'])
def test_load_undoes_save(text, special):
    trained = BPETokenizer.train(text, 300, special)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tokenizer.json"
        trained.save(file)
        loaded = BPETokenizer.load(file)
        assert os.listdir(folder) == ["tokenizer.json"]
    assert loaded.merges == trained.merges
    assert loaded.special == trained.special
    assert loaded.vocabulary == trained.vocabulary
    assert loaded.encode(text).tolist() == trained.encode(text).tolist()


def test_the_file_is_readable_json_one_merge_a_line(tmp_path):
    file = tmp_path / "tokenizer.json"
    BPETokenizer.train("für für", 260, ["<s>"]).save(str(file))
    assert file.read_text(encoding="utf-8") == (
        '{"kind": "bpe", "version": 1, "special": ["<s>"], "merges": [\n'
        '["f", "\\udcc3"],\n["\\udcbc", "r"],\n["f\\udcc3", "\\udcbcr"]\n]}\n'
    )
    assert json.loads(file.read_text(encoding="utf-8"))["merges"][1] == ["\udcbc", "r"]
    BPETokenizer().save(file)
    assert len(BPETokenizer.load(file)) == 256


HEAD = b'{"kind": "bpe", "version": 1, '


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no valid JSON"),
        (b"\xff\xfe", "no valid JSON"),
        (b"[" * 100_000, "no valid JSON"),
        (b"[]", "got kind None"),
        (b'{"version": "1.0", "model": {"type": "BPE"}}', "got kind None"),
        (b'{"kind": "characters"}', "must hold a tokenizer of kind 'bpe'; got kind 'characters'"),
        (b'{"kind": "bpe", "version": 2}', "must have version 1; got 2"),
        (HEAD + b'"special": []}', "no list named 'merges'"),
        (HEAD + b'"merges": []}', "no list named 'special'"),
        (HEAD + b'"special": [], "merges": ["ab"]}', "is broken: BPETokenizer: a merge is two"),
        (HEAD + b'"special": [], "merges": [["a", 1]]}', "is broken: BPETokenizer: a merge is"),
        (HEAD + b'"special": [], "merges": [["a", "\\ud800"]]}', "a merge is two tokens; got"),
        (HEAD + b'"special": [], "merges": [["ab", "c"]]}', "got 'ab' and 'c'"),
        (HEAD + b'"special": [], "merges": [["a", "b"], ["a", "b"]]}', "and makes a new one; got"),
        (HEAD + b'"special": [1], "merges": []}', "is broken: BPETokenizer: special takes"),
        (HEAD + b'"special": [["a"]], "merges": []}', "is broken: BPETokenizer: special takes"),
    ],
)
def test_a_foreign_file_is_refused_in_one_line(tmp_path, content, says):
    file = tmp_path / "tokenizer.json"
    file.write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        BPETokenizer.load(file)
    assert says in str(caught.value)
    assert "tokenizer.json" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match=r"load: cannot read .*absent"):
        BPETokenizer.load(tmp_path / "absent.json")


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
