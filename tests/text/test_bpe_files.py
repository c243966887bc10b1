import json
import os
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tinyllm.errors import CheckpointError
from tinyllm.text import BPETokenizer, load_tokenizer
from tinyllm.text.byte_letters import LETTERS

GERMAN = "Zwölf Boxkämpfer jagen Viktor über den großen Sylter Deich. Zwölf über zwölf, über!\n"
names = st.lists(st.text(min_size=1).map("<{}>".format), unique=True, max_size=3)


def written(tokenizer, folder):
    """What `save` writes, as an object that a test can change."""
    tokenizer.save(folder / "tokenizer.json")
    return json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))


# -------------------------------------------------------------------- there and back
@given(st.text("ab ü'\ud83d", min_size=1), names, st.randoms())
@example(GERMAN, ['\n"', "日"], None)
def test_load_undoes_save(text, special, random):
    trained = BPETokenizer.train(text, 300, special)
    ids = list(range(len(trained)))
    if random:
        random.shuffle(ids)
    saved = BPETokenizer(trained.merges, special, ids)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tokenizer.json"
        saved.save(file)
        loaded = load_tokenizer(file)
        assert os.listdir(folder) == ["tokenizer.json"]
    assert isinstance(loaded, BPETokenizer)
    assert loaded.merges == saved.merges
    assert loaded.special == saved.special
    assert loaded.vocabulary == saved.vocabulary
    assert loaded.encode(text).tolist() == saved.encode(text).tolist()


def test_the_file_is_readable_json_one_merge_a_line(tmp_path):
    content = written(BPETokenizer.train("für für", 262, ["<s>", "</s>"]), tmp_path)
    assert [token["content"] for token in content["added_tokens"]] == ["<s>", "</s>"]
    assert content["model"]["merges"] == ["f Ã", "¼ r", "fÃ ¼r"]
    assert [*content["model"]["vocab"].values()] == list(range(261))
    assert [*content["model"]["vocab"]] == [*LETTERS, "fÃ", "¼r", "fÃ¼r", "<s>", "</s>"]
    assert '\n   "fÃ ¼r"\n' in (tmp_path / "tokenizer.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda content: content["model"].pop("type"), id="no type, as GPT-2's own"),
        pytest.param(
            lambda content: content["model"].update(
                merges=[merge.split(" ") for merge in content["model"]["merges"]]
            ),
            id="merges as pairs",
        ),
        pytest.param(
            lambda content: [content["model"]["vocab"].pop(name) for name in ("<s>", "</s>")],
            id="special tokens only among the added ones",
        ),
        pytest.param(
            lambda content: content.update(added_tokens=[]), id="special tokens in the vocabulary"
        ),
        pytest.param(
            lambda content: content.update(
                truncation={"max_length": 3},
                post_processor={"type": "ByteLevel", "add_prefix_space": True},
            ),
            id="parts that change no token",
        ),
        pytest.param(
            lambda content: (
                content["pre_tokenizer"].pop("use_regex"),
                content["model"].update(continuing_subword_prefix="", end_of_word_suffix=""),
                content["model"].pop("byte_fallback"),
                content["model"].pop("ignore_merges"),
            ),
            id="parts that older files lack",
        ),
    ],
)
def test_other_ways_to_write_the_same_are_read(tmp_path, change):
    saved = BPETokenizer.train(GERMAN * 2, 280, ["<s>", "</s>"])
    content = written(saved, tmp_path)
    change(content)
    (tmp_path / "other.json").write_text(json.dumps(content), encoding="utf-8")
    loaded = load_tokenizer(tmp_path / "other.json")
    assert loaded.vocabulary == saved.vocabulary
    assert loaded.special == saved.special
    assert loaded.encode(GERMAN).tolist() == saved.encode(GERMAN).tolist()


