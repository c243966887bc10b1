"""How a Transformer knows where a token stands: laws of the four ways."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.ops.cases import every_backend
from tinyllm import Tensor, ops
from tinyllm.errors import ShapeError
from tinyllm.nn import Alibi, Rotary, SelfAttention, Sinusoidal
from tinyllm.nn.attention import shared
from tinyllm.nn.positions import NoPositions, frequencies

seeds, lengths = st.integers(0, 1000), st.integers(1, 9)


def numbers(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


# -------------------------------------------------------------------- sinusoidal
def test_sinusoids_are_those_of_the_paper():
    table = Sinusoidal(50, 6, scale=1.0)(np.arange(50)).data
    for place in (0, 1, 49):
        for i in range(3):
            angle = place / 10_000 ** (2 * i / 6)
            np.testing.assert_allclose(table[place, 2 * i], np.sin(angle), atol=1e-6)
            np.testing.assert_allclose(table[place, 2 * i + 1], np.cos(angle), atol=1e-6)


@given(st.integers(1, 30), st.integers(1, 12))
def test_sinusoids_are_as_large_as_they_are_told(context, width):
    table = Sinusoidal(context, width, scale=0.5)(np.arange(context)).data
    assert table.shape == (context, width)
    assert table.dtype == np.float32
    assert np.abs(table).max() <= 0.5


# -------------------------------------------------------------------- rotary
@given(seeds, lengths, lengths, st.integers(0, 50), st.sampled_from([2, 6, 8]))
def test_turned_products_depend_on_the_distance_alone(seed, T, S, start, D):
    rotary = Rotary(1, D)
    q, k = Tensor(numbers(seed, 1, 1, T, D)), Tensor(numbers(seed + 1, 1, 1, S, D))

    def scores(start):
        return rotary.place(q, start).data @ rotary.place(k, start).data.swapaxes(-1, -2)

    np.testing.assert_allclose(scores(start), scores(0), atol=1e-10)


@given(seeds, lengths, st.integers(0, 50))
def test_turning_keeps_every_length(seed, T, start):
    x = numbers(seed, 2, 3, T, 8)
    turned = Rotary(3, 8).place(Tensor(x), start).data
    norms = np.linalg.norm(turned, axis=-1)
    np.testing.assert_allclose(norms, np.linalg.norm(x, axis=-1))
    if start == 0:
        np.testing.assert_array_equal(turned[:, :, 0], x[:, :, 0])  # the first place turns nothing


@given(seeds, lengths)
def test_turning_back_gives_the_vector_again(seed, T):
    x, angles = numbers(seed, T, 4), numbers(seed + 1, T, 2)
    np.testing.assert_allclose(ops.rotary(ops.rotary(x, angles), -angles).data, x, atol=1e-12)


@pytest.mark.parametrize(("x", "angles"), [((3, 5), (3, 2)), ((3, 4), (2, 2)), ((4,), (2,))])
def test_angles_that_do_not_fit_are_refused(x, angles):
    with pytest.raises(ShapeError, match=r"rotary: x must be \(..., T, D\) with D even"):
        ops.rotary(np.ones(x), np.ones(angles))


def test_frequencies_fall_from_1():
    np.testing.assert_allclose(frequencies(8), [1, 0.1, 0.01, 0.001])


# -------------------------------------------------------------------- ALiBi
def test_slopes_are_those_of_the_paper():
    """Section 3: for 8 heads 1/2, 1/4, ... 1/256."""
    np.testing.assert_allclose(Alibi(8, 4).slopes, [1 / 2**n for n in range(1, 9)])
    np.testing.assert_allclose(Alibi(16, 4).slopes[:2], [2**-0.5, 2**-1])


def test_the_bias_is_the_distance_times_the_slope():
    expected = [[-2, -1, 0, -1], [-3, -2, -1, 0]]  # the last two of four places
    np.testing.assert_allclose(Alibi(8, 4).bias(2, 4)[0], np.array(expected) / 2)


@every_backend
@given(seeds, lengths, lengths, st.booleans(), st.booleans())
def test_a_bias_of_0_is_no_bias(backend, seed, T, S, causal, masked):
    q, k, v = numbers(seed, 2, 2, T, 4), numbers(seed, 2, 2, S, 4), numbers(seed + 1, 2, 2, S, 4)
    mask = np.random.default_rng(seed).random((2, 1, T, S)) < 0.6 if masked else None
    arriving, found = numbers(seed + 2, 2, 2, T, 4), []
    with tinyllm.backend(backend):
        for bias in (None, np.zeros((T, S))):
            tensors = [Tensor(x, requires_grad=True) for x in (q, k, v)]
            y = ops.scaled_dot_product_attention(*tensors, mask, causal, bias)
            y.backward(arriving)
            found.append([y.data, *(t.grad for t in tensors)])
    for fused, composed in zip(*found, strict=True):
        np.testing.assert_allclose(fused, composed, atol=1e-12)


@every_backend
@given(seeds, lengths, lengths, st.booleans())
def test_a_bias_of_minus_infinity_is_a_mask(backend, seed, T, S, causal):
    q, k, v = numbers(seed, 1, 2, T, 4), numbers(seed, 1, 2, S, 4), numbers(seed + 1, 1, 2, S, 4)
    mask = np.random.default_rng(seed).random((T, S)) < 0.6
    with tinyllm.backend(backend):
        masked = ops.scaled_dot_product_attention(q, k, v, mask, causal).data
        bias = np.where(mask, 0.0, -np.inf)
        biased = ops.scaled_dot_product_attention(q, k, v, None, causal, bias).data
    np.testing.assert_allclose(masked, biased, atol=1e-12)


@given(seeds, st.booleans())
def test_the_gradient_of_a_bias(seed, causal):
    q, k, v, bias = (numbers(seed + i, 1, 2, 3, n) for i, n in enumerate((2, 2, 2, 3)))
    mask = np.array([True, True, False])

    def attend(q, k, v, bias):
        return ops.scaled_dot_product_attention(q, k, v, mask, causal, bias)

    tinyllm.gradcheck(attend, q, k, v, bias)


# -------------------------------------------------------------------- inside of attention
@given(seeds, st.integers(2, 8))
def test_without_positions_the_order_does_not_matter_and_with_them_it_does(seed, T):
    x = numbers(seed, 1, T, 8)
    order = np.random.default_rng(seed).permutation(T)
    for at in (NoPositions(), Rotary(2, 4), Alibi(2, 4)):
        rng = np.random.default_rng(0)
        layer = SelfAttention(8, 2, causal=False, positions=at, rng=rng)
        for p in layer.parameters():
            p.data = p.data.astype(np.float64) + rng.standard_normal(p.shape)
        moved, whole = layer(Tensor(x[:, order])).data, layer(Tensor(x)).data[:, order]
        alike = np.allclose(moved, whole, atol=1e-9)
        no_matter = type(at) is NoPositions or (np.diff(order) == 1).all()
        turned_round = type(at) is Alibi and (np.diff(order) == -1).all()  # distances are the same
        assert alike == (no_matter or turned_round)


@given(seeds, st.sampled_from([(4, 4), (4, 2), (4, 1), (6, 3)]))
def test_heads_share_keys_in_order(seed, pair):
    heads, groups = pair
    x = numbers(seed, 2, groups, 3, 4)
    np.testing.assert_array_equal(shared(Tensor(x), heads).data, x.repeat(heads // groups, axis=1))
