r"""How bytes are written as text: in Python's way, and in GPT-2's, which tokenizer files have.

A token of byte-pair encoding is a row of bytes, and need not be whole characters. For " é":
    the bytes            20 C3 A9
    shown to a reader    " é"       UTF-8 where it is, and "\udcc3" for C3 as half a character
    in a file            "ĠÃ©"      a letter a byte, none of them a blank or a control character
Who calls it: bpe.py and bpe_files.py.
"""

from __future__ import annotations


def shown(token: bytes) -> str:
    r"""Show a token's bytes as a str, each token differently.

    >>> shown(b" \xc3\xa9"), shown(b"\xc3")
    (' é', '\udcc3')
    """
    return token.decode("utf-8", "surrogateescape")


def bytes_of(token: str) -> bytes:
    r"""Give the bytes of a token that is shown.

    Raises:    UnicodeEncodeError if it has half a surrogate pair that stands for no byte

    >>> bytes_of("\udcc3")
    b'\xc3'
    """
    return token.encode("utf-8", "surrogateescape")


def letters() -> str:
    """Give the letter of each byte: the one at place i stands for the byte i.

    A byte that prints as a character of Latin-1 stands for itself. The other 68 (control
    characters, blanks, and AD, a hyphen that may be invisible) get the letters from U+0100 on.

    Source:    `bytes_to_unicode` in the code of Radford et al. 2019, "Language models are
               unsupervised multitask learners"

    >>> letters()[0x41], letters()[0xE9], letters()[0x00], letters()[0x20]
    ('A', 'é', 'Ā', 'Ġ')
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return "".join(chr(byte if byte in printable else next(others)) for byte in range(256))


LETTERS = letters()
BYTE_OF = {letter: byte for byte, letter in enumerate(LETTERS)}


def to_letters(token: bytes) -> str:
    """Write a token as files do.

    >>> to_letters(" é".encode())
    'ĠÃ©'
    """
    return "".join(LETTERS[byte] for byte in token)


def from_letters(text: str) -> bytes | None:
    r"""Read a token as files write it; None if it has a character that stands for no byte.

    >>> from_letters("ĠÃ©"), from_letters("<日>")
    (b' \xc3\xa9', None)
    """
    if any(letter not in BYTE_OF for letter in text):
        return None
    return bytes(BYTE_OF[letter] for letter in text)
