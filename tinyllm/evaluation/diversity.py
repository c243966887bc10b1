"""How varied generated text is: distinct n-grams, and how much of a text repeats itself.

Leaves out: whether it makes sense. Who calls it: what compares decoders.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinyllm.errors import DataError
from tinyllm.text.corpus import at_least_one

Tokens = Sequence[Any]  # ids or words; only whether two are equal counts


def distinct_n(texts: Sequence[Tokens], n: int) -> float:
    """Share of the n-grams of all texts that are distinct: 1 if none ever comes again.

    It falls as texts grow, so compare only what has about the same number of tokens.

    Forward:   distinct n-grams / all n-grams, over all texts together
    Units:     a share, 0 to 1
    Raises:    DataError if no text has n tokens; OptionError if n is below 1
    Source:    Li et al. 2016, "A diversity-promoting objective function for neural conversation
               models", distinct-1 and distinct-2; there they are divided by the number of tokens

    >>> distinct_n(["to be or not to be".split(), "to be sure".split()], n=2)
    0.7142857142857143
    """
    grams = [gram for text in texts for gram in grams_of(text, n)]
    if not grams:
        raise DataError(f"distinct_n: needs a text of at least n = {n} tokens; got none.")
    return len(set(grams)) / len(grams)


def self_repetition(texts: Sequence[Tokens], n: int = 4) -> float:
    """Share of the n-grams that stood before in the same text: 0 if none, near 1 in a loop.

    Forward:   1 - distinct n-grams / all n-grams for each text, then the mean over the texts
    Units:     a share, 0 to 1
    Raises:    DataError if a text has fewer than n tokens, or there is none; OptionError if n is
               below 1
    Source:    Welleck et al. 2020, "Neural text generation with unlikelihood training", seq-rep-n

    >>> self_repetition(["a b c a b c a b c".split()], n=2)
    0.625
    """
    if not len(texts):
        raise DataError("self_repetition: needs at least one text; got none.")
    total = 0.0
    for text in texts:
        grams = grams_of(text, n)
        if not grams:
            raise DataError(
                f"self_repetition: each text needs at least n = {n} tokens; got {len(text)}."
            )
        total += 1.0 - len(set(grams)) / len(grams)
    return total / len(texts)


def grams_of(text: Tokens, n: int) -> list[tuple[Any, ...]]:
    """List the n-grams of a text in order."""
    at_least_one("n-grams", n=n)
    tokens = list(text)
    return list(zip(*(tokens[start:] for start in range(n)), strict=False))
