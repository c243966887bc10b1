"""CharTokenizer: one id for each distinct character. The smallest tokenizer there is.

Leaves out: words, subwords, an id for the unknown. Who calls it: `tinyllm train`, the examples.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.errors import CheckpointError, DataError, DtypeError, OptionError
from tinyllm.files import write_json
from tinyllm.text.special import checked_special, numbered
from tinyllm.text.tokenizer_file import checked_ids, read_content, read_list
from tinyllm.types import Array

KIND = "characters"
VERSION = 1


class CharTokenizer:
    """Text to ids and back, one id a character. Ids follow the order of the code points.

    special:   names such as "<pad>", which no text becomes; `tokenizer.special["<pad>"]` is the id
    Units:     ids count from 0 to len(tokenizer) - 1; special tokens are the last ones
    Raises:    DataError if the vocabulary is not sorted, distinct, single characters

    >>> tokenizer = CharTokenizer.train("banana")
    >>> tokenizer.vocabulary, len(tokenizer)
    (['a', 'b', 'n'], 3)
    >>> tokenizer.encode("nab")
    array([2, 0, 1])
    >>> tokenizer.decode([2, 0, 1])
    'nab'
    """

    unit = "character"

    def __init__(self, vocabulary: Sequence[str], special: Iterable[str] = ()) -> None:
        for character in vocabulary:
            if not isinstance(character, str) or len(character) != 1:
                raise DataError(f"CharTokenizer: takes single characters; got {character!r}.")
        self._code_points = code_points("".join(vocabulary), "CharTokenizer")  # (V,)
        if self._code_points.size == 0:
            raise DataError("CharTokenizer: needs at least one character; got none.")
        if (self._code_points[1:] <= self._code_points[:-1]).any():
            raise DataError("CharTokenizer: the characters must be sorted and distinct.")
        names = checked_special(special, "CharTokenizer")
        self.special = numbered(names, first=self._code_points.size)

    @classmethod
    def train(cls, text: str, special: Iterable[str] = ()) -> CharTokenizer:
        """Take the sorted distinct characters of a text as the vocabulary.

        Raises:    DataError if the text is empty
        """
        points = np.unique(code_points(text, "train"))  # (V,)
        if points.size == 0:
            raise DataError("train: needs a text of at least one character; got an empty one.")
        return cls(list(to_text(points)), special)

    @property
    def vocabulary(self) -> list[str]:
        """The characters, then the special tokens: the one at place i has the id i."""
        return [*to_text(self._code_points), *self.special]

    def __len__(self) -> int:
        return self._code_points.size + len(self.special)

    def __repr__(self) -> str:
        return f"CharTokenizer({len(self)} characters)"

    def encode(self, text: str) -> Array:
        """Turn a text of T characters into T ids.

        Shapes:    str of T characters -> ids (T,) int64
        Raises:    DataError if a character is not in the vocabulary
        """
        points = code_points(text, "encode")  # (T,)
        ids = np.searchsorted(self._code_points, points).astype(np.int64)
        ids = np.minimum(ids, self._code_points.size - 1)  # past the end: refused below
        unseen = self._code_points[ids] != points  # (T,)
        if unseen.any():
            position = int(np.argmax(unseen))
            raise DataError(
                f"encode: each character must be in the vocabulary; got {text[position]!r} "
                f"(U+{points[position]:04X}) at position {position}. "
                "Hint: remove it, or train on text that has it."
            )
        return ids

    def decode(self, ids: ArrayLike) -> str:
        """Turn T ids into a text of T characters; a special token becomes its name.

        Shapes:    ids (T,) integers -> str of T characters
        Raises:    DataError if an id is below 0 or past the vocabulary
        """
        row = checked_ids(ids, len(self))
        if self.special and (row >= self._code_points.size).any():
            names = self.vocabulary
            return "".join(names[i] for i in row)
        return to_text(self._code_points[row])

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write the vocabulary as readable JSON. An older file stays whole until the new one is.

        Raises:    DataError if the file cannot be written
        """
        characters = list(to_text(self._code_points))
        head = {"kind": KIND, "version": VERSION, "special": list(self.special)}
        write_json(file, head | {"vocabulary": characters})

    @classmethod
    def load(cls, file: str | os.PathLike[str]) -> CharTokenizer:
        """Read what `save` wrote.

        Raises:    CheckpointError if the file is missing, broken, or of another tokenizer
        """
        content = read_content(file, KIND, VERSION)
        vocabulary, special = (read_list(file, content, key) for key in ("vocabulary", "special"))
        try:
            return cls(vocabulary, special)
        except (DataError, OptionError) as error:
            raise CheckpointError(f"load: {os.fspath(file)!r} is broken: {error}") from error


def code_points(text: str, operation: str) -> Array:
    """Give the Unicode number of each character, all at once.

    UTF-32 spends four bytes on each character, so its bytes are the array.

    Shapes:    str of T characters -> (T,) uint32
    Raises:    DtypeError if it is not a str

    >>> code_points("aé€", "encode")
    array([  97,  233, 8364], dtype=uint32)
    """
    if not isinstance(text, str):
        raise DtypeError(f"{operation}: takes a str; got {type(text).__name__}.")
    return np.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), dtype="<u4")


def to_text(points: Array) -> str:
    """Undo `code_points`.

    >>> to_text(np.array([97, 233, 8364]))
    'aé€'
    """
    return points.astype("<u4").tobytes().decode("utf-32-le", errors="surrogatepass")
