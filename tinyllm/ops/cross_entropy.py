"""cross_entropy: how surprised the model is by the right answer, in nats."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.autograd.function import Context, Function
from tinyllm.autograd.tensor import Tensor, floating, raw, record
from tinyllm.errors import OptionError, shape_error
from tinyllm.kernels import cross_entropy as kernel
from tinyllm.ops.embedding import check_ids
from tinyllm.types import NO_TARGET, Array


class CrossEntropy(Function):
    """Mean of -ln softmax(x)_target. Backward: dx = dy (softmax(x) - one_hot(target)) / n."""

    @staticmethod
    def forward(
        ctx: Context,
        logits: Array,
        targets: Array,
        counted: int,
        ignore_index: int,
        smoothing: float,
    ) -> Array:
        losses, log_totals = kernel.forward(logits, targets, ignore_index, smoothing)
        ctx.save(logits, targets, log_totals, counted, ignore_index, smoothing)
        return np.asarray(losses.sum() / logits.dtype.type(counted))

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        logits, targets, log_totals, counted, ignore_index, smoothing = ctx.saved
        scale = float(grad) / counted
        options = (scale, ignore_index, smoothing)
        return (kernel.backward(logits, targets, log_totals, *options),)


def cross_entropy(
    logits: Any, targets: Any, ignore_index: int = NO_TARGET, label_smoothing: float = 0.0
) -> Tensor:
    """Mean surprise about the targets: -ln of the probability that softmax gives to each.

    Forward:   mean over n counted targets of ln(sum_j exp x_j) - x_target
    Backward:  dx = dy (softmax(x) - one_hot(target)) / n; 0 where the target is ignored
    Shapes:    logits (..., V), targets (...) integers -> a scalar
    Units:     nats; a model that knows nothing has ln V. Divide by ln 2 for bits
    ignore_index:     targets that do not count, as for padding; if none counts, the loss is 0
    label_smoothing:  share s of the target that is spread evenly over all V classes
    Raises:    ShapeError if the shapes do not fit, OptionError for a target outside of 0 to
               V - 1 or a smoothing outside of 0 to 1
    Source:    Szegedy et al. 2016, Rethinking the Inception Architecture, section 7 (smoothing)

    >>> round(cross_entropy(Tensor([[0.0, 0.0]]), [1]).item(), 4)  # ln 2
    0.6931
    """
    x, answers = floating(logits), np.asarray(raw(targets))
    if not x.ndim or x.shape[:-1] != answers.shape or x.shape[-1] == 0:
        rule = "targets must have the logits' shape without its last axis"
        raise shape_error("cross_entropy", rule, logits=x.shape, targets=answers.shape)
    if not 0 <= label_smoothing <= 1:
        raise OptionError(f"cross_entropy: label_smoothing is a share; got {label_smoothing}.")
    counts = answers != ignore_index  # (...)
    known = answers if counts.all() else answers[counts]
    check_ids("cross_entropy", known, x.shape[-1])
    rows = x if x.ndim == 2 else x.reshape(-1, x.shape[-1])  # (R, V)
    flat = np.ascontiguousarray(answers.reshape(-1), dtype=np.int64)
    options = {"counted": max(1, known.size), "smoothing": label_smoothing}
    return record(CrossEntropy, rows, targets=flat, ignore_index=ignore_index, **options)
