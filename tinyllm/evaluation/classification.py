"""How often a classifier is right: accuracy, and macro-F1 for classes of unequal size.

Leaves out: who predicts. Who calls it: what trains and compares classifiers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.errors import DataError, DtypeError, shape_error
from tinyllm.types import Array


def accuracy(predictions: ArrayLike, targets: ArrayLike) -> float:
    """Share of predictions that are right.

    Shapes:    predictions (N,), targets (N,), integers
    Units:     a share, 0 to 1
    Raises:    ShapeError if the two differ in shape; DataError if there is none

    >>> accuracy([0, 1, 2, 2], [0, 1, 1, 2])
    0.75
    """
    predicted, true = checked("accuracy", predictions, targets)
    return float((predicted == true).mean())


def macro_f1(predictions: ArrayLike, targets: ArrayLike) -> float:
    """Mean of the F1 of all classes, each with the same weight, however rare it is.

    Forward:   F1 = 2 TP / (2 TP + FP + FN) for each class, then the mean
               TP: predicted and true, FP: predicted but not true, FN: true but not predicted
    Shapes:    predictions (N,), targets (N,), integers >= 0
    Units:     a share, 0 to 1
    Raises:    as accuracy
    Source:    van Rijsbergen 1979, chapter 7 for F; the mean is over the classes that are predicted
               or true somewhere, as in scikit-learn's f1_score(average="macro")

    Here class 0 has TP 2, FP 1, FN 0, so F1 = 4/5; class 1 has TP 1, FP 0, FN 1, so F1 = 2/3.

    >>> round(macro_f1([0, 0, 0, 1], [0, 0, 1, 1]), 4)
    0.7333
    """
    predicted, true = checked("macro_f1", predictions, targets)
    _, numbers = np.unique(np.concatenate([predicted, true]), return_inverse=True)
    predicted, true = np.split(numbers, 2)
    classes = int(numbers.max()) + 1
    hits = np.bincount(true[predicted == true], minlength=classes)
    # 2 TP + FP + FN: how often a class is predicted, and how often it is true
    total = np.bincount(predicted, minlength=classes) + np.bincount(true, minlength=classes)
    return float((2 * hits / total).mean())


def checked(operation: str, predictions: ArrayLike, targets: ArrayLike) -> tuple[Array, Array]:
    """Take two rows of integers of one length."""
    predicted, true = np.asarray(predictions), np.asarray(targets)
    if predicted.shape != true.shape or predicted.ndim != 1:
        rule = "takes one predicted class for each target, both in one row"
        shapes = {"predictions": predicted.shape, "targets": true.shape}
        raise shape_error(operation, rule, "argmax over the last axis of the logits?", **shapes)
    if predicted.size == 0:
        raise DataError(f"{operation}: needs at least one prediction; got none.")
    for name, array in {"predictions": predicted, "targets": true}.items():
        if array.dtype.kind not in "iu":
            raise DtypeError(f"{operation}: {name} must be integers; got {array.dtype}.")
    return predicted, true
