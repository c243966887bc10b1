import json
import os
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tinyllm.errors import CheckpointError, DataError, DtypeError, ShapeError
from tinyllm.text import TOKENIZERS, WordPieceTokenizer, load_tokenizer

NAMES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = "abcdé!,.'[]"
INSIDE = ["##a", "##b", "##c", "##d", "##cd", "##abcd", "##un", "##aff", "##able"]
VOCABULARY = [*NAMES, *LETTERS, *INSIDE, "ab", "cd", "abc", "un"]
tokenizer = WordPieceTokenizer(VOCABULARY)
UNKNOWN = tokenizer.special["[UNK]"]
letters = st.text("abcdué! ,.'[]\n")
any_text = st.text(st.characters())


def pieces(text, **options):
    return [VOCABULARY[i] for i in tokenizer.encode(text, **options)]


# -------------------------------------------------------------------- encode
def test_a_word_is_cut_greedily_the_longest_piece_first():
    assert pieces("abcd") == ["abc", "##d"]  # and not ab ##cd
    assert pieces("unaffable") == ["un", "##aff", "##able"]
    assert pieces("cdcd cab") == ["cd", "##cd", "c", "##a", "##b"]


def test_a_word_that_cannot_be_made_is_unknown_as_a_whole():
    assert pieces("abx ab") == ["[UNK]", "ab"]
    assert pieces("ax xa u") == ["[UNK]", "[UNK]", "[UNK]"]  # nor does it try a shorter piece


def test_a_greedy_start_may_lead_nowhere():
    dead_end = WordPieceTokenizer([*NAMES, "ab", "abc", "##cd"])
    assert dead_end.encode("abcd").tolist() == [UNKNOWN]  # ab ##cd would do


def test_a_word_of_more_than_a_hundred_characters_is_unknown():
    assert len(tokenizer.encode("a" * 100)) == 100
    assert pieces("a" * 101 + " a") == ["[UNK]", "a"]
    assert len(WordPieceTokenizer([*NAMES, "é", "##é"], False).encode("é" * 100)) == 100


@given(letters)
@example("abcd" * 30)
def test_pieces_joined_are_the_words(text):
    found = pieces(text)
    if "[UNK]" not in found:
        joined = "".join(piece.removeprefix("##") for piece in found)
        assert joined == "".join(text.split()).replace("é", "e")


@given(any_text)
def test_any_text_has_ids(text):
    ids = tokenizer.encode(text)
    assert ids.dtype == np.int64
    assert ids.ndim == 1
    assert ((ids >= 0) & (ids < len(tokenizer))).all()


def test_cased_and_uncased():
    assert pieces("AB CDé") == ["ab", "[UNK]"]  # cde: no piece ##e
    cased = WordPieceTokenizer(VOCABULARY, lower=False)
    assert [VOCABULARY[i] for i in cased.encode("AB é abc")] == ["[UNK]", "é", "abc"]
    accents = WordPieceTokenizer(VOCABULARY, lower=True, strip_accents=False)
    assert [VOCABULARY[i] for i in accents.encode("É AB")] == ["é", "ab"]


# -------------------------------------------------------------------- special tokens
@given(st.lists(st.one_of(st.sampled_from(NAMES), any_text)).map("".join))
def test_no_text_becomes_a_special_token(text):
    others = {*tokenizer.special.values()} - {UNKNOWN}
    assert not others & {*tokenizer.encode(text).tolist()}


def test_unless_one_asks_for_it():
    assert pieces("[MASK]ab [SEP]", special=True) == ["[MASK]", "ab", "[SEP]"]
    assert pieces("[mask]") == ["[", "[UNK]", "]"]
    assert pieces("[mask]", special=True) == ["[", "[UNK]", "]"]
    assert tokenizer.special == {name: i for i, name in enumerate(NAMES)}


def test_a_frame_for_one_text_and_for_two():
    one, two = tokenizer.encode("ab cd"), tokenizer.encode("abcd")
    ids, segments = tokenizer.frame(one)
    assert [VOCABULARY[i] for i in ids] == ["[CLS]", "ab", "cd", "[SEP]"]
    assert segments.tolist() == [0, 0, 0, 0]
    ids, segments = tokenizer.frame(one, two)
    expected = ["[CLS]", "ab", "cd", "[SEP]", "abc", "##d", "[SEP]"]
    assert [VOCABULARY[i] for i in ids] == expected
    assert segments.tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert ids.dtype == segments.dtype == np.int64


def test_a_frame_of_nothing():
    ids, segments = tokenizer.frame([], [])
    assert ids.tolist() == [2, 3, 3]
    assert segments.tolist() == [0, 0, 1]
    with pytest.raises(ShapeError, match="frame: takes one row of ids"):
        tokenizer.frame([[5]])
    with pytest.raises(ShapeError, match="frame: takes one row of ids"):
        tokenizer.frame("ab")


# -------------------------------------------------------------------- decode
def test_decode_joins_pieces_and_puts_no_blank_before_marks():
    text = "abcd, ab! cd. ' un"
    assert tokenizer.decode(tokenizer.encode(text)) == "abcd, ab! cd. ' [UNK]".replace(
        "[UNK]", "un"
    )
    ids, _ = tokenizer.frame(tokenizer.encode("ab x"))
    assert tokenizer.decode(ids) == "[CLS] ab [UNK] [SEP]"
    assert tokenizer.decode(ids, special=False) == "ab"
    assert tokenizer.decode([]) == ""
    assert tokenizer.decode(tokenizer.encode("abcd")[1:]) == "##d"  # a piece without its beginning


