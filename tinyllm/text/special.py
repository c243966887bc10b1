"""Special tokens: ids that stand for no text, such as <pad>, <mask>, <s>.

No text becomes one of them, so nobody can forge the end of a text by writing its name. Who calls
it: the tokenizers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tinyllm.errors import OptionError

PADDING, MASK, BEGIN, END = "<pad>", "<mask>", "<s>", "</s>"  # the names that tinyllm trains with


def checked_special(names: Iterable[str], operation: str) -> list[str]:
    """Take the names of special tokens.

    Raises:    OptionError if they are not distinct strings of at least one character

    >>> checked_special(["<pad>", "<mask>"], "train")
    ['<pad>', '<mask>']
    """
    listed = [names] if isinstance(names, str) else list(names)
    strings = all(isinstance(name, str) and name for name in listed)
    if isinstance(names, str) or not strings or len(set(listed)) < len(listed):
        raise OptionError(
            f"{operation}: special takes a list of distinct names; got {names!r}. "
            'Hint: for instance ["<pad>", "<s>", "</s>"].'
        )
    return listed


def numbered(names: Iterable[str], first: int) -> dict[str, int]:
    """Give special tokens the ids after all others: {name: id}.

    >>> numbered(["<pad>", "<mask>"], first=65)
    {'<pad>': 65, '<mask>': 66}
    """
    return {name: i for i, name in enumerate(names, start=first)}


def split_at(names: Iterable[str], text: str) -> list[str]:
    """Split a text at the names of special tokens: text, name, text, name, ..., text.

    >>> split_at(["<s>", "</s>"], "<s>a</s>")
    ['', '<s>', 'a', '</s>', '']
    """
    longest_first = sorted(names, key=len, reverse=True)  # a longer name before its beginning
    pattern = "|".join(map(re.escape, longest_first)) or "(?!)"
    return re.split(f"({pattern})", text)
