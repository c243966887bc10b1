import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.tiny import draw_ids, stirred
from tinyllm import ops
from tinyllm.errors import DataError, OptionError
from tinyllm.evaluation import mean_loss
from tinyllm.evaluation.loss import ROWS
from tinyllm.models import RNNLM, RNNConfig
from tinyllm.nn import Module
from tinyllm.nn.rnn import CELLS

CONTEXT = 8


class Counting(Module):
    """Wraps a model and keeps what it was given to read."""

    def __init__(self, model):
        self.model, self.config, self.seen = model, model.config, []

    def forward(self, ids):
        self.seen.append(ids)
        return self.model(ids)

    @property
    def targets(self):
        return sum(ids.size for ids in self.seen)


def loss_by_hand(model, ids):
    """-log p of each id but the first, from those before it in its window, one at a time."""
    losses = []
    for place in range(1, len(ids)):
        start = (place - 1) // CONTEXT * CONTEXT
        scores = model(ids[None, start:place]).data[0, -1].astype(np.float64)
        scores -= scores.max()
        losses.append(np.log(np.exp(scores).sum()) - scores[ids[place]])
    return sum(losses) / len(losses)


@given(st.integers(0, 99), st.integers(2, 40), st.integers(1, 4))
def test_it_is_the_mean_over_all_targets_one_by_one(seed, size, batch):
    model, ids = stirred(seed), draw_ids(seed, size)
    assert math.isclose(mean_loss(model, ids, batch=batch), loss_by_hand(model, ids), rel_tol=1e-5)


@given(st.integers(2, 300), st.integers(1, 5))
def test_each_target_is_looked_at_once(size, batch):
    model = Counting(stirred())
    ids = draw_ids(0, size)
    mean_loss(model, ids, batch=batch)
    assert model.targets == size - 1
    np.testing.assert_array_equal(np.concatenate([i.ravel() for i in model.seen]), ids[:-1])


@given(st.integers(2, 400), st.integers(1, 5), st.integers(1, 500))
def test_with_a_bound_it_looks_at_about_so_many(size, batch, most):
    """To within a batch: what is looked at is whole batches, at least one."""
    model = Counting(stirred())
    mean_loss(model, draw_ids(0, size), batch=batch, most=most)
    assert 0 < model.targets <= min(size - 1, most + batch * CONTEXT)
    # half a batch is lost by rounding, and the last batch may be a short one
    assert model.targets >= min(size - 1, most) - 2 * batch * CONTEXT


def test_with_a_bound_it_looks_at_the_whole_length_of_the_text():
    model = Counting(stirred())
    ids = np.repeat(np.arange(10), 8 * 10)  # ten stretches of ten windows, each its own id
    mean_loss(model, np.append(ids, 0), batch=1, most=80)
    assert [seen[0, 0] for seen in model.seen] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]


# -------------------------------------------------------------------- a recurrent model
def recurrent(cell="lstm", context=CONTEXT, **changes):
    sizes = {"vocabulary": 11, "context": context, "layers": 2, "width": 8}
    return RNNLM(RNNConfig(cell=cell, **sizes, **changes), 0)


@given(st.sampled_from([*CELLS]), st.integers(2, 60), st.integers(1, 9))
def test_a_recurrent_model_reads_each_piece_from_its_beginning(cell, size, context):
    model, ids = recurrent(cell, context), draw_ids(0, size)
    rows = min(ROWS, max(1, (size - 1) // context))
    length = -(-(size - 1) // rows)
    total = 0.0
    for start in range(0, size - 1, length):
        inputs, targets = ids[start : start + length], ids[start + 1 : start + length + 1]
        loss = ops.cross_entropy(model(inputs[None, : len(targets)]), targets[None])
        total += loss.item() * len(targets)
    assert math.isclose(mean_loss(model, ids), total / (size - 1), rel_tol=1e-5)


def test_how_far_gradients_look_back_does_not_change_what_a_recurrent_model_is_worth():
    ids = draw_ids(0, 2000)
    losses = [mean_loss(recurrent(context=context), ids) for context in (4, 16, 100)]
    np.testing.assert_allclose(losses, losses[0], rtol=1e-6)


def test_with_a_bound_a_recurrent_model_reads_the_beginning_of_each_piece():
    model, ids = recurrent(), draw_ids(0, 1 + ROWS * CONTEXT * 5)
    beginnings = ids[:-1].reshape(ROWS, -1)[:, : 2 * CONTEXT]
    targets = ids[1:].reshape(ROWS, -1)[:, : 2 * CONTEXT]
    expected = ops.cross_entropy(model(beginnings), targets).item()
    found = mean_loss(model, ids, most=ROWS * CONTEXT * 2)
    assert math.isclose(found, expected, rel_tol=1e-5)


def test_a_recurrent_model_is_left_as_it_was():
    model, ids = recurrent(dropout=0.5), draw_ids(0, 200)
    assert mean_loss(model, ids) == mean_loss(model, ids)
    assert model.training
    assert all(p.grad is None for p in model.parameters())
    with pytest.raises(DataError, match="needs at least 2 ids"):
        mean_loss(model, np.array([1]))


def test_a_model_that_knows_nothing_loses_the_logarithm_of_the_vocabulary():
    model = stirred()
    model.tokens.weight.data[...] = 0
    assert math.isclose(mean_loss(model, draw_ids(0, 50)), math.log(11), rel_tol=1e-6)


@pytest.mark.parametrize("mode", [True, False])
def test_dropout_is_off_no_graph_is_kept_and_the_training_flag_comes_back(mode):
    model, ids = stirred(dropout=0.5).train(mode), draw_ids(0, 50)
    state = model.rng.bit_generator.state
    assert mean_loss(model, ids) == mean_loss(model, ids)
    assert model.rng.bit_generator.state == state
    assert model.training is mode
    assert model.blocks[1].mlp.branch.dropout.training is mode
    assert all(p.grad is None for p in model.parameters())


def test_the_training_flag_comes_back_also_when_the_model_fails():
    model = stirred()
    with pytest.raises(OptionError, match="ids must be in 0 to 10"):
        mean_loss(model, np.array([1, 2, 99, 4]))
    assert model.training


def test_fewer_than_two_ids_are_refused():
    with pytest.raises(DataError, match="needs at least 2 ids"):
        mean_loss(stirred(), np.array([1]))
