"""Files that are whole or not there: the one way in which tinyllm writes what must not be lost."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from tinyllm.errors import CheckpointError, DataError
from tinyllm.types import Array


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file that is either the old one or the whole new one, never a half.

    The bytes go to a temporary file beside it, which then takes its name in one step.

    Raises:    DataError if the folder is missing or the disk refuses
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{uuid4().hex}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # on the disk before the name changes hands
        os.replace(temporary, target)
    except OSError as error:
        raise DataError(f"cannot write {str(target)!r}: {error.strerror}.") from error
    finally:
        with suppress(OSError):  # after a success there is none
            temporary.unlink()


def write_json(path: str | os.PathLike[str], content: Any) -> None:
    """Write readable JSON, whole or not at all."""
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    # Half of a surrogate pair has no UTF-8. "\\ud800" is what JSON writes for it, too.
    write_atomically(path, text.encode("utf-8", errors="backslashreplace"))


def make_folder(folder: str | os.PathLike[str]) -> Path:
    """Make a folder, unless it is there already.

    Raises:  DataError if that cannot be
    """
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make the folder {str(path)!r}: {error.strerror}.") from error
    return path


def write_arrays(
    file: Path, arrays: dict[str, Array], metadata: dict[str, str] | None = None
) -> None:
    """Write named arrays in the safetensors format, whole or not at all."""
    from safetensors.numpy import save  # noqa: PLC0415 (only runs need it, not the engine)

    whole = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    write_atomically(file, save(whole, metadata))


def read_arrays(file: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """Read named arrays and the metadata beside them.

    Raises:  CheckpointError if the file is missing or broken
    """
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415

    try:
        with safe_open(file, framework="numpy") as opened:
            arrays = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
            return arrays, opened.metadata() or {}
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        reason = "No such file" if missing else error.strerror or error
        raise CheckpointError(f"load: cannot read {str(file)!r}: {reason}.") from error
    except (SafetensorError, TypeError) as error:  # TypeError: numbers that NumPy does not have
        raise CheckpointError(
            f"load: {str(file)!r} is broken or no safetensors file: {error}."
        ) from error


def sha256_of(path: Path) -> str:
    """Hash a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
