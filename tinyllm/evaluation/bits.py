"""Losses that can be compared between tokenizers: bits a character, bits a byte.

A loss in nats a token says nothing about a model with other tokens: whoever has longer ones has
fewer to guess, and each is harder. The sum over a text is the same for both. So divide that by
something that the tokenizer cannot change. Who calls it: what compares models.
"""

from __future__ import annotations

import math

from tinyllm.errors import DataError, OptionError


def bits_per_character(loss: float, tokens: int, text: str) -> float:
    """Turn a mean loss over tokens into bits a character of the text that they spell.

    Forward:   loss tokens / (characters ln 2)
    loss:      nats a token
    tokens:    over how many tokens the loss is the mean
    text:      what these tokens spell: without the first token, which no one predicted
    Units:     bits a character
    Raises:    OptionError if tokens is below 1 or the loss below 0; DataError if the text is empty

    A model that finds all 256 bytes equally likely has a loss of ln 256, and needs 8 bits for each.

    >>> bits_per_character(math.log(256), tokens=4, text="abcd")
    8.0
    """
    return bits(loss, tokens, len(text))


def bits_per_byte(loss: float, tokens: int, text: str) -> float:
    """Turn a mean loss over tokens into bits a byte of the text in UTF-8.

    Between languages bytes compare better than characters: one of Chinese says more than a letter.

    Forward:   loss tokens / (bytes ln 2)
    Units:     bits a byte
    Raises:    as bits_per_character
    Source:    Gao et al. 2020, "The Pile": bits per UTF-8 encoded byte

    >>> round(bits_per_byte(2.0, tokens=3, text="für mich"), 4)
    0.9618
    """
    return bits(loss, tokens, len(text.encode("utf-8", "surrogatepass")))


def bits(loss: float, tokens: int, units: int) -> float:
    """Spread the nats of all tokens over so many units, in bits."""
    if not loss >= 0 or tokens < 1:
        rule = "loss must be at least 0, and tokens at least 1"
        raise OptionError(f"bits: {rule}; got loss={loss}, tokens={tokens}.")
    if units == 0:
        raise DataError("bits: needs a text of at least one character; got an empty one.")
    return loss * tokens / (units * math.log(2))
