"""What all tokenizers share: how their files are read, which texts and ids they take.

The file is readable JSON: the kind of tokenizer, a version, the vocabulary. Subwords have Hugging
Face's form instead, see hugging_face.py.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.errors import CheckpointError, DataError, DtypeError, ShapeError
from tinyllm.types import Array


def read_kind(file: str | os.PathLike[str]) -> Any:
    """Say which kind of tokenizer a file holds; None if it does not say so itself."""
    return kind_of(read_json(os.fspath(file)))


def kind_of(content: Any) -> Any:
    """Say which kind of tokenizer the content of a file is.

    Hugging Face's files have the kind in their "model". Old ones do not, but merges are BPE's.

    >>> kind_of({"kind": "words"}), kind_of({"model": {"type": "BPE"}}), kind_of([])
    ('words', 'BPE', None)
    """
    if not isinstance(content, dict):
        return None
    model = content.get("model")
    if not isinstance(model, dict):
        return content.get("kind")
    old_kind = "BPE" if "merges" in model else "WordPiece" if "unk_token" in model else None
    return model.get("type", old_kind)


def read_content(file: str | os.PathLike[str], kind: str, version: int) -> dict[str, Any]:
    """Read all that the file of a tokenizer of this kind holds.

    Raises:    CheckpointError if the file is missing, broken, or of another tokenizer
    """
    name = os.fspath(file)
    content = read_json(name)
    if kind_of(content) != kind:
        raise CheckpointError(
            f"load: {name!r} must hold a tokenizer of kind {kind!r}; got kind {kind_of(content)!r}."
        )
    if content.get("version") != version:
        raise CheckpointError(
            f"load: {name!r} must have version {version}; got {content.get('version')!r}. "
            "Hint: was it saved by a newer tinyllm?"
        )
    return content


def read_list(file: str | os.PathLike[str], content: dict[str, Any], key: str) -> list[Any]:
    """Take a list out of a file's content.

    Raises:    CheckpointError if it is not there
    """
    if not isinstance(content.get(key), list):
        raise CheckpointError(f"load: {os.fspath(file)!r} has no list named {key!r}.")
    return content[key]


def read_json(name: str) -> Any:
    """Read a file of JSON.

    Raises:    CheckpointError if it is missing or no JSON
    """
    try:
        return json.loads(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(f"load: cannot read {name!r}: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, or nested without end
        raise CheckpointError(f"load: {name!r} is not a tokenizer file: no valid JSON.") from error


def checked_text(text: str, operation: str) -> str:
    """Take a str.

    Raises:    DtypeError if it is none
    """
    if not isinstance(text, str):
        raise DtypeError(f"{operation}: takes a str; got {type(text).__name__}.")
    return text


def checked_ids(ids: ArrayLike, size: int) -> Array:
    """Take one row of ids, or a single id, for `decode`.

    Raises:    ShapeError if it is not one row; DtypeError if it does not hold integers; DataError
               if an id is below 0 or past the vocabulary
    """
    array = np.atleast_1d(np.asarray(ids))
    if array.size == 0:
        return np.zeros(0, np.int64)
    if array.ndim != 1:
        raise ShapeError(f"decode: takes one row of ids; got ids={array.shape}.")
    if array.dtype.kind not in "iu":
        raise DtypeError(f"decode: ids must be integers; got {array.dtype}.")
    outside = (array < 0) | (array >= size)
    if outside.any():
        position = int(np.argmax(outside))
        raise DataError(
            f"decode: ids must lie in 0..{size - 1}; got {array[position]} "
            f"at position {position}. Hint: did another tokenizer make them?"
        )
    return array
