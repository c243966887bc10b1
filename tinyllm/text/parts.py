"""Which examples train a model, and which measure it: of a data set by name, or of a user's file.

Leaves out: reading them (tasks.py). Who calls it: train/objectives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from tinyllm.errors import DataError, OptionError
from tinyllm.text.tables import TABLES
from tinyllm.text.task_sets import TASKS
from tinyllm.text.tasks import (
    Labelled,
    Pairs,
    load_labelled,
    load_pairs,
    read_labelled,
    read_pairs,
)

EVERY = 10  # one of so many examples is held out where a data set has no part for validation
SEED = 0  # which ones: the same in every run, whatever its own seed
Examples = TypeVar("Examples", Labelled, Pairs)


def labelled_part(
    data: str,
    part: str | None = None,
    *,
    source: str | None = None,
    target: str | None = None,
    names: Sequence[str] | None = None,
    encoding: str = "utf-8",
) -> Labelled:
    """Read labelled texts of a data set in TASKS, or of a file.

    part:            of a data set; None is "train". A file has no parts
    source, target:  columns of a file: its texts ("text"), their labels ("label")
    names:           the labels a file may have, in the order of their ids
    Raises:    DataError, as load_labelled and read_labelled
    """
    if is_named(data):
        return load_labelled(data, part or "train")
    refuse_part(data, part)
    if not Path(data).is_file():
        named = ", ".join(name for name, task in TASKS.items() if task.labels)
        raise DataError(
            f"there is no file {data!r}, and no data set of that name with labels. "
            f"Data sets: {named}."
        )
    columns = {"text": source or "text", "label": target or "label"}
    return read_labelled(data, names=names, encoding=encoding, **columns)


def pairs_part(
    data: str,
    part: str | None = None,
    *,
    source: str | None = None,
    target: str | None = None,
    encoding: str = "utf-8",
) -> Pairs:
    """Read pairs of a data set in TASKS, of a table, or of the files DATA.SOURCE and DATA.TARGET.

    source, target:  languages of a data set; columns of a table ("source", "target"); or how the
                     names of the two files end
    Raises:    DataError, as load_pairs and read_pairs; OptionError for languages that are not there
    """
    if is_named(data):
        pairs, languages = load_pairs(data, part or "train"), TASKS[data].languages
        match (source or languages[0], target or languages[1]):
            case asked if asked == languages:
                return pairs
            case asked if asked == languages[::-1]:
                return Pairs(pairs.targets, pairs.sources)
        raise OptionError(
            f"the data set {data!r} has the languages {' and '.join(languages)}; got "
            f"--source {source} --target {target}."
        )
    refuse_part(data, part)
    if Path(data).suffix.lower() in TABLES:
        columns = {"source": source or "source", "target": target or "target"}
        return read_pairs(data, encoding=encoding, **columns)
    if source is None or target is None:
        raise OptionError(
            f"pairs in two files lie in DATA.SOURCE and DATA.TARGET; got only DATA, {data!r}. "
            "Hint: --source en --target de, or a table that ends with .tsv, .csv or .jsonl."
        )
    return read_pairs(f"{data}.{source}", f"{data}.{target}", encoding=encoding)


def train_and_validation(
    data: str, read: Callable[[str | None], Examples]
) -> tuple[Examples, Examples]:
    """Return what trains a model, and what measures it meanwhile.

    A data set may have a part for that. Where it has none, and in a file, a tenth of the examples
    is held out, by chance: some files are sorted, and in others the labels take turns.

    read:      gives a part, as labelled_part and pairs_part do
    """
    whole = read(None)
    validation = TASKS[data].validation if is_named(data) else None
    if validation is not None:
        return whole, read(validation)
    size = len(whole.texts if isinstance(whole, Labelled) else whole.sources)
    if size < EVERY:
        raise DataError(
            f"training needs at least {EVERY} examples, of which one is held out; {data!r} "
            f"has {size}."
        )
    held_out = np.zeros(size, bool)
    held_out[np.random.default_rng(SEED).permutation(size)[: size // EVERY]] = True
    return whole.take(np.flatnonzero(~held_out)), whole.take(np.flatnonzero(held_out))


def test_part(data: str) -> str | None:
    """Say which part measures a trained model; a file has no parts."""
    return TASKS[data].test if is_named(data) else None


def is_named(data: str) -> bool:
    """Whether `data` is the name of a data set. A file of that name comes first."""
    return data in TASKS and not Path(data).is_file()


def digest(strings: Iterable[str]) -> str:
    """Hash texts, to tell later whether they are still the same."""
    sha256 = hashlib.sha256()
    for string in strings:
        content = string.encode("utf-8", "surrogatepass")
        sha256.update(f"{len(content)} ".encode() + content)
    return sha256.hexdigest()


def refuse_part(data: str, part: str | None) -> None:
    """Say that a file has no parts."""
    if part is not None:
        raise OptionError(f"--part is for data sets with a name; got {part!r} for {data!r}.")
