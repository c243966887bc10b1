"""WordPieceTokenizer against the library tokenizers of Hugging Face, on characters of all planes.

Their tables of Unicode are those of 2015, and differ from ours in about 750 characters: those that
came later, or are of another category by now. The first test goes through all characters and finds
these; the others leave them out.
"""

import random
import sys
import unicodedata
from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tinyllm.text import WordPieceTokenizer
from tinyllm.text.bert_words import words_of

tokenizers = pytest.importorskip("tokenizers")

HALVES = range(0xD800, 0xE000)  # of surrogate pairs: theirs refuses them
OPTIONS = [(lower, strip) for lower in (True, False) for strip in (True, False)]
NAMES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
TEXT = """The naïve café's menu (2,50 €), "Crème brûlée": don't ask… Größenwahn, Ångström & Co.
    ΟΔΥΣΣΕΎΣ, Οδυσσεύς; Ελλάδα. Съешь ещё этих мягких французских булок! İstanbul ığdır
    東京タワーは333mです。漢字，中文。 한국어 텍스트 हिन्दी ภาษาไทย العَرَبِيَّة עִבְרִית 🙂👩‍👩‍👧
    ½ x² ﬁne ≠ [MASK] ## a##b unaffable unbelievably playing played player plays replay low
    lower lowest\n"""  # noqa: RUF001


def their_words(text, lower, strip):
    normalizer = tokenizers.normalizers.BertNormalizer(lowercase=lower, strip_accents=strip)
    cut = tokenizers.pre_tokenizers.BertPreTokenizer()
    return [word for word, _ in cut.pre_tokenize_str(normalizer.normalize_str(text))]


@cache
def characters_that_differ():
    """Those of planes 0 to 3 and 14; in all others is nothing, or characters for private use."""
    found = set()
    for start in [*range(0, 0x40000, 64), *range(0xE0000, 0xE1000, 64)]:
        row = [chr(i) for i in range(start, start + 64) if i not in HALVES]
        text = "".join(f"x{letter}y " for letter in row)
        for options in OPTIONS:
            if words_of(text, *options) != their_words(text, *options):  # nearly all rows agree
                words = [f"x{letter}y" for letter in row]
                found |= {
                    word[1]
                    for word in words
                    if words_of(word, *options) != their_words(word, *options)
                }
    return found


any_text = st.deferred(
    lambda: st.text(
        st.characters(
            exclude_characters="".join(characters_that_differ()), exclude_categories=["Cs"]
        )
    )
)


def trained(lower):
    """A vocabulary that the library learns on TEXT, and the tokenizer that it makes of it."""
    learner = tokenizers.BertWordPieceTokenizer(lowercase=lower)
    learner.train_from_iterator([TEXT] * 3, 500, show_progress=False)
    ids = learner.get_vocab()
    theirs = tokenizers.BertWordPieceTokenizer(ids, lowercase=lower)
    theirs._tokenizer.encode_special_tokens = True  # as ours does, unless one asks for it
    return sorted(ids, key=ids.get), theirs


BOTH = []
for cased in (True, False):
    vocabulary, library = trained(not cased)
    BOTH.append((WordPieceTokenizer(vocabulary, lower=not cased), library))


def test_the_words_differ_only_where_unicode_has_changed():
    """Python carries the categories of 2002 beside those of today."""
    for letter in characters_that_differ():
        today = unicodedata.category(letter)
        assert today == "Cn" or unicodedata.ucd_3_2_0.category(letter) != today
        assert today[0] in "CMPS"  # no letter, no ideograph
    assert len(characters_that_differ()) < 2000


@given(any_text, st.sampled_from(OPTIONS))
@example(TEXT, (True, True))
@example(TEXT, (True, False))
def test_the_same_words(text, options):
    assert words_of(text, *options) == their_words(text, *options)


@pytest.mark.parametrize(("ours", "theirs"), BOTH, ids=["cased", "uncased"])
@given(
    text=st.one_of(
        any_text, st.text(TEXT, max_size=200), st.lists(st.sampled_from(TEXT.split())).map(" ".join)
    )
)
@example(text=TEXT)
@example(text=" ".join(TEXT))
@example(text="a" * 100 + " " + "a" * 101)
def test_the_same_ids(ours, theirs, text):
    assert ours.encode(text).tolist() == theirs.encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize(("ours", "theirs"), BOTH, ids=["cased", "uncased"])
