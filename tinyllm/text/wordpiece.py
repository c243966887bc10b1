"""WordPieceTokenizer: BERT's subwords. A word becomes the longest pieces that a vocabulary has.

The way from a text to ids:
    "Héllo, cats"  ->  words "hello" "," "cats"  ->  pieces "hello" "," "cat" "##s"  ->  ids
bert_words.py cuts a text into words; here is what comes after. Leaves out: training; a vocabulary
comes with the encoder that was trained on it. Who calls it: those who run published encoders;
docs/text/subwords.md explains it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.errors import CheckpointError, DataError
from tinyllm.text import wordpiece_files
from tinyllm.text.bert_words import words_of
from tinyllm.text.corpus import as_ids
from tinyllm.text.special import split_at
from tinyllm.text.tokenizer_file import checked_ids, checked_text
from tinyllm.text.wordpiece_files import END, FIRST, INSIDE, SPECIAL, UNKNOWN, File
from tinyllm.types import Array

LONGEST = 100  # characters; a longer word is [UNK], as in BERT
NO_BLANK_BEFORE = (".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re")


class WordPieceTokenizer:
    """Text to ids and back, with a vocabulary of BERT's kind: "##s" is an s inside of a word.

    vocabulary:  the pieces; the one at place i has the id i. [UNK], [CLS] and [SEP] must be there
    lower:     turn all into small letters first, as "uncased" vocabularies need
    strip_accents:  take the marks off letters: é becomes e. None: if `lower`
    Raises:    DataError if a piece is there twice, or one of the three is not
    Source:    Devlin et al. 2019, "BERT: Pre-training of deep bidirectional transformers for
               language understanding", and its code; Wu et al. 2016, "Google's neural machine
               translation system", 4.1

    >>> pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "play", "##ing", "##s", "cat", "!"]
    >>> tokenizer = WordPieceTokenizer(pieces)
    >>> tokenizer.encode("Playing cats dogs!").tolist()
    [4, 5, 7, 6, 1, 8]
    >>> tokenizer.decode([4, 5, 7, 6, 1, 8])
    'playing cats [UNK]!'
    """

    unit = "token"

    def __init__(
        self, vocabulary: Iterable[str], lower: bool = True, strip_accents: bool | None = None
    ) -> None:
        self.vocabulary = list(vocabulary)
        self.lower, self.strip_accents = lower, strip_accents
        self._ids = {piece: i for i, piece in enumerate(self.vocabulary)}
        strings = all(isinstance(piece, str) for piece in self.vocabulary)
        if not strings or len(self._ids) < len(self.vocabulary):
            raise DataError("WordPieceTokenizer: the pieces must be distinct strings.")
        for name in (UNKNOWN, FIRST, END):
            if name not in self._ids:
                raise DataError(f"WordPieceTokenizer: the vocabulary must have {name}.")
        self.special = {name: self._ids[name] for name in SPECIAL if name in self._ids}
        self._ids_of_word: dict[str, list[int]] = {}  # a text has few distinct words

    def __len__(self) -> int:
        return len(self.vocabulary)

    def __repr__(self) -> str:
        return f"WordPieceTokenizer({len(self)} pieces, lower={self.lower})"

    def encode(self, text: str, *, special: bool = False) -> Array:
        """Turn a text into ids, without [CLS] and [SEP]: `frame` adds these.

        special:   read [MASK] and the like in the text as special tokens, not as text
        Shapes:    str -> ids (N,) int64
        """
        text = checked_text(text, "encode")
        strip = self.lower if self.strip_accents is None else self.strip_accents
        ids: list[int] = []
        for i, part in enumerate(split_at(self.special, text) if special else [text]):
            if i % 2:  # between two texts stands the name that split them
                ids.append(self.special[part])
                continue
            for word in words_of(part, self.lower, strip):
                if word not in self._ids_of_word:
                    self._ids_of_word[word] = self._pieces_of(word)
                ids += self._ids_of_word[word]
        return np.array(ids, dtype=np.int64)

    def _pieces_of(self, word: str) -> list[int]:
        """Cut the longest piece off the front, until nothing is left, or nothing fits."""
        if len(word) > LONGEST:
            return [self.special[UNKNOWN]]
        ids: list[int] = []
        start = 0
        while start < len(word):
            prefix = INSIDE if start else ""
            for end in range(len(word), start, -1):
                piece = prefix + word[start:end]
                if piece in self._ids:
                    break
            else:
                return [self.special[UNKNOWN]]
            ids.append(self._ids[piece])
            start = end
        return ids

    def frame(self, first: ArrayLike, second: ArrayLike | None = None) -> tuple[Array, Array]:
        """Frame a text for an encoder: [CLS] first [SEP]; or two: [CLS] first [SEP] second [SEP].

        The segments say which is which: 0 as far as the first [SEP], then 1.

        Shapes:    ids first (N,), second (M,) -> ids (T,), segments (T,) int64; T = N + 2, or
                   N + M + 3

        >>> tokenizer = WordPieceTokenizer(["[UNK]", "[CLS]", "[SEP]", "is", "it", "so"])
        >>> ids, segments = tokenizer.frame(tokenizer.encode("is it"), tokenizer.encode("so"))
        >>> ids.tolist(), segments.tolist()
        ([1, 3, 4, 2, 5, 2], [0, 0, 0, 0, 1, 1])
        """
        begin, end = self.special[FIRST], self.special[END]
        parts = [np.array([begin, *as_ids(first, "frame"), end])]
        if second is not None:
            parts.append(np.array([*as_ids(second, "frame"), end]))
        return np.concatenate(parts), np.repeat(np.arange(len(parts)), [*map(len, parts)])

    def decode(self, ids: ArrayLike, *, special: bool = True) -> str:
        """Turn ids into a text: pieces with a blank between, if they do not begin with ##.

        special:   write the names of special tokens, [UNK] included; False leaves them out
        Shapes:    ids (N,) integers -> str
        Raises:    DataError if an id is below 0 or past the vocabulary
        """
        hidden = set() if special else {*self.special.values()}
        parts: list[str] = []
        for i in checked_ids(ids, len(self)).tolist():
            piece = self.vocabulary[i]
            if i in hidden:
                continue
            if parts and piece.startswith(INSIDE):
                piece = piece.removeprefix(INSIDE)
            elif parts and not piece.startswith(NO_BLANK_BEFORE):
                piece = f" {piece}"
            parts.append(piece)
        return "".join(parts)

    def save(self, file: File) -> None:
        """Write Hugging Face's tokenizer.json. An older file stays until the new one is.

        The library tokenizers reads it, and gives the same ids. But it takes the name of a special
        token in a text for that token, until you set its `encode_special_tokens = True`.

        Raises:    DataError if the file cannot be written
        """
        wordpiece_files.write(file, self.vocabulary, self.special, self.lower, self.strip_accents)

    @classmethod
    def load(cls, file: File, *, lower: bool | None = None) -> WordPieceTokenizer:
        """Read a tokenizer.json of BERT's kind, or a vocab.txt, which has a piece a line.

        lower:     None: as the tokenizer.json says. A vocab.txt does not say it, then it is True
        Raises:    CheckpointError if the file is missing, broken, or of another tokenizer
        """
        vocabulary, options = wordpiece_files.read(file)
        if lower is not None:
            options["lower"] = lower
        try:
            return cls(vocabulary, **options)
        except DataError as error:
            raise CheckpointError(f"load: {os.fspath(file)!r} is broken: {error}") from error
