"""RNN, GRU, LSTM as layers: how they start, what a state is, what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm import Tensor
from tinyllm.errors import OptionError, ShapeError
from tinyllm.nn import GRU, LSTM, RNN

every_kind = pytest.mark.parametrize("kind", [RNN, GRU, LSTM])


def text(*shape, seed=0):
    return Tensor(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))


def flat(state):
    return [part.data for entry in state for part in entry]


@every_kind
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 6), st.integers(1, 6))
def test_the_state_carries_all_that_was_read(kind, layers, batch, first, second):
    module, x = kind(3, 5, layers=layers, rng=0), text(batch, first + second, 3)
    whole, end = module(x)
    one, state = module(x[:, :first])
    two, last = module(x[:, first:], state)
    both = np.concatenate([one.data, two.data], axis=1)
    np.testing.assert_allclose(both, whole.data, rtol=1e-5, atol=1e-6)
    assert len(state) == layers
    for found, right in zip(flat(last), flat(end), strict=True):
        assert found.shape == (batch, 5)
        np.testing.assert_allclose(found, right, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(last[-1][0].data, two.data[:, -1])  # h of the top layer is its y


@every_kind
def test_a_gradient_flows_through_the_state_until_it_is_cut(kind):
    module, x = kind(3, 4, layers=2, rng=0), text(1, 6, 3)
    first = Tensor(x.data[:, :3], requires_grad=True)
    _, state = module(first)
    module(x[:, 3:], state)[0].sum().backward()
    assert (first.grad != 0).all()
    first.grad = None
    _, state = module(first)
    cut = [tuple(part.detach() for part in entry) for entry in state]
    module(x[:, 3:], cut)[0].sum().backward()
    assert first.grad is None


@pytest.mark.parametrize("kind", [RNN, GRU])
def test_weights_start_as_they_say(kind):
    module = kind(7, 16, rng=0)
    numbers = np.concatenate([p.data.ravel() for p in module.parameters()])
    assert np.abs(numbers).max() <= 0.25
    assert np.abs(numbers).max() > 0.24
    assert abs(numbers.mean()) < 0.02
    assert [name for name, _ in module.named_parameters()] == [
        "layers.0.input_weight",
        "layers.0.input_bias",
        "layers.0.recurrent_weight",
        "layers.0.recurrent_bias",
    ]


def test_an_lstm_begins_by_remembering():
    module = LSTM(3, 8, layers=2, rng=0)
    for layer in module.layers:
        both = layer.input_bias.data + layer.recurrent_bias.data
        assert (both[8:16] == 1).all()
        assert (np.delete(both, np.s_[8:16]) != 1).all()


def test_dropout_stands_between_layers_only():
    x = text(2, 4, 3)
    one, none = (LSTM(3, 8, dropout=p, rng=0)(x)[0].data for p in (0.5, 0.0))
    np.testing.assert_array_equal(one, none)
    two, none = (LSTM(3, 8, layers=2, dropout=p, rng=0)(x)[0].data for p in (0.5, 0.0))
    assert (two != none).any()


@every_kind
def test_what_does_not_fit_is_refused(kind):
    module, name = kind(3, 4, layers=2, rng=0), kind.__name__
    with pytest.raises(ShapeError, match=rf"{name}: x must be \(B, T, 3\); got x=\(2, 3\)\."):
        module(text(2, 3))
    with pytest.raises(ShapeError, match=rf"{name}: x must be \(B, T, 3\); got x=\(2, 5, 4\)\."):
        module(text(2, 5, 4))
    _, state = module(text(2, 5, 3))
    with pytest.raises(OptionError, match="one entry for each of the 2 layers; got 1"):
        module(text(2, 5, 3), state[:1])
    with pytest.raises(ShapeError, match=r"h must be \(B, C\); got .*h=\(2, 4\)"):
        module(text(3, 5, 3), state)
    with pytest.raises(OptionError, match="layers must be at least 1; got 3, 4, 0"):
        kind(3, 4, layers=0, rng=0)
