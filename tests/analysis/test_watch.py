"""Hooks see what happens, change it if they are to, and leave no trace."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tinyllm import nn, no_grad
from tinyllm.analysis import hooked, watched
from tinyllm.errors import OptionError
from tinyllm.models import DecoderOnly, TransformerConfig

CONFIG = TransformerConfig(vocabulary=7, context=6, layers=3, heads=2, width=8)
IDS = np.array([[1, 2, 3, 4]])


@pytest.fixture
def model():
    return DecoderOnly(CONFIG, rng=0)


def test_a_block_gets_what_the_one_before_it_gave(model):
    with watched(model, nn.TransformerBlock) as seen:
        model(IDS)
    first, second, third = (calls[0] for calls in seen.values())
    assert_array_equal(first.output, second.input)
    assert_array_equal(second.output, third.input)
    assert first.part is model.blocks[0]


def test_each_call_is_noted(model):
    with watched(model, nn.TransformerBlock) as seen:
        model(IDS)
        model(IDS[:, :2])
    assert [call.output.shape for call in seen["blocks.1"]] == [(1, 4, 8), (1, 2, 8)]


def test_watching_changes_nothing_and_leaves_nothing(model):
    before = model(IDS).data
    names = [name for name, _ in model.named_parameters()]
    with watched(model, nn.TransformerBlock, nn.Linear) as seen:
        during = model(IDS).data
        assert [name for name, _ in model.named_parameters()] == names
        assert not model.is_plain(), "the compiled way would pass the hooks by"
    assert_array_equal(before, during)
    assert model.is_plain()
    model(IDS)
    assert all(len(calls) == 1 for calls in seen.values())


def test_hooks_nest_and_the_outer_one_stays(model):
    part = model.blocks[0]
    with hooked(part, lambda forward, x, **options: forward(x, **options) * 2):
        twice = model(IDS).data
        with hooked(part, lambda forward, x, **options: forward(x, **options) * 0.5):
            assert_allclose(model(IDS).data, before_hooks(model, part), rtol=1e-5, atol=1e-6)
        assert_array_equal(model(IDS).data, twice)
    assert "forward" not in vars(part)


def before_hooks(model, part):
    """What the model says without any hook, though one is set."""
    hook = vars(part).pop("forward")
    scores = model(IDS).data
    part.forward = hook
    return scores


def test_an_error_inside_takes_the_hook_away(model):
    with pytest.raises(ZeroDivisionError), hooked(model.norm, lambda forward, x: 1 / 0):
        model(IDS)
    assert "forward" not in vars(model.norm)


def test_a_part_can_be_left_out(model):
    with no_grad(), hooked(model.blocks[1], lambda forward, x, **options: x):
        without = model(IDS).data
    del model.blocks[1]
    assert_array_equal(without, model(IDS).data)


def test_a_kind_that_is_not_there_is_refused(model):
    with (
        pytest.raises(OptionError, match="this DecoderOnly has no part of the kind LSTM"),
        watched(model, nn.LSTM),
    ):
        pass