# -------------------------------------------------------------------- GPT-2's two files
def gpt2_files(folder, vocabulary, merges):
    """Write a vocab.json and a merges.txt."""
    ids = {token: i for i, token in enumerate(vocabulary)}
    (folder / "vocab.json").write_text(json.dumps(ids), encoding="utf-8")
    (folder / "merges.txt").write_text(merges, encoding="utf-8")
    return folder / "vocab.json", folder / "merges.txt"


def test_the_files_of_gpt2_are_read(tmp_path):
    letters = sorted(LETTERS)  # their order: first those that stand for themselves
    vocabulary = [*letters, "Ġt", "he", "Ġthe", "<|endoftext|>"]
    files = gpt2_files(tmp_path, vocabulary, "#version: 0.2\nĠ t\nh e\nĠt he\n")
    tokenizer = BPETokenizer.load_gpt2(*files)
    assert tokenizer.merges == [(" ", "t"), ("h", "e"), (" t", "he")]
    assert tokenizer.special == {"<|endoftext|>": 259}
    assert tokenizer.encode("!the the").tolist() == [0, letters.index("t"), 257, 258]
    assert tokenizer.decode([258, 259, 0]) == " the<|endoftext|>!"
    tokenizer.save(tmp_path / "tokenizer.json")
    again = BPETokenizer.load(tmp_path / "tokenizer.json")
    assert (again.vocabulary, again.special) == (tokenizer.vocabulary, tokenizer.special)


def test_a_merge_of_number_signs_is_no_comment(tmp_path):
    files = gpt2_files(tmp_path, [*LETTERS, "##"], "#version: 0.2\n# #\n\n")
    assert BPETokenizer.load_gpt2(*files).merges == [("#", "#")]


@pytest.mark.parametrize(
    ("vocabulary", "merges", "says"),
    [
        ([*LETTERS], "h e\n", "vocab.json' has no id for the merge 'he'."),
        ([*LETTERS[1:]], "", "vocab.json' has no id for the byte 'Ā'."),
        ([*LETTERS, "he"], "h  e\n", "a merge must be two tokens, written with a letter a byte"),
        ([*LETTERS, "日e"], "日 e\n", "a merge must be two tokens, written with a letter a byte"),
        ([*LETTERS, "he", "hey"], "he y\nh e\n", "a merge takes two tokens that are there"),
    ],
)
def test_files_that_do_not_belong_together_are_refused(tmp_path, vocabulary, merges, says):
    with pytest.raises(CheckpointError, match=re.escape(says)) as caught:
        BPETokenizer.load_gpt2(*gpt2_files(tmp_path, vocabulary, merges))
    assert len(str(caught.value).splitlines()) == 1


def test_files_that_are_missing_or_no_text_are_refused(tmp_path):
    vocabulary, merges = gpt2_files(tmp_path, LETTERS, "")
    merges.write_bytes(b"\xff")
    with pytest.raises(CheckpointError, match=r"merges\.txt' is no UTF-8"):
        BPETokenizer.load_gpt2(vocabulary, merges)
    with pytest.raises(CheckpointError, match=r"load: cannot read .*absent"):
        BPETokenizer.load_gpt2(vocabulary, tmp_path / "absent.txt")
    with pytest.raises(CheckpointError, match=r"load: cannot read .*absent"):
        BPETokenizer.load(tmp_path / "absent.json")


