"""Pre-LN and Post-LN: x + f(n(x)) and n(x + f(x)).

Where the branch f is zero they differ by the norm alone: pre(x) = x and post(x) = n(x), so
post(x) = n(pre(x)), to the last bit, in values and in gradients.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm import Tensor
from tinyllm.models import DecoderOnly, TransformerConfig
from tinyllm.nn import LayerNorm, Linear, PostNorm, PreNorm, RMSNorm, TransformerBlock
from tinyllm.nn.residual import RESIDUALS

C = 6
seeds = st.integers(0, 1 << 32)
both_norms = pytest.mark.parametrize("norm", [LayerNorm, RMSNorm])


def numbers(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def zero(module):
    """Make every branch give zeros: the products that end it, with their biases."""
    for name, p in module.named_parameters():
        if ".output." in name or ".down." in name:
            p.data[...] = 0
    return module


def value_and_gradient(function, x, arriving):
    tensor = Tensor(x, requires_grad=True)
    y = function(tensor)
    y.backward(arriving)
    return y.data, tensor.grad


@both_norms
@given(seeds)
def test_with_a_zero_branch_pre_is_the_identity_and_post_is_the_norm(norm, seed):
    x, arriving = numbers(seed, 2, 3, C), numbers(seed + 1, 2, 3, C)
    branch = Linear(C, C, std=0.0, rng=0)
    pre, post = PreNorm(branch, norm(C)), PostNorm(branch, norm(C))
    value, gradient = value_and_gradient(pre, x, arriving)
    np.testing.assert_array_equal(value, x)
    np.testing.assert_array_equal(gradient, arriving)
    of_post = value_and_gradient(post, x, arriving)
    of_norm = value_and_gradient(norm(C), x, arriving)
    np.testing.assert_array_equal(of_post, of_norm)


@both_norms
@given(seeds)
def test_the_two_are_what_their_formulas_say(norm, seed):
    x = Tensor(numbers(seed, 2, 3, C))
    branch, layer_norm = Linear(C, C, std=0.5, rng=seed), norm(C)
    layer_norm.weight.data[...] = numbers(seed + 1, C)
    pre, post = PreNorm(branch, layer_norm)(x), PostNorm(branch, layer_norm)(x)
    np.testing.assert_array_equal(pre.data, (x + branch(layer_norm(x))).data)
    np.testing.assert_array_equal(post.data, layer_norm(x + branch(x)).data)


@given(seeds)
def test_a_block_with_zero_branches_is_the_identity_or_two_norms(seed):
    x = Tensor(numbers(seed, 2, 3, C))
    options = {"causal": True, "layers": 1, "dropout": 0.0, "rng": np.random.default_rng(seed)}
    pre = zero(TransformerBlock(C, 2, norm="pre", **options))
    post = zero(TransformerBlock(C, 2, norm="post", **options))
    np.testing.assert_array_equal(pre(x).data, x.data)
    np.testing.assert_array_equal(post(x).data, post.mlp.norm(post.attention.norm(x)).data)


@given(seeds, st.integers(1, 3))
def test_whole_models_with_zero_branches_agree_up_to_the_norms_eps(seed, layers):
    """Pre-LN normalises once, at the end, Post-LN 2L times. With eps = 0 that would be the same:
    what is normalised stays as it is."""
    sizes = {"vocabulary": 7, "context": 4, "layers": layers, "heads": 2, "width": C}
    ids = np.random.default_rng(seed).integers(0, 7, (2, 4))
    logits = []
    for norm in RESIDUALS:
        model = zero(DecoderOnly(TransformerConfig(norm=norm, **sizes), rng=seed))
        model.tokens.weight.data *= 50  # so that rows have variance of about 1, far above eps
        model.positions.weight.data *= 50
        logits.append(model(ids).data)
    np.testing.assert_allclose(*logits, rtol=0, atol=2e-3 * np.abs(logits[0]).max())


def test_options_reach_the_branch():
    class Told(Linear):
        def forward(self, x, **options):
            self.told = options
            return super().forward(x)

    for residual in RESIDUALS.values():
        branch = Told(C, C, rng=0)
        residual(branch, LayerNorm(C))(Tensor(numbers(0, C)), mask=None, cache=3)
        assert branch.told == {"mask": None, "cache": 3}
