"""Values as JSON and back: what goes between the checker and the process of the learner's code.

Only data cross, never code: so whatever the learner's process does, it can hand back nothing but
numbers, and the checker compares these with its own.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

KINDS = "biuf"  # dtypes that cross
# No right answer has a whole number of so many bits, an array of so many bytes, or so long a list.
BITS, BYTES, LENGTH = 4_096, 2**24, 2**16


class ForeignError(TypeError):
    """A value of a kind that cannot cross."""


class TooLargeError(ValueError):
    """A value that is too large to cross."""


def pack(value: Any) -> Any:
    """Turn a value into what JSON can hold.

    Raises:    ForeignError for anything but numbers, strings, arrays, and lists, tuples and dicts
               of them; TooLargeError

    >>> unpack(pack((1, [2.5, None], {"a": "b"})))
    (1, [2.5, None], {'a': 'b'})
    """
    refuse_if_too_large(value)
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int) and not isinstance(value, np.generic):
        return {"int": str(value)}
    if isinstance(value, float) and not isinstance(value, np.generic):
        return {"float": value.hex()}
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        if array.dtype.kind not in KINDS:
            raise ForeignError(f"an array of dtype {array.dtype}")
        data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
        kind = "array" if isinstance(value, np.ndarray) else "number"
        return {kind: data, "dtype": array.dtype.str, "shape": list(array.shape)}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, list | tuple):
        return {type(value).__mro__[-2].__name__: [pack(entry) for entry in value]}
    if isinstance(value, dict):
        return {"dict": [[pack(key), pack(entry)] for key, entry in value.items()]}
    raise ForeignError(type(value).__name__)


def refuse_if_too_large(value: Any) -> None:
    """Raise TooLargeError, so that no process is busy for minutes with what is wrong anyway."""
    if isinstance(value, str | bytes | list | tuple | dict) and len(value) > LENGTH:
        raise TooLargeError(f"a {type(value).__name__} of length {len(value)}")
    if isinstance(value, np.ndarray) and value.nbytes > BYTES:
        raise TooLargeError(f"an array of shape {value.shape}")
    if isinstance(value, int) and value.bit_length() > BITS:
        raise TooLargeError("a whole number of more than a thousand digits")


def unpack(packed: Any) -> Any:
    """Undo `pack`."""
    if not isinstance(packed, dict):
        return packed
    (kind, content), *_ = packed.items()
    match kind:
        case "int":
            return int(content)
        case "float":
            return float.fromhex(content)
        case "bytes":
            return base64.b64decode(content)
        case "list":
            return [unpack(entry) for entry in content]
        case "tuple":
            return tuple(unpack(entry) for entry in content)
        case "dict":
            return {unpack(key): unpack(entry) for key, entry in content}
    array = np.frombuffer(base64.b64decode(content), packed["dtype"]).reshape(packed["shape"])
    return array.copy() if kind == "array" else array.copy()[()]
