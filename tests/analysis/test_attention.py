"""The weights that are seen are those that mix the values, whatever the attention."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tinyllm import no_grad
from tinyllm.analysis import attention_watched, weight_at_offset, without_head
from tinyllm.errors import OptionError
from tinyllm.models import (
    RNNLM,
    DecoderOnly,
    EncoderDecoder,
    EncoderOnly,
    RNNConfig,
    TransformerConfig,
)

IDS = np.array([[1, 2, 3, 4, 5], [5, 4, 3, 2, 1]])


def config(**options):
    return TransformerConfig(vocabulary=7, context=9, layers=2, heads=2, width=8, **options)


def softmax(scores):
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def by_hand(part, x):
    """Weights of a plain causal self-attention, from the formula."""
    B, T, C = x.shape
    q, k, _ = np.split(x @ part.qkv.weight.data + part.qkv.bias.data, 3, axis=-1)
    q, k = (y.reshape(B, T, part.heads, -1).swapaxes(1, 2) for y in (q, k))
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(C // part.heads)
    return softmax(np.where(np.tri(T, dtype=bool), scores, -np.inf))


def test_they_are_those_of_the_formula():
    model = DecoderOnly(config(), rng=0)
    for parameter in model.parameters():
        parameter.data *= 20  # first weights would make all weights nearly alike
    with attention_watched(model) as seen:
        model(IDS)
    block = model.blocks[0]
    x = block.attention.norm(model.vectors(IDS, 0))
    expected = by_hand(block.attention.branch, x.data)
    assert_allclose(seen["blocks.0.attention.branch"][0], expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary", "alibi"])
@pytest.mark.parametrize("kv_heads", [1, 2])
@pytest.mark.parametrize("model_type", [DecoderOnly, EncoderOnly])
def test_they_sum_to_one_and_keep_to_the_mask(positions, kv_heads, model_type):
    model = model_type(config(positions=positions, kv_heads=kv_heads), rng=0)
    with no_grad():
        before = model(IDS).data
        with attention_watched(model) as seen:
            during = model(IDS).data
    assert_array_equal(before, during)
    assert len(seen) == 2
    for (weights,) in seen.values():
        assert weights.shape == (2, 2, 5, 5)
        assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)
        future = weights[..., ~np.tri(5, dtype=bool)]
        assert (future == 0).all() == (model_type is DecoderOnly)


def test_a_head_of_alibi_looks_nearby():
    model = DecoderOnly(config(positions="alibi"), rng=0)
    with attention_watched(model) as seen:
        model(IDS)
    last = seen["blocks.0.attention.branch"][0][0, 0, -1]
    assert (np.diff(last) > 0).all()


def test_with_a_cache_a_query_has_a_weight_for_each_token_before():
    model = DecoderOnly(config(), rng=0)
    caches = model.new_caches(2)
    with no_grad(), attention_watched(model) as seen:
        model(IDS, caches=caches)
        model(IDS[:, :1], caches=caches)
    whole, one = seen["blocks.1.attention.branch"]
    assert (whole.shape, one.shape) == ((2, 2, 5, 5), (2, 2, 1, 6))
    with no_grad(), attention_watched(model) as seen:
        model(np.concatenate([IDS, IDS[:, :1]], axis=1))
    (again,) = seen["blocks.1.attention.branch"]
    assert_allclose(one[:, :, 0], again[:, :, -1], rtol=1e-4, atol=1e-6)


def test_cross_attention_is_seen_too():
    model = EncoderDecoder(config(padding=0), rng=0)
    source = np.array([[1, 2, 3, 0], [4, 5, 0, 0]])
    with no_grad(), attention_watched(model) as seen:
        model(source, IDS)
    cross = [weights[0] for name, weights in seen.items() if "cross" in name]
    assert [weights.shape for weights in cross] == [(2, 2, 5, 4)] * 2
    for weights in cross:
        assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)
        assert (weights[0, ..., 3] == 0).all(), "padding"
        assert (weights[1, ..., 2:] == 0).all(), "padding"


def test_a_head_that_is_taken_out_adds_nothing_and_comes_back():
    model = DecoderOnly(config(), rng=0)
    part = model.blocks[0].attention.branch
    with no_grad():
        before = model(IDS).data
        with without_head(part, 1):
            without = model(IDS).data
            with without_head(part, 0):
                neither = model(IDS).data
        after = model(IDS).data
        part.output.weight.data[4:] = 0  # head 1 has the columns 4 to 7
        assert_allclose(model(IDS).data, without, rtol=1e-5, atol=1e-6)
        part.output.weight.data[:] = 0
        assert_allclose(model(IDS).data, neither, rtol=1e-5, atol=1e-6)
    assert_array_equal(before, after)
    assert not np.array_equal(before, without)


def test_what_cannot_be_is_one_line():
    part = DecoderOnly(config(), rng=0).blocks[0].attention.branch
    with pytest.raises(OptionError, match="head must be 0 to 1; got 2"), without_head(part, 2):
        pass
    recurrent = RNNLM(RNNConfig(vocabulary=7, context=4), rng=0)
    with (
        pytest.raises(OptionError, match="RNNLM has no part of the kind SelfAttention"),
        attention_watched(recurrent),
    ):
        pass


def test_a_head_that_looks_so_many_places_back_has_all_its_weight_there():
    T = 5
    for offset in range(T):
        weights = np.zeros((2, 3, T, T))
        weights[:, 1] = np.eye(T, k=-offset)
        assert weight_at_offset(weights, offset).tolist() == [0, 1, 0]


def test_an_offset_that_no_query_has_is_refused():
    with pytest.raises(OptionError, match="offset must be 0 to T - 1 = 2; got 3"):
        weight_at_offset(np.zeros((1, 1, 3, 3)), 3)
