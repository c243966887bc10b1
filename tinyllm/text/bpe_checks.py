"""What a BPETokenizer is made of, checked: merges, special tokens, ids.

Leaves out: files (bpe_files.py). Who calls it: bpe.py.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from contextlib import suppress

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.errors import DataError, OptionError
from tinyllm.text.byte_letters import from_letters
from tinyllm.types import Array


def checked_merge(pair: object) -> tuple[str, str]:
    """Take a pair of tokens.

    Raises:    DataError if it is not two strings that stand for bytes
    """
    if isinstance(pair, list | tuple) and len(pair) == 2:
        left, right = pair
        with suppress(TypeError, ValueError, AttributeError):  # no str, or no UTF-8
            (left + right).encode("utf-8", "surrogateescape")
            return left, right
    raise DataError(f"BPETokenizer: a merge is two tokens; got {pair!r}.")


def check_names(special: Iterable[str], ordinary: Container[bytes | None]) -> None:
    """Refuse a name of a special token that a file could not tell from text.

    ordinary:  the tokens of text. A file writes a letter for each of their bytes: the name "a"
               would be the byte 61
    Raises:    OptionError if there is one
    """
    for name in special:
        if any("\ud800" <= letter <= "\udfff" for letter in name):
            rule = "a special token must have no half of a surrogate pair"
            raise OptionError(f"BPETokenizer: {rule}; got {name!r}.")
        if from_letters(name) in ordinary:
            raise OptionError(
                f"BPETokenizer: a special token must be none of text; got {name!r}. "
                "Hint: brackets around it?"
            )


def checked_numbering(ids: ArrayLike | None, size: int) -> Array:
    """Take the ids of all tokens. None: each token has its place.

    Shapes:    (V,) integers -> (V,) int64
    Raises:    OptionError if they are not 0..V-1, each once
    """
    if ids is None:
        return np.arange(size, dtype=np.int64)
    array = np.asarray(ids)
    right_form = array.shape == (size,) and array.dtype.kind in "iu"
    if not right_form or not np.array_equal(np.sort(array), np.arange(size)):
        rule = f"ids must be 0..{size - 1}, each once, for {size} tokens"
        raise OptionError(f"BPETokenizer: {rule}; got {ids!r:.60}.")
    return array.astype(np.int64)