def test_the_same_ids_of_many_drawn_texts(ours, theirs):
    """Characters of each category as often as of any other, so that rare ones meet, too."""
    rng = random.Random(1)
    categories = {}
    different = characters_that_differ()
    for i in range(sys.maxunicode + 1):
        if i not in HALVES and chr(i) not in different:
            categories.setdefault(unicodedata.category(chr(i)), []).append(chr(i))
    groups = [*categories.values(), *[[*TEXT]] * 20, ["Σ", "İ", "ß", "\u0301", "漢", " ", "'"]]
    texts = ["".join(rng.choice(rng.choice(groups)) for _ in range(50)) for _ in range(2000)]
    found = [batch.ids for batch in theirs.encode_batch(texts, add_special_tokens=False)]
    for text, ids in zip(texts, found, strict=True):
        assert ours.encode(text).tolist() == ids, ascii(text)


@pytest.mark.parametrize(("ours", "theirs"), BOTH, ids=["cased", "uncased"])
@given(text=st.lists(st.one_of(st.sampled_from(NAMES), any_text)).map("".join))
def test_names_of_special_tokens_are_read_alike_where_one_asks_for_it(ours, theirs, text):
    theirs._tokenizer.encode_special_tokens = False
    try:
        expected = theirs.encode(text, add_special_tokens=False).ids
    finally:
        theirs._tokenizer.encode_special_tokens = True
    assert ours.encode(text, special=True).tolist() == expected


@pytest.mark.parametrize(("ours", "theirs"), BOTH, ids=["cased", "uncased"])
@given(first=any_text, second=st.none() | any_text)
def test_the_same_frame(ours, theirs, first, second):
    expected = theirs.encode(first, second)
    rows = [ours.encode(text) for text in (first, second) if text is not None]
    ids, segments = ours.frame(*rows)
    assert (ids.tolist(), segments.tolist()) == (expected.ids, expected.type_ids)


@pytest.mark.parametrize(("ours", "theirs"), BOTH, ids=["cased", "uncased"])
@given(data=st.data())
def test_the_same_text_comes_back(ours, theirs, data):
    ids = data.draw(st.lists(st.integers(0, len(ours) - 1)))
    assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=False)
    assert ours.decode(ids, special=False) == theirs.decode(ids)


def test_the_same_pieces_stand_without_a_blank_before_them():
    pieces = ["a", "##a", "...", "?!", ",", "!a", "'", "n't", "'m", "'s", "'ve", "'re", "'ll", "-"]
    theirs = tokenizers.BertWordPieceTokenizer({p: i for i, p in enumerate([*NAMES, *pieces])})
    ours = WordPieceTokenizer([*NAMES, *pieces])
    for i in range(len(ours)):
        ids = [5, i, i, 5]
        assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=False)


@pytest.mark.parametrize(("ours", "theirs"), BOTH, ids=["cased", "uncased"])
@pytest.mark.parametrize("strip", [None, True, False])
def test_each_reads_what_the_other_wrote(ours, theirs, strip, tmp_path):
    saved = WordPieceTokenizer(ours.vocabulary, ours.lower, strip)
    saved.save(tmp_path / "ours.json")
    read = tokenizers.Tokenizer.from_file(str(tmp_path / "ours.json"))
    read.encode_special_tokens = True
    read.save(str(tmp_path / "theirs.json"))
    again = WordPieceTokenizer.load(tmp_path / "theirs.json")
    assert again.vocabulary == saved.vocabulary
    ids, segments = saved.frame(saved.encode(TEXT), saved.encode("Zwölf"))
    for found in (read.encode(TEXT, "Zwölf"), read.encode(TEXT, "Zwölf")):
        assert (found.ids, found.type_ids) == (ids.tolist(), segments.tolist())
    assert again.encode(TEXT).tolist() == saved.encode(TEXT).tolist()
    assert read.decode(ids, skip_special_tokens=False) == saved.decode(ids)
    if strip is None:
        theirs.save(str(tmp_path / "trained.json"))
        assert WordPieceTokenizer.load(tmp_path / "trained.json").vocabulary == ours.vocabulary


def test_what_transformers_writes_is_read(tmp_path):
    transformers = pytest.importorskip("transformers")
    ours, _ = BOTH[1]
    lines = "\n".join(ours.vocabulary) + "\n"
    (tmp_path / "vocab.txt").write_text(lines, encoding="utf-8")
    theirs = transformers.BertTokenizerFast(str(tmp_path / "vocab.txt"))
    theirs.save_pretrained(tmp_path)
    for name in ("tokenizer.json", "vocab.txt"):
        loaded = WordPieceTokenizer.load(tmp_path / name)
        ids, segments = loaded.frame(loaded.encode(TEXT, special=True), loaded.encode("Zwölf"))
        expected = theirs(TEXT, "Zwölf")
        assert ids.tolist() == expected["input_ids"]
        assert segments.tolist() == expected["token_type_ids"]