# -------------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("normalizer", {"type": "NFC"}, "whose normalizer is None; got {'type': 'NFC'}."),
        ("pre_tokenizer", None, "whose pre_tokenizer.type is 'ByteLevel'; got None."),
        ("pre_tokenizer.type", "Sequence", "pre_tokenizer.type is 'ByteLevel'; got 'Sequence'."),
        ("pre_tokenizer.add_prefix_space", True, "add_prefix_space is False; got True."),
        ("pre_tokenizer.use_regex", False, "use_regex is True or None; got False."),
        ("model.dropout", 0.1, "model.dropout is None or 0.0; got 0.1."),
        ("model.byte_fallback", True, "model.byte_fallback is False or None; got True."),
        ("model.ignore_merges", True, "model.ignore_merges is False or None; got True."),
        ("model.end_of_word_suffix", "</w>", "model.end_of_word_suffix is None or ''; got '</w>'."),
        ("model.continuing_subword_prefix", "##", "continuing_subword_prefix is None or ''; got"),
        ("post_processor", {"type": "RobertaProcessing"}, "got 'RobertaProcessing'."),
        (
            "post_processor",
            {"type": "TemplateProcessing", "special_tokens": {"<s>": {}}},
            "whose post_processor.special_tokens is None or {}; got {'<s>': {}}.",
        ),
        ("decoder", None, "whose decoder.type is 'ByteLevel'; got None."),
        ("model.type", "Unigram", "must hold a tokenizer of kind 'BPE'; got kind 'Unigram'."),
        ("model.vocab", [["a", 0.5]], "has no vocabulary of the form {token: id}."),
        ("model.vocab.a", 1000, "the ids of 258 tokens must be 0..257, each once."),
        ("model.vocab.a", 98, "the ids of 258 tokens must be 0..257, each once."),
        ("model.vocab.a", "97", "the ids of 258 tokens must be 0..257, each once."),
        ("model.vocab.a", True, "the ids of 258 tokens must be 0..257, each once."),
        ("model.merges", {"a": "b"}, "has no list named 'merges'."),
        ("model.merges", ["ab"], "a merge must be two tokens, written with a letter a byte; got"),
        ("model.merges", [["a", 1]], "a merge must be two tokens"),
        ("model.merges", [["a", ""]], "a merge must be two tokens"),
        ("model.merges", [7], "a merge must be two tokens"),
        ("model.merges", ["a b", "a b"], "is broken: BPETokenizer: a merge takes two tokens"),
        ("added_tokens", [{"content": "<s>", "special": False}], "an added token must be special"),
        (
            "added_tokens",
            [{"content": "<s>", "special": True, "lstrip": True}],
            "an added token must be special, with no single_word, lstrip, rstrip; got",
        ),
        ("added_tokens", ["<s>"], "an added token must be special"),
        ("added_tokens", 3, "an added token must be special"),
        ("added_tokens", [{"content": "<t>", "special": True}], "the ids of 259 tokens must be"),
        (
            "added_tokens",
            [{"content": "a", "id": 97, "special": True}],
            "a special token must be none of text; got 'a'.",
        ),
        (
            "added_tokens",
            [{"content": "\ud83d", "id": 258, "special": True}],
            "is broken: BPETokenizer: a special token must have no half of a surrogate pair",
        ),
    ],
)
def test_a_part_that_we_do_not_have_is_refused_by_its_name(tmp_path, path, value, says):
    content = written(BPETokenizer([("a", "b")], ["<s>"]), tmp_path)
    *outer, last = path.split(".")
    part = content
    for key in outer:
        part = part[key]
    part[last] = value
    file = tmp_path / "tokenizer.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(CheckpointError) as caught:
        BPETokenizer.load(file)
    assert says in str(caught.value)
    assert "tokenizer.json" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no valid JSON"),
        (b"\xff\xfe", "no valid JSON"),
        (b"[" * 100_000, "no valid JSON"),
        (b"[]", "got kind None"),
        (b'{"kind": "BPE"}', "must hold a tokenizer of kind 'BPE'"),
        (b'{"kind": "characters"}', "must hold a tokenizer of kind 'BPE'; got kind 'characters'"),
        (b'{"model": {"type": ["BPE"]}}', "got kind ['BPE']"),
        (b'{"model": {"type": "BPE"}}', "pre_tokenizer.type is 'ByteLevel'; got None."),
    ],
)
def test_a_foreign_file_is_refused_in_one_line(tmp_path, content, says):
    file = tmp_path / "tokenizer.json"
    file.write_bytes(content)
    for load in (BPETokenizer.load, load_tokenizer):
        with pytest.raises(CheckpointError) as caught:
            load(file)
        assert "tokenizer.json" in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(CheckpointError, match=re.escape(says)):
        BPETokenizer.load(file)
