"""BPETokenizer: one id for each piece of text that is frequent. Any text has ids, none is unknown.

The way from a text to ids:
    "a cat"  ->  words "a", " cat"  ->  bytes  ->  merged pieces  ->  ids
merges.py learns the merges and applies them, bpe_files.py reads and writes; here is all that is
around it. Who calls it: models of subwords; docs/text/subwords.md explains it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import regex
from numpy.typing import ArrayLike

from tinyllm.errors import CheckpointError, DataError, DtypeError, OptionError
from tinyllm.text import bpe_files
from tinyllm.text.bpe_checks import check_names, checked_merge, checked_numbering
from tinyllm.text.byte_letters import bytes_of, shown
from tinyllm.text.corpus import at_least_one
from tinyllm.text.merges import BYTES, Pair, apply_merges, learn_merges
from tinyllm.text.special import checked_special, split_at
from tinyllm.text.tokenizer_file import checked_ids, checked_text
from tinyllm.types import Array

# GPT-2's words: an English ending; letters, digits or marks, with the space before them; spaces.
# Every character is in exactly one word. (The library regex, because re has no \p{L}, a letter.)
WORD = regex.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")


class BPETokenizer:
    r"""Text to ids and back. A token is a byte, or two tokens merged, or a special one.

    Ids 0 to 255 are the bytes, then come the merges in the order in which they were learnt, then
    the special tokens. A merge never crosses the border between two words.

    merges:    pairs of tokens, each a byte or made by a pair before
    special:   names such as "<pad>", which no text becomes; `tokenizer.special["<pad>"]` is the id
    ids:       the id of each byte, merge and special token, for those who number them otherwise
    Raises:    DataError if a merge has a part that is not there yet, or makes a token again;
               OptionError if a special token is one of text, or the ids are not 0, 1, 2, ...

    Bytes that are half a character are written as Python's "surrogateescape" does, so that a token
    always is a str: "\udcc3" is the byte C3.

    >>> tokenizer = BPETokenizer.train("hug pug hug hugs", vocabulary_size=260, special=["<pad>"])
    >>> tokenizer.merges
    [('u', 'g'), ('h', 'ug'), (' ', 'hug')]
    >>> tokenizer.encode("hug hugs").tolist()
    [257, 258, 115]
    >>> tokenizer.decode([257, 258, 115])
    'hug hugs'
    >>> tokenizer.special, len(tokenizer)
    ({'<pad>': 259}, 260)
    """

    unit = "token"

    def __init__(
        self,
        merges: Iterable[tuple[str, str]] = (),
        special: Iterable[str] = (),
        ids: ArrayLike | None = None,
    ) -> None:
        self.merges: list[tuple[str, str]] = []
        self._tokens = [bytes([byte]) for byte in range(BYTES)]
        self._merge_of: dict[Pair, int] = {}
        places = {token: i for i, token in enumerate(self._tokens)}
        for left, right in map(checked_merge, merges):
            parts = bytes_of(left), bytes_of(right)
            token = parts[0] + parts[1]
            if parts[0] not in places or parts[1] not in places or token in places:
                rule = "a merge takes two tokens that are there, and makes a new one"
                raise DataError(f"BPETokenizer: {rule}; got {left!r} and {right!r}.")
            self._merge_of[places[parts[0]], places[parts[1]]] = places[token] = len(self._tokens)
            self._tokens.append(token)
            self.merges.append((left, right))
        names = checked_special(special, "BPETokenizer")
        check_names(names, places)
        self._tokens += [name.encode() for name in names]
        # Inside, a token is its place in _tokens. Published vocabularies number them otherwise.
        self._ids = checked_numbering(ids, len(self._tokens))
        self._places = np.argsort(self._ids)
        self.special = dict(zip(names, self._ids[len(places) :].tolist(), strict=True))
        self._places_of_word: dict[str, list[int]] = {}  # a text has few distinct words

    @classmethod
    def train(
        cls, text: str | Iterable[str], vocabulary_size: int = 4_000, special: Iterable[str] = ()
    ) -> BPETokenizer:
        """Learn the merges from a text, or from many.

        The vocabulary is smaller than asked for where no pair of tokens is left that stands twice.
        Nothing is random: docs/text/subwords.md says which of two equally frequent pairs is first.

        vocabulary_size:  with the 256 bytes and the special tokens
        Raises:    DataError if there is no text, OptionError if the size leaves no room
        """
        at_least_one("train", vocabulary_size=vocabulary_size)
        if isinstance(text, bytes) or not isinstance(text, Iterable):
            raise DtypeError(f"train: takes a str, or many; got {type(text).__name__}.")
        names = checked_special(special, "BPETokenizer")
        most = vocabulary_size - BYTES - len(names)
        if most < 0:
            raise OptionError(
                f"train: vocabulary_size must be at least {BYTES + len(names)}, for {BYTES} bytes "
                f"and {len(names)} special tokens; got {vocabulary_size}."
            )
        counts: Counter[str] = Counter()
        for part in [text] if isinstance(text, str) else text:
            counts.update(words_of(part, "train"))
        if not counts:
            raise DataError("train: needs a text of at least one character; got an empty one.")
        words = {word.encode("utf-8", "surrogatepass"): counts[word] for word in counts}
        tokens, merges = [bytes([byte]) for byte in range(BYTES)], []
        for left, right in learn_merges(words, most):
            tokens.append(tokens[left] + tokens[right])
            merges.append((shown(tokens[left]), shown(tokens[right])))
        return cls(merges, names)

    @property
    def vocabulary(self) -> list[str]:
        """The tokens: the one at place i has the id i."""
        ordinary = self._tokens[: len(self) - len(self.special)]
        tokens = [*map(shown, ordinary), *self.special]
        return [tokens[place] for place in self._places]

    def __len__(self) -> int:
        return len(self._tokens)

    def __repr__(self) -> str:
        return f"BPETokenizer({len(self.merges)} merges, special: {list(self.special)})"

    def encode(self, text: str, *, special: bool = False) -> Array:
        """Turn a text into ids.

        special:   read the names of special tokens in the text as these tokens, not as text
        Shapes:    str -> ids (N,) int64
        """
        text = checked_text(text, "encode")
        places: list[int] = []
        for i, part in enumerate(split_at(self.special, text) if special else [text]):
            if i % 2:  # between two texts stands the name that split them
                places.append(int(self._places[self.special[part]]))
                continue
            for word in words_of(part, "encode"):
                if word not in self._places_of_word:
                    content = word.encode("utf-8", "surrogatepass")
                    self._places_of_word[word] = apply_merges(content, self._merge_of)
                places += self._places_of_word[word]
        return self._ids[np.array(places, dtype=np.int64)]

    def decode(self, ids: ArrayLike, *, special: bool = True) -> str:
        """Turn ids into a text. Bytes that are no UTF-8, as a model may write, become U+FFFD.

        special:   write the names of special tokens; False leaves them out
        Shapes:    ids (N,) integers -> str
        Raises:    DataError if an id is below 0 or past the vocabulary
        """
        end = len(self) if special else len(self) - len(self.special)
        places = self._places[checked_ids(ids, len(self))].tolist()
        return text_of([place for place in places if place < end], self._tokens)

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write Hugging Face's tokenizer.json. An older file stays until the new one is.

        The library tokenizers reads it, and gives the same ids. But it takes the name of a special
        token in a text for that token, until you set its `encode_special_tokens = True`.

        Raises:    DataError if the file cannot be written
        """
        bpe_files.write(file, self.merges, self.special, self.vocabulary)

    @classmethod
    def load(cls, file: str | os.PathLike[str]) -> BPETokenizer:
        """Read a tokenizer.json: what `save` wrote, or another that cuts words as GPT-2 does.

        Raises:    CheckpointError if the file is missing, broken, or of another tokenizer
        """
        return cls._of_file(file, bpe_files.read(file))

    @classmethod
    def load_gpt2(
        cls, vocabulary_file: str | os.PathLike[str], merges_file: str | os.PathLike[str]
    ) -> BPETokenizer:
        """Read a vocab.json and a merges.txt, the form in which GPT-2 was published.

        What in the vocabulary is no byte and no merge, such as <|endoftext|>, is special.

        Raises:    CheckpointError if a file is missing or broken, or they do not fit together
        """
        return cls._of_file(merges_file, bpe_files.read_gpt2(vocabulary_file, merges_file))

    @classmethod
    def _of_file(cls, file: str | os.PathLike[str], parts: bpe_files.Parts) -> BPETokenizer:
        try:
            return cls(*parts)
        except (DataError, OptionError) as error:
            raise CheckpointError(f"load: {os.fspath(file)!r} is broken: {error}") from error


def words_of(text: str, operation: str) -> list[str]:
    r"""Cut a text into the words that are merged each for itself; joined, they are the text.

    Source:    Radford et al. 2019, "Language models are unsupervised multitask learners", 2.2;
               the pattern is that of GPT-2's code

    >>> words_of("I'll take 20 cats,\n  please!", "encode")
    ['I', "'ll", ' take', ' 20', ' cats', ',', '\n ', ' please', '!']
    """
    return WORD.findall(checked_text(text, operation))


def text_of(places: Sequence[int], tokens: Sequence[bytes]) -> str:
    r"""Join the bytes of tokens and read them as a text: a character may be spread over several.

    Bytes that are no UTF-8, as a model may write, become U+FFFD.

    places:    which of the tokens, in order

    >>> text_of([0, 1, 2], [b"caf", b"\xc3", b"\xa9"])
    'café'
    >>> text_of([0, 1], [b"caf", b"\xc3"])
    'caf\ufffd'
    """
    content = b"".join(tokens[place] for place in places)
    try:
        return content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return content.decode("utf-8", "replace")
