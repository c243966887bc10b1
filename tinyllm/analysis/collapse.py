"""How alike the vectors of a sequence have become: three measures of collapse.

Leaves out: where the vectors come from (watch.py gives those of each block). Who calls it:
experiments.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.errors import DataError, ShapeError
from tinyllm.types import Array


def mean_cosine(states: ArrayLike) -> float:
    """Return the mean cosine of the angle between two different vectors of a sequence.

    1 means that all point the same way, 0 that they are as unlike as random directions.

    Forward:   mean over t != s of x_t . x_s / (|x_t| |x_s|), then over the sequences
    Shapes:    states (..., T, C), T >= 2
    Units:     -1 to 1
    Raises:    ShapeError, DataError if there is no pair of vectors, or a vector is 0 or not finite

    >>> mean_cosine([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]])  # one pair of three agrees
    0.3333333333333333
    """
    x = checked("mean_cosine", states)
    lengths = np.linalg.norm(x, axis=-1, keepdims=True)
    if not lengths.all():
        raise DataError("mean_cosine: a vector of zeros has no direction.")
    unit = x / lengths  # (..., T, C)
    T = x.shape[-2]
    # The squared length of the sum is T, for each with itself, and all pairs twice.
    pairs = (unit.sum(axis=-2) ** 2).sum(axis=-1) - T
    return float((pairs / (T * (T - 1))).mean())


def effective_rank(states: ArrayLike) -> float:
    """Return how many directions the vectors of a sequence use: 1 if one, T or C if all alike.

    Forward:   exp(-sum p ln p), p the singular values of the (T, C) matrix, divided by their sum;
               then the mean over the sequences
    Shapes:    states (..., T, C), T >= 2
    Units:     1 to min(T, C)
    Raises:    ShapeError, DataError as mean_cosine
    Source:    Roy and Vetterli 2007, The effective rank: a measure of effective dimensionality

    >>> round(effective_rank([[2.0, 0.0], [0.0, 2.0]]), 4)
    2.0
    >>> round(effective_rank([[1.0, 2.0], [2.0, 4.0]]), 4)
    1.0
    """
    x = checked("effective_rank", states)
    values = np.linalg.svd(x, compute_uv=False)  # (..., min(T, C))
    total = values.sum(axis=-1, keepdims=True)
    if not total.all():
        raise DataError("effective_rank: a sequence of zeros has no rank.")
    p = values / total
    logs = np.log(p, out=np.zeros_like(p), where=p > 0)
    return float(np.exp(-(p * logs).sum(axis=-1)).mean())


def rank_one_residual(states: ArrayLike) -> float:
    """Return how far a sequence is from one vector repeated T times: 0 if it is that.

    Forward:   |X - 1 x| / |X|, x the mean vector, | | the root of the sum of squares; then the
               mean over the sequences
    Shapes:    states (..., T, C), T >= 2
    Units:     a share, 0 to 1
    Raises:    ShapeError, DataError as mean_cosine
    Source:    Dong, Cordonnier and Loukas 2021, Attention is not all you need, section 2: res(X)
               there, with another norm

    >>> rank_one_residual([[1.0, 2.0], [1.0, 2.0]]), rank_one_residual([[1.0, 0.0], [-1.0, 0.0]])
    (0.0, 1.0)
    """
    x = checked("rank_one_residual", states)
    size = np.linalg.norm(x, axis=(-2, -1))
    if not size.all():
        raise DataError("rank_one_residual: a sequence of zeros has no size.")
    rest = np.linalg.norm(x - x.mean(axis=-2, keepdims=True), axis=(-2, -1))
    return float((rest / size).mean())


def checked(operation: str, states: ArrayLike) -> Array:
    """Take vectors of sequences, (..., T, C), as float64."""
    x = np.asarray(states, np.float64)
    if x.ndim < 2 or x.shape[-2] < 2 or 0 in x.shape:
        raise ShapeError(f"{operation}: takes (..., T, C) with T >= 2; got states={x.shape}.")
    if not np.isfinite(x).all():
        raise DataError(f"{operation}: states must be finite numbers; got NaN or inf.")
    return x
