import json
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tinyllm.errors import CheckpointError, DataError, DtypeError, ShapeError
from tinyllm.text.characters import CharTokenizer

# Without arguments `characters()` also draws halves of surrogate pairs, which UTF-8 refuses.
any_text = st.text(st.characters(), min_size=1)


@given(any_text)
@example("\ud83d\ude00 \U0001f600")
def test_decode_undoes_encode(text):
    tokenizer = CharTokenizer.train(text)
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert tokenizer.decode(ids.tolist()) == text
    assert ids.dtype == np.int64
    assert ids.shape == (len(text),)


@given(any_text)
def test_vocabulary_is_the_sorted_distinct_characters(text):
    tokenizer = CharTokenizer.train(text)
    assert tokenizer.vocabulary == sorted(set(text))
    assert len(tokenizer) == len(set(text))
    # The readable definition of encode: look each character up.
    assert tokenizer.encode(text).tolist() == [tokenizer.vocabulary.index(c) for c in text]


@given(any_text)
@example('\ud83d\ude00 \U0001f600 \u2028\x00"\\')
def test_load_undoes_save(text):
    tokenizer = CharTokenizer.train(text)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tokenizer.json"
        tokenizer.save(file)
        loaded = CharTokenizer.load(file)
        assert os.listdir(folder) == ["tokenizer.json"]
    assert loaded.vocabulary == tokenizer.vocabulary
    assert loaded.decode(loaded.encode(text)) == text


def test_the_file_is_readable_json(tmp_path):
    file = tmp_path / "tokenizer.json"
    CharTokenizer.train("né中").save(str(file))
    content = json.loads(file.read_text(encoding="utf-8"))
    assert content == {
        "kind": "characters",
        "version": 1,
        "special": [],
        "vocabulary": ["n", "é", "中"],
    }
    assert "中" in file.read_text(encoding="utf-8")


def test_empty_text_has_no_ids():
    tokenizer = CharTokenizer.train("ab")
    assert tokenizer.encode("").shape == (0,)
    assert tokenizer.encode("").dtype == np.int64
    assert tokenizer.decode([]) == ""
    assert tokenizer.decode(tokenizer.encode("")) == ""


def test_one_id_is_one_character():
    assert CharTokenizer.train("ab").decode(np.int64(1)) == "b"


def test_repr_says_how_many():
    assert repr(CharTokenizer.train("banana")) == "CharTokenizer(3 characters)"


@given(any_text, st.characters(), any_text)
def test_an_unseen_character_is_named(before, stranger, after):
    known = "".join(c for c in before + after if c != stranger)
    if not known:
        return
    text = before.replace(stranger, "") + stranger + after
    position = len(before.replace(stranger, ""))
    with pytest.raises(DataError) as caught:
        CharTokenizer.train(known).encode(text)
    message = str(caught.value)
    assert f"{stranger!r} (U+{ord(stranger):04X}) at position {position}." in message
    assert "Hint: remove it, or train on text that has it." in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("ids", [[0, 2], [-1], np.array([0, 1, 1 << 40])])
def test_an_id_outside_of_the_vocabulary_is_refused(ids):
    with pytest.raises(DataError, match=r"decode: ids must lie in 0\.\.1; got .* at position \d"):
        CharTokenizer.train("ab").decode(ids)


def test_what_is_no_row_of_integers_is_refused():
    tokenizer = CharTokenizer.train("ab")
    with pytest.raises(ShapeError, match=r"decode: takes one row of ids; got ids=\(1, 2\)"):
        tokenizer.decode([[0, 1]])
    with pytest.raises(DtypeError, match="decode: ids must be integers; got float64"):
        tokenizer.decode([0.0, 1.0])


@pytest.mark.parametrize("no_text", [b"ab", Path("ab"), None])
def test_what_is_no_text_is_refused(no_text):
    with pytest.raises(DtypeError, match="train: takes a str; got"):
        CharTokenizer.train(no_text)
    with pytest.raises(DtypeError, match="encode: takes a str; got"):
        CharTokenizer.train("ab").encode(no_text)


def test_empty_training_text_is_refused():
    with pytest.raises(DataError, match="train: needs a text of at least one character"):
        CharTokenizer.train("")


@pytest.mark.parametrize("vocabulary", [[], ["b", "a"], ["a", "a"], ["ab"], [""], [1]])
def test_a_bad_vocabulary_is_refused(vocabulary):
    with pytest.raises(DataError, match="CharTokenizer: "):
        CharTokenizer(vocabulary)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no valid JSON"),
        (b"\xff\xfe", "no valid JSON"),
        (b"[" * 100_000, "no valid JSON"),
        (b"[]", "got kind None"),
        (b'{"version": "1.0", "model": {"type": "BPE"}}', "got kind 'BPE'"),
        (b'{"kind": "bpe"}', "got kind 'bpe'"),
        (b'{"kind": "characters", "version": 2}', "must have version 1; got 2"),
        (b'{"kind": "characters", "version": 1}', "no list named 'vocabulary'"),
        (b'{"kind": "characters", "version": 1, "vocabulary": "ab"}', "no list named"),
        (
            b'{"kind": "characters", "version": 1, "special": [], "vocabulary": ["b", "a"]}',
            "is broken: ",
        ),
        (
            b'{"kind": "characters", "version": 1, "special": [], "vocabulary": [["a"]]}',
            "is broken: ",
        ),
    ],
)
def test_a_foreign_file_is_refused_in_one_line(tmp_path, content, says):
    file = tmp_path / "tokenizer.json"
    file.write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        CharTokenizer.load(file)
    assert says in str(caught.value)
    assert "tokenizer.json" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_missing_file_or_a_folder_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match=r"load: cannot read .*absent"):
        CharTokenizer.load(tmp_path / "absent.json")
    with pytest.raises(CheckpointError, match="load: cannot read"):
        CharTokenizer.load(tmp_path)


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    def refuse(source, target):
        raise OSError(28, "No space left on device")

    file = tmp_path / "tokenizer.json"
    CharTokenizer.train("old").save(file)
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(DataError, match=r"cannot write .*: No space left on device"):
        CharTokenizer.train("new").save(file)
    assert CharTokenizer.load(file).vocabulary == ["d", "l", "o"]
    assert os.listdir(tmp_path) == ["tokenizer.json"]


@given(st.text(min_size=1))
def test_special_tokens_come_last_and_no_text_becomes_one(text):
    tokenizer = CharTokenizer.train(text + "<pad>", ["<pad>", "<mask>"])
    assert tokenizer.special == {"<pad>": len(tokenizer) - 2, "<mask>": len(tokenizer) - 1}
    ids = tokenizer.encode(text + "<pad>")
    assert ids.max() < len(tokenizer) - 2
    assert tokenizer.decode(ids) == text + "<pad>"
    assert tokenizer.decode([ids[0], tokenizer.special["<mask>"]]) == text[0] + "<mask>"


def test_special_tokens_are_kept_in_the_file(tmp_path):
    CharTokenizer.train("ab", ["<pad>"]).save(tmp_path / "tokenizer.json")
    loaded = CharTokenizer.load(tmp_path / "tokenizer.json")
    assert (loaded.vocabulary, loaded.special) == (["a", "b", "<pad>"], {"<pad>": 2})
    with pytest.raises(DataError, match=r"got '<' \(U\+003C\)"):
        loaded.encode("a<pad>")
