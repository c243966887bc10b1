import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.models.options import CONTEXT, PADDING, V, build, choices, draw_ids, filled_up
from tinyllm import ops
from tinyllm.errors import DtypeError, OptionError, ShapeError
from tinyllm.kernels.backend import BACKENDS
from tinyllm.models import EncoderOnly
from tinyllm.models.heads import POOLINGS
from tinyllm.text import mask_tokens
from tinyllm.train import AdamW

every_backend = pytest.mark.parametrize("backend", BACKENDS)
seeds = st.integers(0, 1000)


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5 * max(1, np.abs(expected).max()))


# -------------------------------------------------------------------- padding
@every_backend
@given(choices, seeds, st.integers(1, CONTEXT), st.sampled_from(list(POOLINGS)))
def test_padding_changes_nothing(backend, options, seed, length, pooling):
    more = {"padding": PADDING, "classes": 3, "pooling": pooling, "segments": 2}
    model, ids = build(EncoderOnly, seed, **options, **more), draw_ids(seed, 2, length)
    padded = filled_up(ids, CONTEXT)
    with tinyllm.backend(backend):
        close(model(padded).data[:, :length], model(ids).data)
        close(model.encode(padded).data[:, :length], model.encode(ids).data)
        close(model.classify(padded).data, model.classify(ids).data)
        for kind in POOLINGS:
            close(model.embed(padded, pooling=kind).data, model.embed(ids, pooling=kind).data)


@given(choices, seeds, st.integers(1, CONTEXT))
def test_what_stands_at_padding_does_not_matter(options, seed, length):
    model = build(EncoderOnly, seed, **options)
    mask = np.arange(CONTEXT) < np.array([[length], [CONTEXT]])
    ids, others = draw_ids(seed, 2, CONTEXT), draw_ids(seed + 1, 2, CONTEXT)
    others = np.where(mask, ids, others)
    found, expected = (model(x, mask=mask).data[mask] for x in (others, ids))
    np.testing.assert_array_equal(found, expected)


@given(choices, seeds)
def test_a_mask_that_is_given_is_that_of_the_padding(options, seed):
    model, ids = build(EncoderOnly, seed, padding=PADDING, **options), draw_ids(seed, 2, 5)
    ids = filled_up(ids, CONTEXT)
    np.testing.assert_array_equal(model(ids, mask=ids != PADDING).data, model(ids).data)


@given(seeds)
def test_padding_passes_no_gradient_on(seed):
    model, ids = build(EncoderOnly, seed, padding=PADDING), filled_up(draw_ids(seed, 2, 5), CONTEXT)
    model.embed(ids).sum().backward()
    assert not model.positions.weight.grad[5:].any()
    assert model.positions.weight.grad[:5].any(axis=1).all()


def test_a_text_of_nothing_but_padding_gives_numbers():
    model = build(EncoderOnly, padding=PADDING, classes=2, pooling="mean")
    for found in (model([[PADDING] * 3]), model.classify([[PADDING] * 3])):
        assert np.isfinite(found.data).all()


# -------------------------------------------------------------------- segments and pooling
def test_segments_are_added_and_are_0_where_nobody_says_another():
    model, ids = build(EncoderOnly, segments=2), draw_ids(0, 1, 4)
    zeros = model(ids, segments=np.zeros((1, 4), int)).data
    np.testing.assert_array_equal(model(ids).data, zeros)
    assert (model(ids, segments=[[0, 0, 1, 1]]).data != zeros).any()


@given(seeds, st.integers(1, CONTEXT))
def test_pooling_takes_the_mean_or_the_first(seed, length):
    model, ids = build(EncoderOnly, seed), draw_ids(seed, 2, length)
    states = model.encode(ids).data
    close(model.embed(ids).data, states.mean(axis=1))
    np.testing.assert_array_equal(model.embed(ids, pooling="first").data, states[:, 0])


# -------------------------------------------------------------------- heads
def test_a_new_head_leaves_the_encoder_as_it_is():
    model, ids = build(EncoderOnly), draw_ids(0, 2, 5)
    tuned = model.with_classes(3, rng=1, pooling="mean")
    np.testing.assert_array_equal(tuned.embed(ids).data, model.embed(ids).data)
    np.testing.assert_array_equal(tuned(ids).data, model(ids).data)
    assert tuned.classify(ids).shape == (2, 3)
    tuned.tokens.weight.data[...] = 0
    assert model.tokens.weight.data.any()
    assert tuned.with_classes(5, rng=1).classify(ids).shape == (2, 5)


def test_the_masked_head_is_tied_to_the_tokens():
    tied, free = build(EncoderOnly), build(EncoderOnly, tied=False)
    assert free.count_parameters() - tied.count_parameters() == V * free.config.width


def test_the_loss_at_the_start_is_that_of_a_guess():
    ids = draw_ids(0, 8, CONTEXT)
    for norm in ("pre", "post"):
        model = EncoderOnly(build(EncoderOnly, norm=norm).config, 0)
        assert abs(ops.cross_entropy(model(ids), ids).item() - math.log(V)) < 0.1


# -------------------------------------------------------------------- learning
def learnt(model, loss_of, steps=120):
    optimiser = AdamW(model.parameters(), 1e-2, weight_decay=0.0)
    for _ in range(steps):
        optimiser.zero_grad()
        loss = loss_of()
        loss.backward()
        optimiser.step()
    return loss.item()


def test_it_learns_what_was_masked_from_both_sides():
    """Each token is the same as its two neighbours: to the right as well as to the left."""
    model = EncoderOnly(build(EncoderOnly, layers=1, padding=PADDING).config, 0)
    ids = np.repeat(np.arange(2, V)[:, None], CONTEXT, axis=1)  # 1 is the mask
    rng = np.random.default_rng(0)

    def loss():
        batch = mask_tokens(ids, rng, vocabulary=V, mask=1, special=[PADDING, 1], share=0.4)
        return ops.cross_entropy(model(batch[0]), batch[1])

    learnt(model, loss)
    guess = model([[1, 7, 7, 7], [7, 7, 7, 1]]).data.argmax(axis=-1)
    assert (guess[0, 0], guess[1, 3]) == (7, 7)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_it_learns_to_classify(pooling):
    """Whether a 5 stands anywhere in the text."""
    base = build(EncoderOnly, layers=1, padding=PADDING).config
    model = EncoderOnly(base, 0).with_classes(2, rng=0, pooling=pooling)
    ids = draw_ids(3, 32, 6)
    labels = (ids == 5).any(axis=1).astype(int)
    assert 0 < labels.mean() < 1
    learnt(model, lambda: ops.cross_entropy(model.classify(ids), labels))
    np.testing.assert_array_equal(model.classify(ids).data.argmax(axis=1), labels)


# -------------------------------------------------------------------- refusals
def test_refusals():
    model = build(EncoderOnly)
    with pytest.raises(OptionError, match="EncoderOnly: the config has no segments"):
        model([[1, 2]], segments=[[0, 1]])
    with pytest.raises(OptionError, match="classify: the config has no classes"):
        model.classify([[1, 2]])
    with pytest.raises(OptionError, match="pooling must be one of 'first', 'mean'; got 'max'"):
        model.embed([[1, 2]], pooling="max")
    with pytest.raises(ShapeError, match=r"EncoderOnly: ids must be \(B, T\) with T in 1 to 8"):
        model([[1] * 9])
    with pytest.raises(ShapeError, match="the mask needs a truth value for each id"):
        model([[1, 2]], mask=[[True]])
    with pytest.raises(DtypeError, match="the mask must be boolean, True = token; got int64"):
        model([[1, 2]], mask=[[1, 0]])
