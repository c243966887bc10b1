"""Norms of gradients, by parameter and by block."""

import math

import numpy as np
import pytest

from tinyllm.analysis import gradient_norms, gradient_norms_by_block
from tinyllm.errors import OptionError
from tinyllm.models import RNNLM, DecoderOnly, RNNConfig, TransformerConfig

CONFIG = TransformerConfig(vocabulary=7, context=6, layers=3, heads=2, width=8)


def walked_back(model):
    model(np.array([[1, 2, 3]])).sum().backward()
    return model


def test_the_norm_of_all_is_that_of_the_parts():
    model = walked_back(DecoderOnly(CONFIG, rng=0))
    norms = gradient_norms(model)
    assert norms.keys() == dict(model.named_parameters()).keys()
    whole = np.concatenate([p.grad.ravel() for p in model.parameters()])
    assert math.isclose(math.hypot(*norms.values()), np.linalg.norm(whole), rel_tol=1e-5)


def test_a_block_has_the_gradients_of_its_own_parameters():
    model = walked_back(DecoderOnly(CONFIG, rng=0))
    norms = gradient_norms_by_block(model)
    assert len(norms) == 3
    own = np.concatenate([p.grad.ravel() for p in model.blocks[1].parameters()])
    assert math.isclose(norms[1], np.linalg.norm(own), rel_tol=1e-5)


def test_what_has_none_is_refused():
    with pytest.raises(OptionError, match=r"no parameter has a gradient. Hint: loss.backward\(\)"):
        gradient_norms(DecoderOnly(CONFIG, rng=0))
    with pytest.raises(OptionError, match="this RNNLM has no blocks"):
        gradient_norms_by_block(walked_back(RNNLM(RNNConfig(vocabulary=7, context=4), rng=0)))
