"""Exercise accumulation: the gradient of a large batch in the memory of a small one."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm import ops
from tinyllm.autograd.tensor import Tensor
from tinyllm.course.exercise import Arguments, Exercise
from tinyllm.kernels.backend import backend
from tinyllm.nn.module import Parameter
from tinyllm.types import FLOAT, NO_TARGET, Array

Batches = list[tuple[Array, Array]]


def through_a_matrix(
    add_gradients: Callable[..., tuple[float, int]],
    model: Array,
    batches: Batches,
    accumulate: int,
    label_smoothing: float,
) -> dict[str, Any]:
    """Let a model be one product with a matrix; return what came out, and what is left over."""
    weight = Parameter(model)
    rest = iter(batches)

    def forward(inputs: Array) -> Tensor:
        return ops.matmul(inputs, weight)

    with backend("numpy"):  # nothing to wait for, and nothing to compile
        loss, tokens = add_gradients(forward, rest, accumulate, label_smoothing)
    left = sum(1 for _ in rest)
    told: dict[str, Any] = {"loss": loss}
    if isinstance(loss, Tensor):
        told = {"loss, a Tensor": loss.item()}
    return told | {"tokens": tokens, "gradient": weight.grad, "batches left": left}


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, st  # noqa: PLC0415

    def with_batches(B: int, accumulate: int) -> Any:
        targets = arrays(B, st.integers(0, 1) | st.just(NO_TARGET), np.int64)
        batch = st.tuples(arrays((B, 1), nice(2)), targets)
        batches = st.lists(batch, min_size=accumulate + 1, max_size=accumulate + 1)
        smoothing = st.sampled_from([0.0, 0.5])
        return st.tuples(arrays((1, 2), nice(2)), batches, st.just(accumulate), smoothing)

    return st.tuples(st.integers(1, 2), st.integers(1, 3)).flatmap(lambda d: with_batches(*d))


def probes() -> list[Arguments]:
    weight = np.array([[1.0, -1.0, 0.0], [0.5, 0.0, 2.0]], FLOAT)
    inputs = np.array([[1.0, 0.0], [2.0, -1.0], [0.5, 1.0], [-1.0, 3.0], [1.0, 1.0]], FLOAT)
    targets = np.array([0, 1, 2, NO_TARGET, 1])
    rows = [(inputs[i : i + 1], targets[i : i + 1]) for i in range(5)]
    whole = [(inputs[i : i + 2], targets[i : i + 2]) for i in (0, 1, 2)]
    pairs = [(inputs[i : i + 2], targets[i : i + 2]) for i in (0, 2, 1)]  # one without a target
    return [
        (weight, rows, 3, 0.25),
        (weight, whole, 2, 0.0),
        (weight, rows[:3], 2, 0.5),
        (weight, pairs, 2, 0.25),
    ]


def loss_of(
    batch: tuple[Array, Array], model: Callable[[Array], Tensor], label_smoothing: float
) -> tuple[Tensor, int]:
    """Return the mean loss of a batch, and how many targets it has."""
    inputs, targets = batch
    loss = ops.cross_entropy(model(inputs), targets, NO_TARGET, label_smoothing)
    return loss, int((targets != NO_TARGET).sum())


def by_shares(
    batches: Any, model: Callable[[Array], Tensor], accumulate: int, label_smoothing: float
) -> tuple[float, int]:
    """Do it right, with all of these batches."""
    loss, tokens = 0.0, 0
    for batch in batches:
        here, count = loss_of(batch, model, label_smoothing)
        share = here / accumulate
        share.backward()
        loss, tokens = loss + share.item(), tokens + count
    return loss, tokens


def gradients_not_divided(model, batches, accumulate, label_smoothing=0.0):
    loss, tokens = 0.0, 0
    for _ in range(accumulate):
        here, count = loss_of(next(batches), model, label_smoothing)
        here.backward()
        loss, tokens = loss + here.item() / accumulate, tokens + count
    return loss, tokens


def nothing_divided(model, batches, accumulate, label_smoothing=0.0):
    loss, tokens = 0.0, 0
    for _ in range(accumulate):
        here, count = loss_of(next(batches), model, label_smoothing)
        here.backward()
        loss, tokens = loss + here.item(), tokens + count
    return loss, tokens


def loss_divided_twice(model, batches, accumulate, label_smoothing=0.0):
    taken = itertools.islice(batches, accumulate)
    loss, tokens = by_shares(taken, model, accumulate, label_smoothing)
    return loss / accumulate, tokens


def loss_not_divided(model, batches, accumulate, label_smoothing=0.0):
    taken = itertools.islice(batches, accumulate)
    loss, tokens = by_shares(taken, model, accumulate, label_smoothing)
    return loss * accumulate, tokens


def backward_after_the_loop(model, batches, accumulate, label_smoothing=0.0):
    loss, tokens, share = 0.0, 0, Tensor(0.0)
    for _ in range(accumulate):
        here, count = loss_of(next(batches), model, label_smoothing)
        share = here / accumulate
        loss, tokens = loss + share.item(), tokens + count
    share.backward()
    return loss, tokens


def always_the_same_batch(model, batches, accumulate, label_smoothing=0.0):
    return by_shares([next(batches)] * accumulate, model, accumulate, label_smoothing)


def takes_all_batches(model, batches, accumulate, label_smoothing=0.0):
    return by_shares(batches, model, accumulate, label_smoothing)


def takes_one_too_many(model, batches, accumulate, label_smoothing=0.0):
    told = by_shares(itertools.islice(batches, accumulate), model, accumulate, label_smoothing)
    next(batches, None)  # as a loop over batches does before it asks whether to stop
    return told


def loss_is_a_tensor(model, batches, accumulate, label_smoothing=0.0):
    loss, tokens = Tensor(0.0), 0
    for _ in range(accumulate):
        here, count = loss_of(next(batches), model, label_smoothing)
        share = here / accumulate
        share.backward()
        loss, tokens = loss + share, tokens + count
    return loss, tokens


def counts_what_is_no_target(model, batches, accumulate, label_smoothing=0.0):
    taken = list(itertools.islice(batches, accumulate))
    loss, _ = by_shares(taken, model, accumulate, label_smoothing)
    return loss, sum(len(targets) for _, targets in taken)


def tells_the_last_batch_only(model, batches, accumulate, label_smoothing=0.0):
    loss, tokens = 0.0, 0
    for _ in range(accumulate):
        here, tokens = loss_of(next(batches), model, label_smoothing)
        (here / accumulate).backward()
        loss = here.item()
    return loss, tokens


def forgets_the_smoothing(model, batches, accumulate, label_smoothing=0.0):
    return by_shares(itertools.islice(batches, accumulate), model, accumulate, 0.0)


def gradient_handed_in(
    model: Any, batches: Any, accumulate: int, label_smoothing: float = 0.0
) -> tuple[float, int]:
    losses, tokens = [], 0
    for (inputs, targets), _ in zip(batches, range(accumulate), strict=False):
        here = ops.cross_entropy(model(inputs), targets, NO_TARGET, label_smoothing)
        here.backward(np.float32(1 / accumulate))
        losses.append(float(here.data))
        tokens += int(np.count_nonzero(targets != NO_TARGET))
        if len(losses) == accumulate:
            break
    return float(np.mean(losses)), tokens


def one_large_graph(
    model: Any, batches: Any, accumulate: int, label_smoothing: float = 0.0
) -> tuple[float, int]:
    taken = [next(batches) for _ in range(accumulate)]
    losses = [ops.cross_entropy(model(x), y, NO_TARGET, label_smoothing) for x, y in taken]
    total = losses[0]
    for loss in losses[1:]:
        total = total + loss
    mean = total / accumulate
    mean.backward()
    return mean.item(), sum(int((y != NO_TARGET).sum()) for _, y in taken)


def running_mean(
    model: Any, batches: Any, accumulate: int, label_smoothing: float = 0.0
) -> tuple[Any, Any]:
    mean, tokens = np.float64(0), np.int64(0)
    for count, (inputs, targets) in enumerate(itertools.islice(batches, accumulate), start=1):
        part = ops.cross_entropy(model(inputs), targets, NO_TARGET, label_smoothing)
        (part * (1 / accumulate)).backward()
        mean += (part.item() - mean) / count
        tokens += sum(1 for target in targets.ravel() if target != NO_TARGET)
    return mean, tokens


ACCUMULATION = Exercise(
    name="accumulation",
    target="tinyllm.train.loop:add_gradients",
    imports="""\
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinyllm import Tensor, ops
from tinyllm.types import Array, NO_TARGET""",
    use=through_a_matrix,
    cases=cases,
    probes=probes,
    mistakes=(
        gradients_not_divided,
        nothing_divided,
        loss_divided_twice,
        loss_not_divided,
        backward_after_the_loop,
        always_the_same_batch,
        takes_all_batches,
        counts_what_is_no_target,
        tells_the_last_batch_only,
        forgets_the_smoothing,
        takes_one_too_many,
        loss_is_a_tensor,
    ),
    others=(gradient_handed_in, one_large_graph, running_mean),
)
