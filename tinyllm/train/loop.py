"""The training loop. Everything else of a run (files, evaluation, progress) is around it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import TrainingError
from tinyllm.train.optimisers import Optimiser, clip_grad_norm
from tinyllm.types import NO_TARGET, Array


@dataclass(frozen=True)
class Step:
    """What one step of training did."""

    number: int  # steps done, this one included
    loss: float  # nats a target, on this step's batches, before the step
    learning_rate: float
    gradient_norm: float  # before clipping
    tokens: int  # how many targets the step has seen


def train(
    model: Callable[[Any], Tensor],
    optimiser: Optimiser,
    batches: Iterator[tuple[Any, Array]],
    schedule: Callable[[int], float],
    *,
    steps: int,
    start: int = 0,
    clip: float = 1.0,
    accumulate: int = 1,
    label_smoothing: float = 0.0,
) -> Iterator[Step]:
    """Train, and yield after each step: the caller decides when to evaluate, save or stop.

    model:       inputs -> logits (..., V), as ids (B, T) -> (B, T, V) where it says what comes next
    batches:     yields inputs, whatever the model takes, and targets (...), integers; what is
                 NO_TARGET does not count
    schedule:    the learning rate of step 0, 1, ...
    accumulate:  batches whose gradients are added before a step: a larger batch in less memory
    label_smoothing:  see ops.cross_entropy; the loss of a step has it, too
    Raises:      TrainingError if the loss or the gradient is not a finite number; the parameters
                 are then those of the step before
    """
    for number in range(start, steps):
        optimiser.learning_rate = schedule(number)
        optimiser.zero_grad()
        loss, tokens = add_gradients(model, batches, accumulate, label_smoothing)
        norm = clip_grad_norm(optimiser.parameters, clip)
        if not math.isfinite(loss + norm):
            raise TrainingError(
                f"train: loss and gradient of step {number + 1} must be finite numbers; got loss "
                f"{loss}, gradient norm {norm}. Hint: a smaller learning rate, a longer warm-up."
            )
        optimiser.step()
        yield Step(number + 1, loss, optimiser.learning_rate, norm, tokens)


def add_gradients(
    model: Callable[[Any], Tensor],
    batches: Iterator[tuple[Any, Array]],
    accumulate: int,
    label_smoothing: float = 0.0,
) -> tuple[float, int]:
    """Add the gradients of the mean loss of the next `accumulate` batches to the parameters.

    Each batch goes forward and back before the next one comes, so the memory is that of one; and
    where all batches have as many targets, the gradients are those of one large batch.

    Units:   returns the mean loss in nats a target, and how many targets that were

    >>> import numpy as np
    >>> scores = Tensor([[0.0, 0.0]], requires_grad=True)
    >>> batches = iter([(scores, np.array([0])), (scores, np.array([0]))])
    >>> loss, tokens = add_gradients(lambda inputs: inputs, batches, accumulate=2)
    >>> round(loss, 4), tokens, scores.grad.tolist()
    (0.6931, 2, [[-0.5, 0.5]])
    """
    loss, tokens = 0.0, 0
    for _ in range(accumulate):
        inputs, targets = next(batches)
        loss_here = ops.cross_entropy(model(inputs), targets, NO_TARGET, label_smoothing)
        share = loss_here / accumulate
        share.backward()
        loss, tokens = loss + share.item(), tokens + int((targets != NO_TARGET).sum())
    return loss, tokens
