"""Laws of scaled_dot_product_attention."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.ops.cases import every_backend
from tests.ops.inputs import attended
from tinyllm import Tensor, ops

seeds = st.integers(0, 2**32 - 1)
lengths = st.integers(1, 20)
dtypes = st.sampled_from([np.float32, np.float64])


def heads(seed, T, S, dtype=np.float64, B=2, H=2, D=5):
    """Random q (B, H, T, D) and k, v (B, H, S, D)."""
    rng = np.random.default_rng(seed)
    shapes = (B, H, T, D), (B, H, S, D), (B, H, S, D)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def attend(backend, q, k, v, mask=None, causal=False):
    with tinyllm.backend(backend):
        return ops.scaled_dot_product_attention(q, k, v, mask, causal).data


def gradients(backend, q, k, v, arriving, mask=None, causal=False):
    tensors = [Tensor(a, requires_grad=True) for a in (q, k, v)]
    with tinyllm.backend(backend):
        ops.scaled_dot_product_attention(*tensors, mask, causal).backward(arriving)
    return [t.grad for t in tensors]


# -------------------------------------------------------------------- causality
@every_backend
@given(seeds, lengths, lengths, dtypes, st.data())
def test_changing_a_later_key_never_changes_an_earlier_output(backend, seed, T, S, dtype, data):
    q, k, v = heads(seed, T, S, dtype)
    before = attend(backend, q, k, v, causal=True)
    t = data.draw(st.integers(0, T - 1))
    seen = max(0, S - T + t + 1)  # by query t
    k[:, :, seen:], v[:, :, seen:] = 1e6, -1e6
    after = attend(backend, q, k, v, causal=True)
    np.testing.assert_array_equal(after[:, :, : t + 1], before[:, :, : t + 1])  # to the last bit


@every_backend
@given(seeds, lengths, lengths, dtypes, st.data())
def test_an_earlier_output_sends_no_gradient_to_a_later_key(backend, seed, T, S, dtype, data):
    q, k, v = heads(seed, T, S, dtype)
    t = data.draw(st.integers(0, T - 1))
    arriving = np.zeros(q.shape)
    arriving[:, :, : t + 1] = 1
    dq, dk, dv = gradients(backend, q, k, v, arriving, causal=True)
    assert not dq[:, :, t + 1 :].any()
    assert not dk[:, :, max(0, S - T + t + 1) :].any()
    assert not dv[:, :, max(0, S - T + t + 1) :].any()


@every_backend
@given(seeds, lengths, lengths)
def test_the_last_queries_alone_see_what_they_saw_among_all(backend, seed, T, S):
    """What a cache does in generation: all keys, but only the new queries."""
    T, S = min(T, S), max(T, S)
    q, k, v = heads(seed, S, S)
    whole = attend(backend, q, k, v, causal=True)
    last = attend(backend, q[:, :, S - T :], k, v, causal=True)
    np.testing.assert_allclose(last, whole[:, :, S - T :], rtol=1e-12, atol=1e-14)


@every_backend
@given(seeds, lengths, lengths)
def test_causal_is_a_mask_of_a_triangle(backend, seed, T, S):
    q, k, v = heads(seed, T, S)
    triangle = np.tri(T, S, S - T, dtype=bool)
    causal = attend(backend, q, k, v, causal=True)
    np.testing.assert_allclose(causal, attend(backend, q, k, v, triangle), atol=1e-14)


# -------------------------------------------------------------------- masks
@every_backend
@given(attended(max_length=5))
def test_a_query_without_keys_gives_zero_and_gets_no_gradient(backend, inputs):
    (q, k, v), options = inputs
    B, H, T, S = *q.shape[:3], k.shape[2]
    may = np.broadcast_to(True if options["mask"] is None else options["mask"], (B, H, T, S))
    if options["causal"]:
        may = may & np.tri(T, S, S - T, dtype=bool)
    alone = ~may.any(axis=-1)  # (B, H, T)
    assert not attend(backend, q, k, v, **options)[alone].any()
    arriving = np.where(alone[..., None], 1.0, 0.0) * np.ones(q.shape)
    for gradient in gradients(backend, q, k, v, arriving, **options):
        assert not gradient.any()


@every_backend
@given(seeds, lengths, lengths)
def test_a_masked_key_might_as_well_not_be_there(backend, seed, T, S):
    q, k, v = heads(seed, T, S)
    may = np.random.default_rng(seed).random(S) < 0.5
    may[0] = True
    masked = attend(backend, q, k, v, may)
    without = attend(backend, q, k[:, :, may], v[:, :, may])
    np.testing.assert_allclose(masked, without, atol=1e-14)


@every_backend
@given(seeds, lengths, lengths)
def test_a_mask_that_allows_all_is_no_mask(backend, seed, T, S):
    q, k, v = heads(seed, T, S)
    allowed = attend(backend, q, k, v, np.True_)
    np.testing.assert_array_equal(allowed, attend(backend, q, k, v))


# -------------------------------------------------------------------- a weighted mean
@every_backend
@given(seeds, lengths, lengths)
def test_the_order_of_the_keys_does_not_matter(backend, seed, T, S):
    q, k, v = heads(seed, T, S)
    order = np.random.default_rng(seed).permutation(S)
    permuted = attend(backend, q, k[:, :, order], v[:, :, order])
    np.testing.assert_allclose(permuted, attend(backend, q, k, v), atol=1e-13)


@every_backend
@given(seeds, lengths, dtypes)
def test_the_only_key_returns_its_value(backend, seed, T, dtype):
    q, k, v = heads(seed, T, 1, dtype)
    np.testing.assert_array_equal(attend(backend, q, k, v), np.broadcast_to(v, q.shape))


@every_backend
@given(seeds, lengths, lengths)
def test_equal_keys_return_the_mean_of_their_values(backend, seed, T, S):
    q, k, v = heads(seed, T, S)
    y = attend(backend, q, np.zeros_like(k) + k[:, :, :1], v)
    mean = np.broadcast_to(v.mean(axis=2, keepdims=True), q.shape)
    np.testing.assert_allclose(y, mean, atol=1e-13)


@every_backend
@given(seeds, lengths, lengths)
def test_no_output_leaves_the_range_of_the_values(backend, seed, T, S):
    q, k, v = heads(seed, T, S)
    y = attend(backend, q, k, v)
    assert np.all(y <= v.max(axis=2, keepdims=True) + 1e-12)
    assert np.all(y >= v.min(axis=2, keepdims=True) - 1e-12)


# -------------------------------------------------------------------- large scores, no numbers
@every_backend
@pytest.mark.parametrize("size", [1e3, 1e9, 1e15])
def test_of_equally_large_scores_each_gets_its_share_of_the_gradient(backend, size):
    """In float32 the logarithm of a sum of such exponentials is the score itself: no use here."""
    q, k = (np.full((1, 1, n, 1), size, np.float32) for n in (1, 2))
    v = np.array([[[[1.0], [3.0]]]], np.float32)
    dq, dk, dv = gradients(backend, q, k, v, np.ones(q.shape))
    np.testing.assert_array_equal(dv, np.full(v.shape, 0.5))
    np.testing.assert_array_equal(dk, np.array([[[[-0.5], [0.5]]]]) * np.float32(size))
    np.testing.assert_array_equal(dq, np.zeros(q.shape))


@every_backend
@pytest.mark.parametrize("masked", [0, 1])
def test_a_query_that_is_no_number_gives_no_number(backend, masked):
    """Not zeros, as if it had no key: a model that broke must be seen to be broken."""
    q, k, v = heads(0, T=3, S=2, dtype=np.float32)
    q[:, :, 1] = np.nan
    mask = np.arange(2) >= masked  # the first keys are padding
    y = attend(backend, q, k, v, mask)
    assert np.all(np.isnan(y[:, :, 1]))
    assert np.all(np.isfinite(y[:, :, [0, 2]]))
