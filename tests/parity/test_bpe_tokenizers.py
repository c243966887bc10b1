"""BPETokenizer against the library tokenizers of Hugging Face: a ByteLevel BPE, as GPT-2 has it.

Of equally frequent pairs both take the one with the smaller ids. But ids of bytes differ: there
0 to 32 (32 is the space), 127 to 160 and 173 come last. So merges are compared on words without
these bytes, ties and all. The ids of a text are compared for any text, with the same merges.
"""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tinyllm.text import BPETokenizer

tokenizers = pytest.importorskip("tokenizers")

# Assigned since Python's Unicode: what is a letter does not depend on who is newer.
any_text = st.text(st.characters(exclude_categories=("Cn", "Cs", "Co")))


def byte_letters():
    """GPT-2's letter for each byte: itself if it can be printed, else one from U+0100 on."""
    printed = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printed]
    return dict(zip(printed, map(chr, printed), strict=True)) | {
        byte: chr(256 + place) for place, byte in enumerate(others)
    }


LETTER = byte_letters()


def in_letters(token):
    return "".join(LETTER[byte] for byte in token.encode("utf-8", "surrogateescape"))


def theirs_with(ours):
    """Their tokenizer with our merges and our ids."""
    ids = {LETTER[byte]: byte for byte in range(256)}
    merges = [(in_letters(left), in_letters(right)) for left, right in ours.merges]
    for i, (left, right) in enumerate(merges):
        ids[left + right] = 256 + i
    theirs = tokenizers.Tokenizer(tokenizers.models.BPE(ids, merges))
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    theirs.decoder = tokenizers.decoders.ByteLevel()
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
ours = BPETokenizer.train(TEXT * 2, 400)


@given(words_that_repeat, st.integers(256, 330))
@example(["aaaa", "aaa", "aaaaaaa"] * 3, 270)
def test_the_same_merges_are_learnt_in_the_same_order(words, size):
    learnt = BPETokenizer.train(words, size)
    assert [in_letters(token) for token in learnt.vocabulary[256:]] == their_merges(words, size)


@given(any_text)
@example(TEXT)
@example(" ".join(TEXT))
def test_the_same_merges_give_the_same_ids(text):
    theirs = theirs_with(ours)
    assert ours.encode(text).tolist() == theirs.encode(text).ids


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
        assert found == theirs_with(ours).decode(ids)
