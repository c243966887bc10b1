"""One dtype for all inputs of an operation whose compiled loop is made for one dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.autograd.tensor import Tensor, floating
from tinyllm.types import FLOAT


def to_one_dtype(*values: Any) -> tuple[Any, ...]:
    """Turn values into tensors of one floating-point dtype: float32, or float64 if any has it.

    None stays None: an optional parameter that was not given.

    >>> [t.dtype.name for t in to_one_dtype([1, 2], np.zeros(2))]
    ['float64', 'float64']
    """
    if all([v is None or (isinstance(v, Tensor) and v.data.dtype == FLOAT) for v in values]):
        return values  # the usual case, without the detour below
    tensors = [None if v is None else floating(v) for v in values]
    dtypes = {t.dtype for t in tensors if t is not None}
    if len(dtypes) == 1:
        return tuple(tensors)
    dtype = np.result_type(*dtypes)
    return tuple(t if t is None or t.dtype == dtype else t.astype(dtype) for t in tensors)
