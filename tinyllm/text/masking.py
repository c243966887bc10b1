"""Masked language modelling: hide some tokens of a batch, for the model to guess.

Leaves out: padding (batches.py). Who calls it: what pre-trains an encoder.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.errors import DataError, DtypeError, OptionError
from tinyllm.types import NO_TARGET, Array, Rng, generator

MASKED, REPLACED = 0.8, 0.1  # of the chosen tokens; the rest stays as it is


def mask_tokens(
    ids: ArrayLike,
    rng: Rng,
    *,
    vocabulary: int,
    mask: int,
    special: Iterable[int],
    share: float = 0.15,
) -> tuple[Array, Array]:
    """Choose 15 % of the tokens as targets: 80 % of these become <mask>, 10 % another token.

    The last 10 % stay as they are, so that the model has to look at every token. Each token is
    chosen by itself; BERT's own code takes a fixed number from each text. A random token may by
    chance be the same one; it never is a special one.

    mask:      the id of <mask>
    special:   ids that are never chosen, as of <pad>: `tokenizer.special.values()`
    share:     how many of the others are chosen
    Shapes:    ids (...) -> inputs (...), targets (...), both int64; a target is -100 where
               nothing is to be guessed, which is `ops.cross_entropy`'s ignore_index
    Raises:    OptionError if share is not between 0 and 1; DtypeError for what are no ids;
               DataError for ids past the vocabulary, and where all of it is special
    Source:    Devlin et al. 2019, "BERT", section 3.1, task 1

    >>> ids = [[7, 5, 6, 2, 3, 0]]
    >>> inputs, targets = mask_tokens(ids, rng=23, vocabulary=8, mask=1, special=[0, 1])
    >>> inputs.tolist(), targets.tolist()
    ([[7, 5, 3, 1, 3, 0]], [[-100, -100, 6, 2, -100, -100]])
    """
    array = np.asarray(ids)
    never = np.array([mask, *special])
    check(array, vocabulary, never, share)
    rng = generator(rng)
    is_special = np.zeros(vocabulary, dtype=bool)
    is_special[never] = True
    ordinary = np.flatnonzero(~is_special)
    if ordinary.size == 0:
        raise DataError(f"mask_tokens: some token must not be special; all {vocabulary} are.")
    draws = rng.random(array.shape)
    random_tokens = rng.choice(ordinary, array.shape)
    return hide(array, draws, random_tokens, is_special, mask, share)


def hide(
    ids: Array, draws: Array, random_tokens: Array, is_special: Array, mask: int, share: float
) -> tuple[Array, Array]:
    """Hide tokens, with the chance already drawn: one number for each of them decides.

    Below `share` a token is chosen, and how far below says what becomes of it: below 0.8 of
    `share` it is <mask>, below 0.9 of it a random token, and else it stays.

    draws:          numbers of 0 to 1
    random_tokens:  what stands in a token's place where that is to be another
    is_special:     for each id of the vocabulary, whether it is never chosen
    Shapes:         ids, draws, random_tokens (...), is_special (V) -> inputs, targets (...), int64

    >>> ids, no = np.array([5, 6, 7, 8]), np.zeros(9, bool)
    >>> inputs, targets = hide(ids, np.array([0.1, 0.42, 0.47, 0.6]), ids - 5, no, 4, share=0.5)
    >>> inputs.tolist(), targets.tolist()
    ([4, 1, 7, 8], [5, 6, 7, -100])
    """
    draws = np.where(is_special[ids], 1.0, draws / share)
    inputs = np.where(draws < MASKED + REPLACED, random_tokens, ids)
    inputs = np.where(draws < MASKED, mask, inputs)
    targets = np.where(draws < 1.0, ids, NO_TARGET)
    return inputs.astype(np.int64), targets.astype(np.int64)


def check(ids: Array, vocabulary: int, never: Array, share: float) -> None:
    """Refuse what cannot be masked."""
    if not 0.0 < share < 1.0:
        raise OptionError(f"mask_tokens: share must be between 0 and 1; got {share}.")
    for name, array in {"ids": ids, "mask and special": never}.items():
        if array.size and array.dtype.kind not in "iu":
            raise DtypeError(f"mask_tokens: {name} must be integers; got {array.dtype}.")
        if array.size and not (array.min() >= 0 and array.max() < vocabulary):
            rule = f"{name} must lie in 0..{vocabulary - 1}"
            raise DataError(f"mask_tokens: {rule}; got {array.min()} to {array.max()}.")
