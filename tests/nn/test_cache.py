"""A cache must change nothing but the time it takes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tinyllm import Tensor
from tinyllm.errors import OptionError, ShapeError
from tinyllm.kernels.backend import BACKENDS
from tinyllm.models import RNNLM, DecoderOnly, RNNConfig, TransformerConfig
from tinyllm.nn import KeyValueCache, SelfAttention
from tinyllm.nn.cache import select_rows
from tinyllm.nn.residual import RESIDUALS

CONTEXT = 12
both_norms = pytest.mark.parametrize("norm", RESIDUALS)
every_backend = pytest.mark.parametrize("backend", BACKENDS)


def model_of(norm, seed=0, dropout=0.0):
    sizes = {"vocabulary": 11, "context": CONTEXT, "layers": 2, "heads": 2, "width": 8}
    model = DecoderOnly(TransformerConfig(norm=norm, dropout=dropout, **sizes), seed)
    rng = np.random.default_rng(seed)
    for p in model.parameters():  # large weights: attention that is far from even
        p.data += 0.3 * rng.standard_normal(p.shape, dtype=np.float32)
    return model


@st.composite
def chunks(draw, most=CONTEXT):
    """Sizes of at least 1 that add up to at most `most`."""
    sizes = [draw(st.integers(1, most))]
    while (rest := most - sum(sizes)) and draw(st.booleans()):
        sizes.append(draw(st.integers(1, rest)))
    return sizes


def in_chunks(model, ids, sizes):
    """Logits of ids (B, T), read piece by piece through caches."""
    caches, parts = model.new_caches(len(ids)), np.split(ids, np.cumsum(sizes)[:-1], axis=1)
    with tinyllm.no_grad():
        pieces = [model(part, caches).data for part in parts]
    assert all(cache.length == ids.shape[1] for cache in caches)
    return np.concatenate(pieces, axis=1)


@every_backend
@both_norms
@given(chunks(), st.integers(1, 3), st.integers(0, 99))
def test_reading_in_chunks_gives_the_same_logits(norm, backend, sizes, batch, seed):
    ids = np.random.default_rng(seed).integers(0, 11, (batch, sum(sizes)))
    model = model_of(norm, seed)
    with tinyllm.backend(backend):
        np.testing.assert_allclose(
            in_chunks(model, ids, sizes), model(ids).data, rtol=1e-5, atol=1e-5
        )


@every_backend
@both_norms
def test_reading_token_by_token_gives_the_same_logits(norm, backend):
    ids = np.random.default_rng(0).integers(0, 11, (2, CONTEXT))
    model = model_of(norm)
    with tinyllm.backend(backend):
        found = in_chunks(model, ids, [1] * CONTEXT)
        np.testing.assert_allclose(found, model(ids).data, rtol=1e-5, atol=1e-5)


@every_backend
@both_norms
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_one_call_a_block_gives_the_same_scores(norm, backend, dropout):
    ids = np.random.default_rng(0).integers(0, 11, CONTEXT)
    model = model_of(norm, dropout=dropout).eval()
    caches, others = model.new_caches(), model.new_caches()
    for token in ids:
        with tinyllm.no_grad(), tinyllm.backend("numpy"):
            expected = model(token[None, None], caches).data[0, -1]
        with tinyllm.backend(backend):
            found = model.token_scores(token, others)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(caches[1].keys, others[1].keys, rtol=1e-5, atol=1e-5)


def test_one_token_too_many_is_refused():
    model = model_of("pre")
    caches = model.new_caches()
    for _ in range(CONTEXT):
        model.token_scores(1, caches)
    with pytest.raises(ShapeError, match=r"no room for 1 more position after 12"):
        model.token_scores(1, caches)
    with pytest.raises(OptionError, match="ids must be in 0 to 10; got 11"):
        model.token_scores(11, model.new_caches())


@given(chunks(6))
def test_an_attention_that_sees_all_reads_the_past_from_the_cache(sizes):
    """Not causal: the last chunk sees itself and all before it."""
    rng = np.random.default_rng(0)
    layer = SelfAttention(8, 2, causal=False, rng=rng)
    x = rng.standard_normal((2, sum(sizes), 8)).astype(np.float32)
    cache = KeyValueCache(2, 2, 6, 4)
    with tinyllm.no_grad():
        for part in np.split(x, np.cumsum(sizes)[:-1], axis=1):
            last = layer(Tensor(part), cache=cache).data
        whole = layer(Tensor(x)).data
    np.testing.assert_allclose(last, whole[:, -sizes[-1] :], rtol=1e-5, atol=1e-5)


@given(chunks())
def test_extend_returns_all_that_was_put_in(sizes):
    k, v = np.random.default_rng(0).standard_normal((2, 3, 2, sum(sizes), 4)).astype(np.float32)
    cache = KeyValueCache(3, 2, CONTEXT, 4)
    stop = 0
    for size in sizes:
        start, stop = stop, stop + size
        kept = cache.extend(Tensor(k[:, :, start:stop]), Tensor(v[:, :, start:stop]))
        np.testing.assert_array_equal(kept[0].data, k[:, :, :stop])
        np.testing.assert_array_equal(kept[1].data, v[:, :, :stop])
    assert cache.length == stop


def test_an_overflow_is_refused_and_changes_nothing():
    cache = KeyValueCache(1, 2, 3, 4)
    two = Tensor(np.ones((1, 2, 2, 4)))
    cache.extend(two, two)
    with pytest.raises(ShapeError) as caught:
        cache.extend(two, two)
    assert str(caught.value) == (
        "cache: no room for 2 more positions after 2; got cache=(1, 2, 3, 4), new=(1, 2, 2, 4)."
    )
    assert cache.length == 2
    assert not cache.keys[:, :, 2:].any()


@pytest.mark.parametrize("shape", [(2, 2, 1, 4), (1, 3, 1, 4), (1, 2, 1, 5)])
def test_another_batch_heads_or_width_is_refused(shape):
    cache, new = KeyValueCache(1, 2, 3, 4), Tensor(np.ones(shape))
    with pytest.raises(ShapeError, match=r"cache: batch, heads and width must be the cache's"):
        cache.extend(new, new)
    assert cache.length == 0


def test_a_model_with_full_caches_refuses_the_next_token():
    model = model_of("pre")
    caches = model.new_caches()
    with tinyllm.no_grad():
        model(np.zeros((1, CONTEXT), int), caches)
        with pytest.raises(ShapeError, match="DecoderOnly: the caches are full"):
            model(np.zeros((1, 1), int), caches)


# -------------------------------------------------------------------- rows are picked
@every_backend
@given(st.integers(0, 99), st.lists(st.integers(0, 2), min_size=1, max_size=5), st.booleans())
def test_picked_rows_go_on_as_if_they_had_been_read_together(backend, seed, rows, as_plain_list):
    rng = np.random.default_rng(seed)
    model, ids, new = model_of("pre", seed), rng.integers(0, 11, (3, 5)), rng.integers(0, 11, 5)
    caches, new = model.new_caches(3), new[: len(rows), None]
    caches = list(caches) if as_plain_list else caches
    with tinyllm.no_grad(), tinyllm.backend(backend):
        model(ids, caches)
        select_rows(caches, np.array(rows))
        found = model(new, caches).data
        whole = model(np.concatenate([ids[rows], new], axis=1)).data[:, -1:]
    np.testing.assert_allclose(found, whole, rtol=1e-5, atol=1e-5)


def test_after_picking_one_row_a_token_still_goes_through_in_one_call():
    model, ids = model_of("pre"), np.random.default_rng(0).integers(0, 11, (3, 5))
    caches, others = model.new_caches(3), model.new_caches()
    with tinyllm.no_grad():
        model(ids, caches)
        model(ids[2:], others)
    caches.select(np.array([2]))
    for token in (4, 7):
        expected = model.token_scores(token, others)
        np.testing.assert_allclose(model.token_scores(token, caches), expected, atol=1e-5)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_states_are_picked_too(cell):
    model = RNNLM(RNNConfig(vocabulary=11, context=8, cell=cell, layers=2, width=8), rng=0)
    ids, rows = np.random.default_rng(0).integers(0, 11, (3, 6)), np.array([2, 0, 0, 1])
    caches = model.new_caches(3)
    model(ids[:, :5], caches)
    select_rows(caches, rows)
    found = model(ids[rows, 5:], caches).data
    np.testing.assert_allclose(found, model(ids).data[rows, -1:], rtol=1e-5, atol=1e-5)
