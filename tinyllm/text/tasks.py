"""Examples for tasks: texts with labels, and texts with their translations.

`load_*` takes the name of a data set in TASKS, `read_*` a user's files. Leaves out: ids and batches
(batches.py). Who calls it: what trains classifiers and translators.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyllm.errors import DataError
from tinyllm.text.datasets import check_bytes, fetch, located
from tinyllm.text.tables import Row, read_lines, read_rows, wrong
from tinyllm.text.task_sets import TASKS, Task
from tinyllm.types import Array


@dataclass(frozen=True)
class Labelled:
    """Texts, and for each the id of its label."""

    texts: list[str]
    labels: Array  # (N,) int64, places in `names`
    names: list[str]

    def take(self, places: Array) -> Labelled:
        """Return the examples at these places."""
        return Labelled([self.texts[i] for i in places], self.labels[places], self.names)


@dataclass(frozen=True)
class Pairs:
    """Texts, and for each the one that it is to become."""

    sources: list[str]
    targets: list[str]

    def take(self, places: Array) -> Pairs:
        """Return the pairs at these places."""
        return Pairs([self.sources[i] for i in places], [self.targets[i] for i in places])


def load_labelled(name: str, part: str = "train") -> Labelled:
    """Read a part of a data set of labelled texts, by its name.

    Raises:    DataError if there is no such data set or part, if its file is not on this machine,
               or if that is not the right one
    """
    (file,) = files_of(name, part, wanted="labels")
    labels = TASKS[name].labels
    rows = [
        (number, [label.partition(":")[0], text])  # trec's labels are COARSE:fine
        for number, (label, text) in labelled_lines(file, TASKS[name].encoding)
    ]
    found = labelled(file, rows, list(labels))
    return Labelled(found.texts, found.labels, list(labels.values()))


def load_pairs(name: str, part: str = "train") -> Pairs:
    """Read a part of a data set of pairs, by its name.

    Raises:    as load_labelled
    """
    return read_pairs(*files_of(name, part, wanted="pairs"), encoding=TASKS[name].encoding)


def read_labelled(
    file: str | os.PathLike[str],
    *,
    text: str = "text",
    label: str = "label",
    names: Sequence[str] | None = None,
    encoding: str = "utf-8",
) -> Labelled:
    """Read labelled texts from .csv, .tsv or .jsonl, or from .txt with lines `LABEL text`.

    text, label:  the columns
    names:        the labels in the order of their ids, those of the training part for instance;
                  None: those that are there, sorted
    Raises:    DataError if the file cannot be read, or a line lacks its text or its label, or has
               another label than `names`
    """
    if Path(file).suffix.lower() == ".txt":
        return labelled(file, labelled_lines(file, encoding), names)
    return labelled(file, read_rows(file, [label, text], encoding), names)


def read_pairs(
    file: str | os.PathLike[str],
    targets: str | os.PathLike[str] | None = None,
    *,
    source: str = "source",
    target: str = "target",
    encoding: str = "utf-8",
) -> Pairs:
    """Read pairs from two files of lines, or from one .csv, .tsv or .jsonl.

    source, target:  the columns of the one file
    Raises:    DataError if a file cannot be read, the two differ in length, or a text is missing
    """
    if targets is None:
        rows = read_rows(file, [source, target], encoding)
        return Pairs([one for _, (one, _) in rows], [other for _, (_, other) in rows])
    ones, others = read_lines(file, encoding), read_lines(targets, encoding)
    if len(ones) != len(others):
        raise DataError(
            "read_pairs: each line of one file belongs to that line of the other; got "
            f"{os.fspath(file)!r} with {len(ones)} lines, {os.fspath(targets)!r} with "
            f"{len(others)}."
        )
    return Pairs(ones, others)


def download_task(name: str) -> None:
    """Fetch all files of a data set into the cache folder, where they are not there already.

    Raises:    DataError if there is no such data set, no network, or other bytes came
    """
    for files in known(name).parts.values():
        for file in files:
            fetch(file)


def files_of(name: str, part: str, wanted: str) -> list[Path]:
    """Find the files of a part, and make sure that they are the ones we know."""
    task = known(name)
    holds = "labels" if task.labels else "pairs"
    if holds != wanted:
        reader = {"labels": "load_labelled", "pairs": "load_pairs"}[holds]
        raise DataError(f"the data set {name!r} has {holds}, not {wanted}. Hint: {reader}.")
    if part not in task.parts:
        parts = ", ".join(map(repr, task.parts))
        raise DataError(f"the data set {name!r} has the parts {parts}; got {part!r}.")
    kind = "classify" if task.labels else "translate"
    paths = []
    for file in task.parts[part]:
        paths.append(
            located(file, name, hint=f"tinyllm train --task {kind} --data {name} --download")
        )
        check_bytes(paths[-1], file, name)
    return paths


def known(name: str) -> Task:
    """Look a name up.

    Raises:    DataError that lists the known ones
    """
    if name not in TASKS:
        names = ", ".join(map(repr, TASKS))
        raise DataError(
            f"there is no data set {name!r} for tasks; there are {names}. "
            "Hint: read_labelled and read_pairs take files."
        )
    return TASKS[name]


def labelled_lines(file: str | os.PathLike[str], encoding: str) -> list[Row]:
    """Read lines `LABEL text`."""
    rows: list[Row] = []
    for number, line in enumerate(read_lines(file, encoding), start=1):
        label, _, text = line.partition(" ")
        if not label or not text.strip():
            raise wrong(file, number, f"each line is a label, a blank, a text; got {line[:40]!r}")
        rows.append((number, [label, text]))
    return rows


def labelled(
    file: str | os.PathLike[str], rows: list[Row], names: Sequence[str] | None
) -> Labelled:
    """Number the labels."""
    listed = sorted({label for _, (label, _) in rows}) if names is None else list(names)
    ids = {name: i for i, name in enumerate(listed)}
    for number, (label, _) in rows:
        if label not in ids:
            rule = f"the labels are {', '.join(map(repr, listed))}; got {label!r}"
            raise wrong(file, number, rule)
    labels = np.array([ids[label] for _, (label, _) in rows], dtype=np.int64)
    return Labelled([text for _, (_, text) in rows], labels, listed)