@given(letters)
def test_what_is_decoded_has_the_same_ids(text):
    ids = tokenizer.encode(text)
    assert tokenizer.encode(tokenizer.decode(ids), special=True).tolist() == ids.tolist()


# -------------------------------------------------------------------- files
@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("strip_accents", [True, False, None])
def test_load_undoes_save(tmp_path, lower, strip_accents):
    saved = WordPieceTokenizer(VOCABULARY, lower, strip_accents)
    saved.save(tmp_path / "tokenizer.json")
    assert os.listdir(tmp_path) == ["tokenizer.json"]
    loaded = load_tokenizer(tmp_path / "tokenizer.json")
    assert isinstance(loaded, WordPieceTokenizer)
    assert loaded.vocabulary == VOCABULARY
    assert (loaded.lower, loaded.strip_accents) == (lower, strip_accents)
    assert WordPieceTokenizer.load(tmp_path / "tokenizer.json", lower=not lower).lower != lower


def test_a_vocab_txt_is_read_line_by_line(tmp_path):
    file = tmp_path / "vocab.txt"
    file.write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8", newline="\r\n")
    loaded = WordPieceTokenizer.load(file)
    assert loaded.vocabulary == VOCABULARY
    assert loaded.lower
    # Python would take \x0b for the end of a line.
    file.write_text("\n".join([*VOCABULARY, "x\x0by"]), encoding="utf-8")
    cased = WordPieceTokenizer.load(str(file), lower=False)
    assert cased.vocabulary == [*VOCABULARY, "x\x0by"]
    assert not cased.lower


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("normalizer", None, "whose normalizer.type is 'BertNormalizer'; got None."),
        ("normalizer.clean_text", False, "normalizer.clean_text is True; got False."),
        ("normalizer.handle_chinese_chars", False, "handle_chinese_chars is True; got False."),
        ("normalizer.lowercase", None, "normalizer.lowercase is True or False; got None."),
        ("pre_tokenizer.type", "Whitespace", "is 'BertPreTokenizer'; got 'Whitespace'."),
        ("model.type", "BPE", "must hold a tokenizer of kind 'WordPiece'; got kind 'BPE'."),
        ("model.unk_token", "<unk>", "model.unk_token is '[UNK]'; got '<unk>'."),
        ("model.continuing_subword_prefix", "@@", "is '##'; got '@@'."),
        ("model.max_input_chars_per_word", 200, "max_input_chars_per_word is 100; got 200."),
        ("model.vocab", None, "has no vocabulary of the form {token: id}."),
        ("model.vocab.a", 99, "each once."),
        ("post_processor", {"type": "RobertaProcessing"}, "got 'RobertaProcessing'."),
        ("post_processor", {"type": "TemplateProcessing", "single": []}, "got []."),
        ("decoder", None, "decoder.type is 'WordPiece'; got None."),
        ("decoder.cleanup", False, "decoder.cleanup is True; got False."),
        (
            "added_tokens.0.content",
            "<pad>",
            "must be among [PAD], [UNK], [CLS], [SEP], [MASK];",
        ),
        ("added_tokens.0.special", False, "an added token must be special"),
    ],
)
def test_a_part_that_we_do_not_have_is_refused_by_its_name(tmp_path, path, value, says):
    file = tmp_path / "tokenizer.json"
    tokenizer.save(file)
    content = json.loads(file.read_text(encoding="utf-8"))
    *outer, last = path.split(".")
    part = content
    for key in outer:
        part = part[int(key) if isinstance(part, list) else key]
    part[last] = value
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(CheckpointError, match=re.escape(says)) as caught:
        WordPieceTokenizer.load(file)
    assert "tokenizer.json" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_files_that_are_missing_or_have_no_vocabulary_are_refused(tmp_path):
    for name in ("absent.txt", "absent.json"):
        with pytest.raises(CheckpointError, match=f"load: cannot read .*{name}"):
            WordPieceTokenizer.load(tmp_path / name)
    (tmp_path / "vocab.txt").write_text("", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"vocab\.txt' is broken: .* must have \[UNK\]"):
        WordPieceTokenizer.load(tmp_path / "vocab.txt")


# -------------------------------------------------------------------- what is refused
def test_vocabularies_that_cannot_be_used_are_refused():
    for pieces in (["a", "a"], ["a", 1], [None]):
        with pytest.raises(DataError, match="the pieces must be distinct strings"):
            WordPieceTokenizer([*NAMES, *pieces])
    for name in ("[UNK]", "[CLS]", "[SEP]"):
        with pytest.raises(DataError, match=re.escape(f"the vocabulary must have {name}.")):
            WordPieceTokenizer([other for other in VOCABULARY if other != name])


def test_what_is_no_text_and_no_id_is_refused():
    for no_text in (None, b"ab", ["ab"]):
        with pytest.raises(DtypeError, match="encode: takes a str; got"):
            tokenizer.encode(no_text)
    with pytest.raises(DataError, match=r"decode: ids must lie in 0\.\.\d+; got -1 at position 1"):
        tokenizer.decode([0, -1])


def test_it_is_no_choice_of_the_training_command():
    assert WordPieceTokenizer not in TOKENIZERS.values()
    assert all(hasattr(kind, "train") for kind in TOKENIZERS.values())
    assert repr(tokenizer) == f"WordPieceTokenizer({len(VOCABULARY)} pieces, lower=True)"
    assert tokenizer.unit == "token"
