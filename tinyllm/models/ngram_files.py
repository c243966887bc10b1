"""An NGramLM on disk: a folder of two files, each whole or not there. No pickle.

    config.json         the options, and which model.safetensors belongs to them
    model.safetensors   keys and counts of each length; all else is computed from these

Who calls it: `save` and `load` in ngram.py.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tinyllm.errors import CheckpointError
from tinyllm.files import make_folder, read_arrays, sha256_of, write_arrays, write_json
from tinyllm.models.counts import Table, table_above
from tinyllm.types import Array

ARCHITECTURE = "ngram"
CONFIG, COUNTS = "config.json", "model.safetensors"
Folder = str | os.PathLike[str]


def write_counts(
    folder: Folder,
    options: dict[str, Any],
    tables: list[Table],
    weights: Array | None,
    training: dict[str, Any] | None = None,
) -> None:
    """Write what `read_config` and `read_counts` read.

    Raises:    DataError if the folder cannot be written
    """
    path = make_folder(folder)
    arrays = {} if weights is None else {"weights": weights}
    for n, table in enumerate(tables, start=1):
        arrays |= {f"keys.{n}": table.keys, f"counts.{n}": table.counts}
    write_arrays(path / COUNTS, arrays)
    sha256 = sha256_of(path / COUNTS)
    # last: where a save was torn, the old config.json does not fit, and `read_counts` says so
    config = {"architecture": ARCHITECTURE, "model": options, "sha256": sha256}
    write_json(path / CONFIG, config | ({"training": training} if training else {}))


def read_config(folder: Folder) -> dict[str, Any]:
    """Read config.json; its "model" holds the options.

    Raises:    CheckpointError if it is missing, broken, or of another model
    """
    file = Path(folder) / CONFIG
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(f"load: cannot read {str(file)!r}: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"load: {str(file)!r} is broken or of another program.") from error
    kind = config.get("architecture") if isinstance(config, dict) else None
    if kind != ARCHITECTURE:
        raise CheckpointError(
            f"load: {str(file)!r} must hold a model of kind {ARCHITECTURE!r}; got {kind!r}. "
            "Hint: load_checkpoint reads the others."
        )
    if not isinstance(config.get("model"), dict):
        raise CheckpointError(f"load: {str(file)!r}: 'model' must hold options.")
    return config


def read_counts(
    folder: Folder, config: dict[str, Any], order: int, vocabulary: int
) -> tuple[list[Table], Array | None]:
    """Read the tables of length 1..order, and the weights if there are any.

    Raises:    CheckpointError if a file is missing or broken, DataError if the counts do not
               fit the order and the vocabulary
    """
    file = Path(folder) / COUNTS
    arrays, _ = read_arrays(file)
    if sha256_of(file) != config.get("sha256"):
        raise CheckpointError(
            f"load: {str(file)!r} is not the file that {CONFIG} was written with. "
            "Hint: is it damaged, or were files of two models mixed?"
        )
    wanted = {f"{name}.{n}" for n in range(1, order + 1) for name in ("keys", "counts")}
    if arrays.keys() - {"weights"} != wanted:
        rule = f"must hold keys and counts of length 1 to {order}, as {CONFIG} says"
        raise CheckpointError(f"load: {str(file)!r} {rule}; got {', '.join(sorted(arrays))}.")
    tables: list[Table] = []
    for n in range(1, order + 1):
        keys, counts = arrays[f"keys.{n}"], arrays[f"counts.{n}"]
        tables.append(table_above(tables, keys, counts, vocabulary))
    return tables, arrays.get("weights")
