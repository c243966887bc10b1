"""The models look where the matrices of masks.py say, and nowhere else.

Which token moves which result is found by changing one after the other.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.models.options import CONTEXT, V, build, choices, draw_ids
from tinyllm.errors import OptionError
from tinyllm.models import DecoderOnly, EncoderDecoder, EncoderOnly, Transformer, masks

lengths, seeds = st.integers(1, CONTEXT), st.integers(0, 1000)


def influence(run, ids):
    """Row t, column s: whether changing token s changes result t. `run`: ids (T) -> (T, ...)."""
    with tinyllm.no_grad():
        before, moved = run(ids), np.zeros((ids.size, ids.size), bool)
        for s in range(ids.size):
            changed = ids.copy()
            changed[s] = ids[s] % (V - 1) + 1
            moved[:, s] = (run(changed) != before).any(axis=-1)
    return moved


def bidirectional(config, rng):
    """A Transformer without a causal mask: for masks of one's own."""
    return Transformer(config, rng, causal=False)


@given(choices, seeds, lengths)
def test_an_encoder_is_bidirectional(options, seed, T):
    model = build(EncoderOnly, seed, **options)
    found = influence(lambda ids: model(ids[None]).data[0], draw_ids(seed, T))
    np.testing.assert_array_equal(found, masks.bidirectional(T))


@given(choices, seeds, lengths)
def test_a_decoder_is_causal(options, seed, T):
    model = build(DecoderOnly, seed, **options)
    found = influence(lambda ids: model(ids[None]).data[0], draw_ids(seed, T))
    np.testing.assert_array_equal(found, masks.causal(T))


@given(choices, seeds, st.integers(1, 5), st.integers(1, 5))
def test_an_encoder_decoder_sees_its_source_and_its_past(options, seed, S, T):
    model = build(EncoderDecoder, seed, **options)

    def run(ids):
        source, target = ids[None, :S], ids[None, S:]
        decoded = model.decoder.states(
            target, each=[{"source": one} for one in model.read(model.encode(source))]
        )
        return np.concatenate([model.encode(source).data[0], decoded.data[0]])

    found = influence(run, draw_ids(seed, S + T))
    np.testing.assert_array_equal(found, masks.encoder_decoder(S + T, S))


@given(choices, seeds, lengths, st.data())
def test_a_prefix_lm_is_a_transformer_with_that_mask(options, seed, T, data):
    model = build(bidirectional, seed, **options)
    mask = masks.prefix_lm(T, data.draw(st.integers(0, T)))
    found = influence(lambda ids: model.states(ids[None], mask).data[0], draw_ids(seed, T))
    np.testing.assert_array_equal(found, mask)


@given(lengths)
def test_without_a_prefix_it_is_causal_and_with_all_of_it_bidirectional(T):
    np.testing.assert_array_equal(masks.prefix_lm(T, 0), masks.causal(T))
    np.testing.assert_array_equal(masks.prefix_lm(T, T), masks.bidirectional(T))


@pytest.mark.parametrize("prefix", [-1, 4])
def test_a_prefix_that_is_none_is_refused(prefix):
    with pytest.raises(OptionError, match=f"prefix must be in 0 to 3; got {prefix}"):
        masks.prefix_lm(3, prefix)
