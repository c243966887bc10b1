"""RNNLM: what it reads, what it carries, what training by pieces cuts."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.models.tiny import draw_ids
from tinyllm import ops
from tinyllm.errors import OptionError, ShapeError
from tinyllm.kernels.backend import BACKENDS
from tinyllm.models import RNNLM, RNNConfig, build
from tinyllm.nn import StateCache
from tinyllm.nn.rnn import CELLS
from tinyllm.nn.state_cache import from_arrays, to_arrays

every_cell = pytest.mark.parametrize("cell", CELLS)
VALID = {"vocabulary": 11, "context": 8}


def model_of(cell, rng=0, **changes):
    sizes = VALID | {"layers": 2, "width": 8} | changes
    return RNNLM(RNNConfig(cell=cell, **sizes), rng)


@pytest.mark.parametrize("backend", BACKENDS)
@every_cell
@given(st.lists(st.integers(1, 5), min_size=1, max_size=5), st.integers(1, 3), st.integers(0, 99))
def test_a_text_in_pieces_gives_the_logits_of_the_whole(cell, backend, sizes, batch, seed):
    """Truncated back-propagation changes the gradient, not what the model says."""
    model, ids = model_of(cell, seed), draw_ids(seed, batch, sum(sizes))
    caches = model.new_caches(batch)
    with tinyllm.backend(backend):
        parts = np.split(ids, np.cumsum(sizes)[:-1], axis=1)
        pieces = np.concatenate([model(part, caches).data for part in parts], axis=1)
        np.testing.assert_allclose(pieces, model(ids).data, rtol=1e-5, atol=1e-5)
    assert [cache.length for cache in caches] == [ids.shape[1]] * 2


@every_cell
def test_the_gradient_is_that_of_the_last_piece_from_a_fixed_state(cell):
    model, ids, targets = model_of(cell), draw_ids(0, 2, 9), draw_ids(1, 2, 4)
    caches = model.new_caches()
    model(ids[:, :5], caches)
    start = [cache.tensors() for cache in caches]
    ops.cross_entropy(model(ids[:, 5:], caches), targets).backward()
    found = {name: p.grad for name, p in model.named_parameters()}
    model.zero_grad()
    ops.cross_entropy(model.read(ids[:, 5:], start)[0], targets).backward()
    for name, p in model.named_parameters():
        np.testing.assert_array_equal(found[name], p.grad)
    assert all(part.grad is None for entry in start for part in entry)


@every_cell
def test_read_hands_the_gradient_on_through_the_state(cell):
    """Two pieces, and the state between them, are one graph: the gradient of the whole text."""
    model, ids, targets = model_of(cell), draw_ids(0, 2, 9), draw_ids(1, 2, 9)
    ops.cross_entropy(model(ids), targets).backward()
    whole = {name: p.grad for name, p in model.named_parameters()}
    model.zero_grad()
    first, state = model.read(ids[:, :5])
    second, _ = model.read(ids[:, 5:], state)
    ops.cross_entropy(ops.concatenate([first, second], axis=1), targets).backward()
    for name, p in model.named_parameters():
        np.testing.assert_allclose(p.grad, whole[name], rtol=1e-4, atol=1e-6, err_msg=name)


@every_cell
def test_the_table_is_shared_or_not(cell):
    tied, own = model_of(cell), model_of(cell, tied=False)
    names = [name for name, _ in tied.named_parameters()]
    assert names[0] == "tokens.weight"
    assert names[-1] == "bias"
    assert set(dict(own.named_parameters())) - set(names) == {"output.weight"}
    assert own.count_parameters() - tied.count_parameters() == 11 * 8


def test_carried_states_survive_a_file():
    model = model_of("lstm")
    caches, others = model.new_caches(), model.new_caches()
    assert to_arrays(caches) == {}
    model(draw_ids(0, 2, 5), caches)
    assert to_arrays(caches).keys() == {"0.0", "0.1", "1.0", "1.1"}
    from_arrays(others, to_arrays(caches))
    ids = draw_ids(1, 2, 3)
    np.testing.assert_array_equal(model(ids, caches).data, model(ids, others).data)
    from_arrays(others, {})
    assert others[0].state is None


def test_what_does_not_fit_is_refused():
    model = model_of("gru")
    with pytest.raises(
        ShapeError, match=r"RNNLM: ids must be \(B, T\) with T >= 1; got ids=\(3,\)"
    ):
        model([1, 2, 3])
    with pytest.raises(ShapeError, match=r"got ids=\(1, 0\)"):
        model(np.zeros((1, 0), int))
    with pytest.raises(OptionError, match="ids must be in 0 to 10; got 11"):
        model([[11]])
    caches = model.new_caches()
    model(draw_ids(0, 2, 3), caches)
    with pytest.raises(ShapeError, match=r"gru: h must be \(B, C\); got .*h=\(2, 8\)"):
        model(draw_ids(0, 3, 3), caches)
    assert isinstance(caches[0], StateCache)


# -------------------------------------------------------------------- the config
@every_cell
def test_a_config_survives_a_round_trip_through_json(cell):
    config = RNNConfig(**VALID, cell=cell, tied=False, dropout=0.5)
    assert RNNConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert isinstance(build("recurrent", config.to_dict(), 0), RNNLM)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cell": "mamba"}, "config: cell must be one of 'rnn', 'gru', 'lstm'; got 'mamba'."),
        ({"cell": ["rnn"]}, "config: cell must be one of 'rnn', 'gru', 'lstm'; got ['rnn']."),
        ({"tied": 1}, "config: tied must be True or False; got 1."),
        ({"layers": 0}, "config: layers must be a whole number >= 1; got 0."),
        ({"width": 2.0}, "config: width must be a whole number >= 1; got 2.0."),
        ({"dropout": 1.0}, "config: dropout must be at least 0 and below 1; got 1.0."),
    ],
)
def test_what_cannot_be_built_is_refused(changes, message):
    with pytest.raises(OptionError) as caught:
        RNNConfig(**(VALID | changes))
    assert str(caught.value).startswith(message)


def test_an_option_of_another_architecture_is_refused():
    with pytest.raises(OptionError, match="unknown: heads; missing: vocabulary"):
        RNNConfig.from_dict({"context": 8, "heads": 2})
