"""From a text file to batches of ids: read it, split it, cut windows.

Leaves out: tokenizers (characters.py), batches that continue (streams.py), data sets by name
(datasets.py). Who calls it: train, cli.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.errors import DataError, DtypeError, OptionError, ShapeError
from tinyllm.types import Array, Rng, generator


def read_text(path: str | os.PathLike[str], encoding: str = "utf-8") -> str:
    """Read a whole text file. Line ends stay as they are; a byte order mark is dropped.

    Raises:    DataError if the file is missing, a folder, empty, or in another encoding;
               OptionError if Python knows no such encoding

    >>> read_text("absent.txt")
    Traceback (most recent call last):
    tinyllm.errors.DataError: read_text: cannot read 'absent.txt': No such file or directory.
    """
    name = os.fspath(path)
    if Path(name).is_dir():
        raise DataError(f"read_text: takes a file; got the folder {name!r}.")
    try:
        content = Path(name).read_bytes()
    except OSError as error:
        raise DataError(f"read_text: cannot read {name!r}: {error.strerror}.") from error
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except LookupError as error:
        raise OptionError(f"read_text: there is no text encoding {encoding!r}.") from error
    except UnicodeError as error:
        offset = getattr(error, "start", 0)
        raise DataError(
            f"read_text: {name!r} must be {encoding} text; got byte 0x{content[offset]:02x} "
            f"at offset {offset}. Hint: convert the file to UTF-8, or pass --encoding, "
            "for instance --encoding latin-1."
        ) from error
    if not text:
        raise DataError(f"read_text: needs at least one character; {name!r} is empty.")
    return text


def split(ids: ArrayLike, train_share: float = 0.9) -> tuple[Array, Array]:
    """Cut ids once: the first share trains, the rest validates. Nothing is shuffled.

    Shapes:    ids (N,) -> train (floor(N * train_share),), validation (the rest,)
    Raises:    OptionError if the share is not between 0 and 1; DataError if a part is empty

    >>> train, validation = split(np.arange(10))
    >>> len(train), validation
    (9, array([9]))
    """
    ids = as_ids(ids, "split")
    if not 0.0 < train_share < 1.0:
        raise OptionError(f"split: train_share must be between 0 and 1; got {train_share}.")
    size = int(ids.size * train_share)
    if size in (0, ids.size):
        raise DataError(
            f"split: both parts need at least one id; got {ids.size} ids and "
            f"train_share={train_share}. Hint: use a longer text."
        )
    return ids[:size], ids[size:]


class RandomWindows:
    """Batches without end: windows that begin at random places, each place equally likely.

    Targets are the inputs moved by one: what to predict after each id.

    Shapes:    ids (N,) -> each `next()` gives inputs (B, T), targets (B, T), both int64
    Raises:    DataError if N < T + 1; OptionError if T or B is below 1

    >>> inputs, targets = next(RandomWindows(np.arange(100), context=4, batch=2, rng=0))
    >>> inputs.shape, bool((targets == inputs + 1).all())
    ((2, 4), True)
    """

    def __init__(self, ids: ArrayLike, context: int, batch: int, rng: Rng) -> None:
        self.ids = as_ids(ids, "RandomWindows")
        at_least_one("RandomWindows", context=context, batch=batch)
        if self.ids.size < context + 1:
            raise DataError(
                f"RandomWindows: needs at least context + 1 = {context + 1} ids; got "
                f"{self.ids.size} ids and context={context}. "
                "Hint: use a longer text or a smaller context."
            )
        self.context, self.batch = context, batch
        self.rng = generator(rng)

    @property
    def state(self) -> Any:
        """What a checkpoint saves, so that the next batch is the same."""
        return self.rng.bit_generator.state

    @state.setter
    def state(self, state: Any) -> None:
        self.rng.bit_generator.state = state

    def __iter__(self) -> RandomWindows:
        return self

    def __next__(self) -> tuple[Array, Array]:
        # The last target of a window is one past it, so the last start is N - T - 1.
        B, T = self.batch, self.context
        starts = self.rng.integers(0, self.ids.size - T, size=(B, 1))  # (B, 1)
        places = starts + np.arange(T)  # (B, T)
        return self.ids[places], self.ids[places + 1]


def windows(ids: ArrayLike, context: int, batch: int | None = None) -> list[tuple[Array, Array]]:
    """Cut ids into windows side by side, so that each target is counted exactly once.

    N ids have N - 1 targets: the first id is only ever an input. What is left at the end, fewer
    than T, comes as one more pair of its own. A mean loss over all pairs must weigh each
    pair by its number of targets.

    Shapes:    ids (N,) -> pairs of inputs (R, T), targets (R, T) with R <= batch (None: all at
               once), then perhaps one pair (1, T') with T' = (N - 1) mod T
    Raises:    DataError if N < 2; OptionError if T or batch is below 1

    >>> for inputs, targets in windows(np.arange(6), context=2):
    ...     print(inputs.tolist(), targets.tolist())
    [[0, 1], [2, 3]] [[1, 2], [3, 4]]
    [[4]] [[5]]
    """
    ids = as_ids(ids, "windows")
    at_least_one("windows", context=context, batch=1 if batch is None else batch)
    if ids.size < 2:
        raise DataError(f"windows: needs at least 2 ids, an input and its target; got {ids.size}.")
    whole = (ids.size - 1) // context
    cut = whole * context
    inputs = ids[:cut].reshape(whole, context)
    targets = ids[1 : cut + 1].reshape(whole, context)
    step = batch or max(whole, 1)
    pairs = [(inputs[i : i + step], targets[i : i + step]) for i in range(0, whole, step)]
    if cut < ids.size - 1:
        pairs.append((ids[None, cut:-1], ids[None, cut + 1 :]))
    return pairs


def as_ids(ids: ArrayLike, operation: str) -> Array:
    """Take a row of integers; return it as int64, without a copy where it is that already.

    Raises:    ShapeError if it is not one row; DtypeError if it does not hold integers
    """
    array = np.asarray(ids)
    if array.ndim != 1:
        raise ShapeError(f"{operation}: takes one row of ids; got ids={array.shape}.")
    if array.size and array.dtype.kind not in "iu":
        raise DtypeError(f"{operation}: ids must be integers; got {array.dtype}.")
    return array.astype(np.int64, copy=False)


def at_least_one(operation: str, **options: int) -> None:
    """Refuse an option that is no integer of at least 1."""
    for name, value in options.items():
        if not isinstance(value, int | np.integer) or value < 1:
            raise OptionError(f"{operation}: {name} must be an integer >= 1; got {value!r}.")
