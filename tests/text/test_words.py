import json
import os
import tempfile
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.errors import CheckpointError, DataError, DtypeError, OptionError, ShapeError
from tinyllm.text import CharTokenizer, WordTokenizer, load_tokenizer
from tinyllm.text.words import tokens_of

TEXT = "The cat sat. The dog sat, too!\nDon't go (yet): the cat's well-known -- \"x\"."
any_text = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)
WORDS = ["The", "cat", "don't", *",.!()-'\"\n[$3é", "<unk>"]
prose = st.lists(st.sampled_from(WORDS)).map(" ".join)


# -------------------------------------------------------------------- words and marks
def test_words_keep_their_apostrophes_and_marks_stand_alone():
    assert tokens_of("Don't go, o'er the cat\u2019s--", "x") == [
        *("Don't", "go", ",", "o'er", "the", "cat\u2019s", "-", "-"),
    ]
    assert tokens_of("  a\t b\n\nc ", "x") == ["a", "b", "\n", "\n", "c"]


def test_decode_puts_blanks_where_prose_has_them():
    tokenizer = WordTokenizer.train(TEXT, minimum_count=1)
    again = tokenizer.decode(tokenizer.encode(TEXT))
    assert again == "The cat sat. The dog sat, too!\nDon't go (yet): the cat's well-known--\" x \"."


@given(any_text | prose)
def test_ids_survive_a_way_through_text(text):
    text += " word"
    tokenizer = WordTokenizer.train(text, minimum_count=1)
    ids = tokenizer.encode(text)
    np.testing.assert_array_equal(tokenizer.encode(tokenizer.decode(ids)), ids)
    assert ids.dtype == np.int64
    assert [tokenizer.vocabulary[i] for i in ids] == tokens_of(text, "x")


@given(prose, st.data())
def test_piece_by_piece_the_text_is_the_same(text, data):
    """What `tinyllm generate` does: whether a blank comes depends on two tokens alone."""
    tokenizer = WordTokenizer.train(text + " word", minimum_count=1)
    ids = tokenizer.encode(text + " word")
    pieces = [tokenizer.decode(ids[:1])]
    for before, token in pairwise(ids):
        pieces.append(tokenizer.decode([before, token])[len(tokenizer.decode([before])) :])
    assert "".join(pieces) == tokenizer.decode(ids)


# -------------------------------------------------------------------- the vocabulary
@given(prose, st.integers(1, 4), st.integers(2, 9))
def test_the_vocabulary_is_the_most_frequent_words(text, least, most):
    counts = Counter(tokens_of(text + " a", "x"))
    counts.pop("<unk>", None)
    tokenizer = WordTokenizer.train(text + " a", minimum_count=least, maximum_size=most)
    unknown, *words = tokenizer.vocabulary
    assert unknown == "<unk>"
    assert len(tokenizer) <= most
    assert all(counts[word] >= least for word in words)
    assert [counts[word] for word in words] == sorted((counts[w] for w in words), reverse=True)
    left_out = [n for word, n in counts.items() if word not in words and n >= least]
    assert not left_out or (len(tokenizer) == most and max(left_out) <= counts[words[-1]])


def test_a_word_that_is_not_known_is_unknown():
    tokenizer = WordTokenizer.train("a a b b c")
    assert tokenizer.vocabulary == ["<unk>", "a", "b"]
    assert tokenizer.encode("c a <unk> b").tolist() == [0, 1, 0, 2]
    assert tokenizer.decode([0, 1]) == "<unk> a"
    assert repr(tokenizer) == "WordTokenizer(3 words)"
    assert len(tokenizer.encode("")) == 0
    assert tokenizer.decode([]) == ""
    assert tokenizer.decode(np.int64(1)) == "a"


# -------------------------------------------------------------------- files
@given(any_text)
def test_load_undoes_save(text):
    tokenizer = WordTokenizer.train(text, minimum_count=1)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tokenizer.json"
        tokenizer.save(file)
        loaded = load_tokenizer(file)
        assert os.listdir(folder) == ["tokenizer.json"]
    assert isinstance(loaded, WordTokenizer)
    assert loaded.vocabulary == tokenizer.vocabulary


