import math
from itertools import cycle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.tiny import draw_ids, stirred, tiny
from tinyllm import ops
from tinyllm.errors import TrainingError
from tinyllm.nn import Module, Parameter
from tinyllm.train import SGD, AdamW, train
from tinyllm.train.loop import add_gradients


def batches_of(seed, batch, length=4):
    """Yield inputs and targets that never end."""
    rng = np.random.default_rng(seed)
    while True:
        yield rng.integers(0, 11, (2, batch, length))


def in_halves(batches):
    for inputs, targets in batches:
        half = len(inputs) // 2
        yield inputs[:half], targets[:half]
        yield inputs[half:], targets[half:]


def copied(model):
    return {name: array.copy() for name, array in model.state_dict().items()}


def constant(step):
    return 0.05


@given(st.integers(0, 99), st.integers(1, 3))
def test_two_batches_of_b_are_one_batch_of_2_b(seed, half):
    steps = {}
    for accumulate, batches in (
        (1, batches_of(seed, 2 * half)),
        (2, in_halves(batches_of(seed, 2 * half))),
    ):
        model = stirred(seed)
        optimiser = SGD(model.parameters(), 0.1)  # AdamW would make much of rounding errors
        done = list(train(model, optimiser, batches, constant, steps=3, accumulate=accumulate))
        steps[accumulate] = done, copied(model)
    (one, weights), (two, same_weights) = steps[1], steps[2]
    for a, b in zip(one, two, strict=True):
        assert math.isclose(a.loss, b.loss, rel_tol=1e-5)
        assert math.isclose(a.gradient_norm, b.gradient_norm, rel_tol=1e-4)
        assert a.tokens == b.tokens == 8 * half
    for name, array in weights.items():
        np.testing.assert_allclose(array, same_weights[name], rtol=0, atol=1e-5, err_msg=name)


def test_gradients_of_several_batches_are_those_of_their_mean_loss():
    model, twin = stirred(), stirred()
    batches = list(zip(*draw_ids(0, 2, 3, 5, 4), strict=True))
    rest = iter(batches)
    loss, tokens = add_gradients(model, rest, 2, 0.1)
    one, two = (ops.cross_entropy(twin(x), y, label_smoothing=0.1) for x, y in batches[:2])
    mean = (one + two) / 2
    mean.backward()
    assert math.isclose(loss, mean.item(), rel_tol=1e-6)
    assert tokens == 2 * 20
    assert len(list(rest)) == 1  # the third batch is still to come
    for ours, reference in zip(model.parameters(), twin.parameters(), strict=True):
        np.testing.assert_allclose(ours.grad, reference.grad, rtol=1e-4, atol=1e-6)


def test_a_step_tells_what_it_did():
    model, twin = stirred(), stirred()
    inputs, targets = draw_ids(0, 2, 3, 4)
    optimiser = AdamW(model.parameters(), 1.0)
    rates = [0.01, 0.02, 0.03]
    steps = train(
        model, optimiser, cycle([(inputs, targets)]), rates.__getitem__, steps=3, clip=0.1
    )
    first = next(steps)
    loss = ops.cross_entropy(twin(inputs), targets)
    loss.backward()
    length = math.sqrt(sum(float((p.grad**2).sum()) for p in twin.parameters()))
    assert math.isclose(first.loss, loss.item(), rel_tol=1e-6)  # before the step
    assert math.isclose(first.gradient_norm, length, rel_tol=1e-5)  # before clipping
    assert length > 0.1
    rest = list(steps)
    assert [s.number for s in (first, *rest)] == [1, 2, 3]
    assert [s.learning_rate for s in (first, *rest)] == rates
    assert [s.tokens for s in (first, *rest)] == [12, 12, 12]


def test_the_learning_rate_follows_the_schedule_from_where_it_starts():
    model, asked = tiny(), []

    def schedule(step):
        asked.append(step)
        return 0.001 * step

    optimiser = AdamW(model.parameters(), 1.0)
    steps = list(train(model, optimiser, batches_of(0, 2), schedule, start=5, steps=8))
    assert asked == [5, 6, 7]
    assert [s.number for s in steps] == [6, 7, 8]
    assert [s.learning_rate for s in steps] == [0.001 * step for step in asked]
    assert not list(train(model, optimiser, batches_of(0, 2), schedule, start=8, steps=8))


def test_the_gradient_is_clipped_before_the_step():
    model = stirred()
    before = copied(model)
    optimiser = SGD(model.parameters(), 1.0)
    (step,) = train(model, optimiser, batches_of(0, 2), lambda s: 1.0, steps=1, clip=0.01)
    changes = [p.data - before[name] for name, p in model.named_parameters()]
    moved = math.sqrt(sum(float((change**2).sum()) for change in changes))
    assert step.gradient_norm > 0.01
    assert math.isclose(moved, 0.01, rel_tol=1e-3)


def test_nothing_happens_before_the_first_step_is_asked_for():
    def refuse():
        raise AssertionError("a batch was drawn")
        yield

    train(stirred(), None, refuse(), constant, steps=3)


class Diverging(Module):
    """A model whose scores, or whose gradients, cease to be numbers at one of its calls."""

    def __init__(self, at, loss, factor):
        self.table = Parameter(np.zeros((11, 11), np.float32))
        self.calls, self.at, self.loss, self.factor = 0, at, loss, factor

    def forward(self, ids):
        self.calls += 1
        scores = ops.embedding(self.table, ids)
        if self.calls == self.at and self.loss:
            return scores * self.factor
        if self.calls == self.at:
            scores.register_hook(lambda gradient: gradient * 0 + self.factor)
        return scores


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("accumulate", [1, 3])
@pytest.mark.parametrize("loss", [True, False])
@pytest.mark.parametrize("factor", [math.nan, math.inf])
def test_a_loss_or_gradient_that_is_no_number_stops_and_keeps_the_step_before(
    accumulate, loss, factor
):
    model = Diverging(at=2 * accumulate + 1, loss=loss, factor=factor)  # in the third step
    optimiser = AdamW(model.parameters(), 0.1)
    steps = train(model, optimiser, batches_of(0, 2), constant, steps=9, accumulate=accumulate)
    assert [next(steps).number, next(steps).number] == [1, 2]
    before = copied(model)
    with pytest.raises(TrainingError) as caught:
        next(steps)
    message = str(caught.value)
    assert message.startswith(
        "train: loss and gradient of step 3 must be finite numbers; got loss "
    )
    assert message.endswith("Hint: a smaller learning rate, a longer warm-up.")
    np.testing.assert_equal(copied(model), before)
    assert optimiser.steps == 2


def test_training_goes_on_after_a_loss_that_was_no_number():
    """With a smaller learning rate, say. The gradients of the bad step must not count."""
    model = Diverging(at=3, loss=False, factor=math.inf)
    optimiser = AdamW(model.parameters(), 0.1)
    with pytest.raises(TrainingError):
        list(train(model, optimiser, batches_of(0, 2), constant, steps=9))
    steps = list(train(model, optimiser, batches_of(1, 2), constant, start=2, steps=4))
    assert [s.number for s in steps] == [3, 4]
    assert np.isfinite(model.table.data).all()
