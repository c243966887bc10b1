"""Which dtype a result has. The rules fit on this page:

1. Python numbers, and lists of them, become float32 (or int64, or bool): float32 is the default.
2. Arrays keep their dtype: float64 stays float64, integer ids stay integers.
3. Scalars never change a tensor's dtype, not even NumPy's: `x / np.sqrt(64)` stays float32,
   where plain NumPy 2 would move to float64 because np.sqrt returns a float64 scalar.
4. float32 with float64 gives float64, as in NumPy. Integers with floats take the float's dtype
   (NumPy would go from int64 and float32 to float64: float32 would be left silently).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.errors import DtypeError
from tinyllm.types import FLOAT, Array

_ALLOWED = "fiub"  # NumPy's letters for floats, integers, unsigned integers, booleans


def to_array(data: Any, dtype: Any = None) -> Array:
    """Turn what a user gave into an array of a dtype that tensors hold (rules 1 and 2)."""
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise DtypeError(
            "Tensor: numbers must form a full rectangle; got rows of different lengths. "
            "Hint: pad the short ones."
        ) from error
    if dtype is not None:
        array = array.astype(check_dtype(np.dtype(dtype)), copy=False)
    elif array.dtype == np.float64 and not hasattr(data, "dtype"):  # numbers, no array or tensor
        array = array.astype(FLOAT)
    check_dtype(array.dtype)
    return array


def check_dtype(dtype: Any) -> Any:
    """Return `dtype` if tensors hold it."""
    if dtype.kind not in _ALLOWED or dtype == np.float16 or dtype.itemsize > 8:
        raise DtypeError(
            f"Tensor: holds float32, float64, integers or booleans; got {dtype}. "
            "Hint: convert with .astype(np.float32)."
        )
    return dtype


def is_scalar(value: Any) -> bool:
    """Whether `value` is one number: Python's or NumPy's."""
    return isinstance(value, int | float | np.generic)


def common_dtype(*dtypes: Any, scalars: tuple[Any, ...] = ()) -> Any:
    """Return the dtype of an operation on arrays of `dtypes` and on `scalars` (rules 3 and 4)."""
    floats = [d for d in dtypes if d.kind == "f"]
    if floats:
        return np.result_type(*floats)
    if any(isinstance(s, float | np.floating) for s in scalars):
        return FLOAT
    return np.result_type(*dtypes, *(s.item() if isinstance(s, np.generic) else s for s in scalars))