def test_the_file_says_what_kind_it_is(tmp_path):
    WordTokenizer.train("a a").save(tmp_path / "words.json")
    content = json.loads((tmp_path / "words.json").read_text(encoding="utf-8"))
    head = {"kind": "words", "version": 1, "lower": False, "special": []}
    assert content == head | {"vocabulary": ["<unk>", "a"]}
    CharTokenizer.train("ab").save(tmp_path / "characters.json")
    assert isinstance(load_tokenizer(tmp_path / "characters.json"), CharTokenizer)
    with pytest.raises(CheckpointError, match="of kind 'words'; got kind 'characters'"):
        WordTokenizer.load(tmp_path / "characters.json")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[]", "of kind 'characters' or 'words' or 'BPE' or 'WordPiece'; got kind None."),
        (b'{"kind": "letters"}', "got kind 'letters'."),
        (b'{"kind": ["words"]}', "got kind ['words']."),
        (b'{"kind": "words", "version": 2}', "must have version 1; got 2."),
        (
            b'{"kind": "words", "version": 1, "special": [], "vocabulary": ["a"]}',
            "the first token must be '<unk>'",
        ),
        (
            b'{"kind": "words", "version": 1, "special": [], "vocabulary": ["<unk>", "a b"]}',
            "got 'a b'.",
        ),
        (b'{"kind": "words", "version": 1, "special": [], "vocabulary": ["<unk>", 3]}', "got 3."),
        (
            b'{"kind": "words", "version": 1, "special": [], "vocabulary": ["<unk>", "a", "a"]}',
            "be distinct.",
        ),
        (
            b'{"kind": "words", "version": 1, "special": [], "vocabulary": []}',
            "the first token must be '<unk>'",
        ),
        (b"no", "no valid JSON"),
    ],
)
def test_a_foreign_file_is_refused_in_one_line(tmp_path, content, says):
    (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        load_tokenizer(tmp_path / "tokenizer.json")
    assert says in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


# -------------------------------------------------------------------- refusals
def test_what_is_no_text_or_no_row_of_ids_is_refused():
    with pytest.raises(DataError, match="train: needs a text of at least one word; got none"):
        WordTokenizer.train(" \t ")
    with pytest.raises(DtypeError, match="train: takes a str; got bytes"):
        WordTokenizer.train(b"ab")
    with pytest.raises(OptionError, match="minimum_count must be an integer >= 1; got 0"):
        WordTokenizer.train("a", minimum_count=0)
    tokenizer = WordTokenizer.train("a a")
    with pytest.raises(DataError, match=r"decode: ids must lie in 0\.\.1; got 2 at position 0"):
        tokenizer.decode([2])
    with pytest.raises(ShapeError, match="decode: takes one row of ids"):
        tokenizer.decode([[0, 1]])
    with pytest.raises(DtypeError, match="encode: takes a str; got None"):
        tokenizer.encode(None)


def test_special_tokens_come_last_and_no_text_becomes_one(tmp_path):
    tokenizer = WordTokenizer.train("a b a <pad>", ["<pad>", "<mask>"], minimum_count=1)
    assert tokenizer.special == {"<pad>": len(tokenizer) - 2, "<mask>": len(tokenizer) - 1}
    assert not set(tokenizer.encode("a <pad> <mask>")) & set(tokenizer.special.values())
    assert tokenizer.decode([*tokenizer.encode("a"), tokenizer.special["<mask>"]]) == "a <mask>"
    tokenizer.save(tmp_path / "tokenizer.json")
    loaded = load_tokenizer(tmp_path / "tokenizer.json")
    assert (loaded.vocabulary, loaded.special) == (tokenizer.vocabulary, tokenizer.special)


@given(st.text())
def test_in_lower_case_a_text_and_its_lower_case_are_the_same(text):
    tokenizer = WordTokenizer.train("The cat. the İstanbul", minimum_count=1, lower=True)
    assert "the" in tokenizer.vocabulary
    assert "The" not in tokenizer.vocabulary
    assert tokenizer.encode(text).tolist() == tokenizer.encode(text.lower()).tolist()


def test_lower_case_is_kept_in_the_file(tmp_path):
    WordTokenizer.train("A a", lower=True).save(tmp_path / "tokenizer.json")
    assert load_tokenizer(tmp_path / "tokenizer.json").encode("A a").tolist() == [1, 1]


def test_special_takes_a_list_of_distinct_names():
    for wrong in ("<pad>", ["<pad>", "<pad>"], [""], [3]):
        with pytest.raises(OptionError, match="special takes a list of distinct names; got"):
            WordTokenizer.train("a a", wrong)
