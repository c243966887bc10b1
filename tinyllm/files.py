"""Files that are whole or not there: the one way in which tinyllm writes what must not be lost."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from tinyllm.errors import DataError


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
