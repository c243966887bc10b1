"""WordTokenizer: one id for each frequent word and each mark, and one id for all the rest.

Leaves out: parts of words. Who calls it: `tinyllm train --tokenizer words`.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.errors import CheckpointError, DataError, DtypeError, OptionError
from tinyllm.files import write_json
from tinyllm.text.corpus import at_least_one
from tinyllm.text.special import checked_special, numbered
from tinyllm.text.tokenizer_file import checked_ids, read_content, read_list
from tinyllm.types import Array

KIND = "words"
VERSION = 1
UNKNOWN = "<unk>"  # as in Penn Treebank's language-model text
TOKEN = re.compile(r"<unk>|\w+(?:['’]\w+)*|\n|[^\w\s]")  # noqa: RUF001
NO_SPACE_BEFORE = frozenset("\n,.;:!?)]}%'’”…-–—/")  # noqa: RUF001
NO_SPACE_AFTER = frozenset("\n([{“‘$#-–—/")  # noqa: RUF001


class WordTokenizer:
    """Text to ids and back. A token is a word, don't included, a mark, or a line's end.

    What comes back is the text up to three things: runs of blanks become one, blanks around marks
    follow the rule of prose, and a word that is not in the vocabulary becomes <unk>. The ids of
    what comes back are the same again.

    special:   names such as "<pad>", which no text becomes; `tokenizer.special["<pad>"]` is the id
    lower:     whether a text is put into lower case first; else The and the are two words
    Units:     ids count from 0, which is <unk>, to len(tokenizer) - 1; frequent words come first,
               special tokens last
    Raises:    DataError if the vocabulary does not begin with <unk>, or an entry is no single token

    >>> tokenizer = WordTokenizer.train("To be, or not to be", minimum_count=1)
    >>> tokenizer.vocabulary
    ['<unk>', 'be', ',', 'To', 'not', 'or', 'to']
    >>> tokenizer.encode("not to  see,").tolist()
    [4, 6, 0, 2]
    >>> tokenizer.decode([4, 6, 0, 2])
    'not to <unk>,'
    """

    unit = "word"

    def __init__(
        self, vocabulary: Sequence[str], special: Iterable[str] = (), *, lower: bool = False
    ) -> None:
        if not vocabulary or vocabulary[0] != UNKNOWN:
            raise DataError(f"WordTokenizer: the first token must be {UNKNOWN!r}.")
        for token in vocabulary:
            if not isinstance(token, str) or not TOKEN.fullmatch(token):
                raise DataError(f"WordTokenizer: takes single words and marks; got {token!r}.")
        self._ids = {token: i for i, token in enumerate(vocabulary)}
        if len(self._ids) < len(vocabulary):
            raise DataError("WordTokenizer: the tokens must be distinct.")
        names = checked_special(special, "WordTokenizer")
        self.special = numbered(names, first=len(vocabulary))
        self.vocabulary = [*vocabulary, *names]
        self.lower = lower

    @classmethod
    def train(
        cls,
        text: str,
        special: Iterable[str] = (),
        *,
        minimum_count: int = 2,
        maximum_size: int = 10_000,
        lower: bool = False,
    ) -> WordTokenizer:
        """Take the most frequent words of a text as the vocabulary; equally frequent ones by name.

        minimum_count:  how often a word must stand in the text
        maximum_size:   the largest vocabulary, with <unk> and without special tokens
        Raises:    DataError if the text has no word, OptionError for a bound below 1
        """
        at_least_one("train", minimum_count=minimum_count, maximum_size=maximum_size)
        counts = Counter(tokens_of(text, "train", lower))
        if not counts:
            raise DataError("train: needs a text of at least one word; got none.")
        counts.pop(UNKNOWN, None)
        frequent = [token for token, count in counts.items() if count >= minimum_count]
        frequent.sort(key=lambda token: (-counts[token], token))
        return cls([UNKNOWN, *frequent[: maximum_size - 1]], special, lower=lower)

    def __len__(self) -> int:
        return len(self.vocabulary)

    def __repr__(self) -> str:
        return f"WordTokenizer({len(self)} words)"

    def encode(self, text: str) -> Array:
        """Turn a text into ids; a word that is not in the vocabulary becomes 0.

        Shapes:    str of N tokens -> ids (N,) int64
        """
        ids = [self._ids.get(token, 0) for token in tokens_of(text, "encode", self.lower)]
        return np.array(ids, dtype=np.int64)

    def decode(self, ids: ArrayLike) -> str:
        """Turn ids into a text, with blanks where prose has them.

        Shapes:    ids (N,) integers -> str
        Raises:    DataError if an id is below 0 or past the vocabulary
        """
        text, before = [], "\n"
        for i in checked_ids(ids, len(self)):
            token = self.vocabulary[i]
            if before not in NO_SPACE_AFTER and token not in NO_SPACE_BEFORE:
                text.append(" ")
            text.append(token)
            before = token
        return "".join(text)

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write the vocabulary as readable JSON. An older file stays whole until the new one is.

        Raises:    DataError if the file cannot be written
        """
        head = {"kind": KIND, "version": VERSION, "lower": self.lower}
        words = self.vocabulary[: len(self._ids)]
        write_json(file, head | {"special": list(self.special), "vocabulary": words})

    @classmethod
    def load(cls, file: str | os.PathLike[str]) -> WordTokenizer:
        """Read what `save` wrote.

        Raises:    CheckpointError if the file is missing, broken, or of another tokenizer
        """
        content = read_content(file, KIND, VERSION)
        vocabulary, special = (read_list(file, content, key) for key in ("vocabulary", "special"))
        try:
            return cls(vocabulary, special, lower=content.get("lower") is True)
        except (DataError, OptionError) as error:
            raise CheckpointError(f"load: {os.fspath(file)!r} is broken: {error}") from error


def tokens_of(text: str, operation: str, lower: bool = False) -> list[str]:
    """Cut a text into words, marks and line ends; blanks are dropped.

    >>> tokens_of("Don't go!", "encode"), tokens_of("Don't go!", "encode", lower=True)
    (["Don't", 'go', '!'], ["don't", 'go', '!'])
    """
    if not isinstance(text, str):
        raise DtypeError(f"{operation}: takes a str; got {type(text).__name__}.")
    return TOKEN.findall(text.lower() if lower else text)
