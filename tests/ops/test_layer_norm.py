"""Laws of layer_norm."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.ops.cases import every_backend
from tests.ops.drawing import numbers, shapes
from tinyllm import Tensor, ops

rows = shapes(min_dims=1).flatmap(lambda shape: numbers((*shape, 4), unique=True))


def layer_norm(backend, x, *parameters, eps=1e-5):
    with tinyllm.backend(backend):
        return ops.layer_norm(x, *parameters, eps=eps).data


@every_backend
@given(rows)
def test_every_row_has_mean_0_and_deviation_1(backend, x):
    y = layer_norm(backend, x, eps=0.0)
    np.testing.assert_allclose(y.mean(axis=-1), 0, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=-1), 1, rtol=1e-12)


@every_backend
@given(rows, st.floats(-100, 100))
def test_a_shift_of_a_row_changes_nothing(backend, x, shift):
    shifted = layer_norm(backend, x + shift)
    np.testing.assert_allclose(shifted, layer_norm(backend, x), rtol=1e-8, atol=1e-8)


@every_backend
@given(rows, st.floats(0.01, 100))
def test_a_scale_changes_nothing_if_eps_goes_with_it(backend, x, scale):
    scaled = layer_norm(backend, x * scale, eps=1e-5 * scale**2)
    np.testing.assert_allclose(scaled, layer_norm(backend, x, eps=1e-5), rtol=1e-9, atol=1e-12)


@every_backend
@given(rows)
def test_gradients_stand_upright_on_shifts_and_scales(backend, x):
    """What leaves the result as it is has no slope: (1, ..., 1), and without eps x itself."""
    tensor = Tensor(x, requires_grad=True)
    with tinyllm.backend(backend):
        ops.layer_norm(tensor, eps=0.0).backward(np.cos(np.arange(x.size)).reshape(x.shape))
    size = np.abs(tensor.grad).max(initial=1)
    np.testing.assert_allclose(tensor.grad.sum(axis=-1), 0, atol=1e-11 * size)
    np.testing.assert_allclose((tensor.grad * x).sum(axis=-1), 0, atol=1e-11 * size)


@every_backend
@given(rows)
def test_weight_and_bias_scale_and_shift_the_columns(backend, x):
    weight, bias = np.array([1.0, -2, 0, 3]), np.array([0.0, 1, 2, 3])
    y = layer_norm(backend, x, weight, bias)
    np.testing.assert_allclose(y, layer_norm(backend, x) * weight + bias, atol=1e-12)


@every_backend
def test_a_constant_row_gives_the_bias(backend):
    bias = np.array([1.0, 2.0, 3.0])
    y = layer_norm(backend, np.full((2, 3), 7.0), np.ones(3), bias)
    np.testing.assert_array_equal(y, [bias, bias])


@every_backend
@given(rows)
def test_rows_do_not_see_each_other(backend, x):
    alone = layer_norm(backend, x[:1])
    np.testing.assert_array_equal(layer_norm(backend, x)[:1], alone)
