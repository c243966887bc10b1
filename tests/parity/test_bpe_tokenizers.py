"""BPETokenizer against the library tokenizers of Hugging Face: a ByteLevel BPE, as GPT-2 has it.

Of equally frequent pairs both take the one with the smaller ids. But ids of bytes differ: there
0 to 32 (32 is the space), 127 to 160 and 173 come last. So merges are compared on words without
these bytes, ties and all. The ids of a text are compared for any text, with the same merges.
"""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tinyllm.text import BPETokenizer
from tinyllm.text.byte_letters import LETTERS, bytes_of, to_letters

tokenizers = pytest.importorskip("tokenizers")

# Assigned since Python's Unicode: what is a letter does not depend on who is newer.
any_text = st.text(st.characters(exclude_categories=("Cn", "Cs", "Co")))


def theirs_with(ours):
    """What they read from the file that ours writes."""
    with tempfile.TemporaryDirectory() as folder:
        ours.save(Path(folder) / "tokenizer.json")
        theirs = tokenizers.Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    theirs.encode_special_tokens = True  # as ours does, unless one asks for it
    return theirs


def their_merges(words, size):
    """What they learn: bytes first, no pair that stands only once."""
    theirs = tokenizers.ByteLevelBPETokenizer(add_prefix_space=False)
    theirs.train_from_iterator(words, size, min_frequency=2, show_progress=False)
    tokens = sorted(theirs.get_vocab(), key=theirs.get_vocab().get)
    return tokens[256:]


words_that_repeat = st.lists(st.text("abcäöü'!7", min_size=1, max_size=9), min_size=1, max_size=30)
TEXT = """The cat's hat, and 12 cats' hats: they'll sit. Für zwölf Boxkämpfer, Größe ½ x² Ⅷ
    def f(x):\n\treturn  x + 1\n\n\n中文，日本語 🙂👩‍👩‍👧 \u00a0\u2028\x1c\x85 end  """  # noqa: RUF001
SPECIAL = ["<pad>", "<s>", "</s>", "<|end of text|>"]
ours = BPETokenizer.train(TEXT * 2, 400, SPECIAL)
THEIRS = theirs_with(ours)


@given(words_that_repeat, st.integers(256, 330))
@example(["aaaa", "aaa", "aaaaaaa"] * 3, 270)
def test_the_same_merges_are_learnt_in_the_same_order(words, size):
    learnt = BPETokenizer.train(words, size).vocabulary[256:]
    assert [to_letters(bytes_of(token)) for token in learnt] == their_merges(words, size)


@given(any_text)
@example(TEXT)
@example(" ".join(TEXT))
@example(TEXT.join(SPECIAL))
def test_the_same_file_gives_the_same_ids(text):
    assert ours.encode(text).tolist() == THEIRS.encode(text).ids


@given(st.lists(st.one_of(st.sampled_from(SPECIAL), any_text)).map("".join))
def test_names_of_special_tokens_are_read_alike_where_one_asks_for_it(text):
    THEIRS.encode_special_tokens = False
    try:
        assert ours.encode(text, special=True).tolist() == THEIRS.encode(text).ids
    finally:
        THEIRS.encode_special_tokens = True


@given(st.text("abc äß'\n12", min_size=20), st.text("abc äß'\n12"))
def test_so_they_do_after_training_on_anything(text, other):
    learnt = BPETokenizer.train(text, 300)
    theirs = theirs_with(learnt)
    for part in (text, other):
        assert learnt.encode(part).tolist() == theirs.encode(part).ids


@given(st.lists(st.integers(0, len(ours) - 1)))
def test_the_same_ids_give_the_same_text(ids):
    found = ours.decode(ids)
    if not any("\ud800" <= letter <= "\udfff" for letter in found):  # theirs has no such halves
        assert found == THEIRS.decode(ids, skip_special_tokens=False)
        assert ours.decode(ids, special=False) == THEIRS.decode(ids)


# -------------------------------------------------------------------- files that they write
def gpt2_like(folder):
    """Their own training: bytes in GPT-2's order, then merges; in all forms of files."""
    theirs = tokenizers.ByteLevelBPETokenizer(add_prefix_space=False)
    theirs.train_from_iterator([TEXT] * 2, 400, show_progress=False)
    theirs.save_model(str(folder))
    # GPT-2's special token is the last of its vocabulary.
    ids = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    (folder / "vocab.json").write_text(json.dumps(ids | {"<|endoftext|>": len(ids)}))
    theirs = tokenizers.ByteLevelBPETokenizer.from_file(
        str(folder / "vocab.json"), str(folder / "merges.txt"), add_prefix_space=False
    )
    theirs.add_special_tokens(["<|endoftext|>"])
    theirs.save(str(folder / "tokenizer.json"))
    theirs._tokenizer.encode_special_tokens = True
    return theirs


@pytest.fixture(scope="module")
def written_by_them(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gpt2")
    theirs = gpt2_like(folder)
    loaded = [
        BPETokenizer.load(folder / "tokenizer.json"),
        BPETokenizer.load_gpt2(folder / "vocab.json", folder / "merges.txt"),
    ]
    return theirs, loaded


@given(text=any_text)
@example(text=TEXT)
@example(text=" ".join(TEXT) + "<|endoftext|>")
def test_their_files_give_the_same_ids(written_by_them, text):
    theirs, loaded = written_by_them
    for tokenizer in loaded:
        ids = tokenizer.encode(text)
        assert ids.tolist() == theirs.encode(text).ids
        assert tokenizer.decode(ids) == theirs.decode(ids) == text


def test_their_order_of_ids_is_kept(written_by_them):
    theirs, loaded = written_by_them
    assert theirs.id_to_token(0) == "!"  # not the byte 0
    for tokenizer in loaded:
        again = theirs_with(tokenizer)
        ordinary = len(tokenizer) - 1
        assert tokenizer.special == {"<|endoftext|>": ordinary}
        for i in range(ordinary):
            spelled = to_letters(bytes_of(tokenizer.vocabulary[i]))
            assert spelled == theirs.id_to_token(i) == again.id_to_token(i)
        assert [*map(tokenizer.vocabulary.index, "!Aa")] == [0, 32, 64]
        assert {*LETTERS} == {theirs.id_to_token(i) for i in range(256)}


def test_what_transformers_writes_is_read(written_by_them, tmp_path):
    transformers = pytest.importorskip("transformers")
    _, (ours, _) = written_by_them
    ids = {token: i for i, token in enumerate(map(to_letters, map(bytes_of, ours.vocabulary)))}
    merges = [" ".join(to_letters(bytes_of(part)) for part in pair) for pair in ours.merges]
    (tmp_path / "vocab.json").write_text(json.dumps(ids))
    (tmp_path / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]), "utf-8")
    theirs = transformers.GPT2TokenizerFast(
        str(tmp_path / "vocab.json"), str(tmp_path / "merges.txt")
    )
    theirs.save_pretrained(tmp_path)
    text = TEXT + "<|endoftext|>"
    for loaded in (
        BPETokenizer.load(tmp_path / "tokenizer.json"),
        BPETokenizer.load_gpt2(tmp_path / "vocab.json", tmp_path / "merges.txt"),
    ):
        assert loaded.special == ours.special
        assert loaded.encode(text, special=True).tolist() == theirs(text)["input_ids"]
