"""Laws of rms_norm."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.ops.cases import every_backend
from tests.ops.drawing import numbers, shapes
from tinyllm import Tensor, ops

rows = shapes(min_dims=1).flatmap(lambda shape: numbers((*shape, 4), shift=0.5))


def rms_norm(backend, x, *parameters, eps=1e-6):
    with tinyllm.backend(backend):
        return ops.rms_norm(x, *parameters, eps=eps).data


@every_backend
@given(rows)
def test_every_row_has_root_mean_square_1(backend, x):
    y = rms_norm(backend, x, eps=0.0)
    np.testing.assert_allclose(np.sqrt((y * y).mean(axis=-1)), 1, rtol=1e-12)


@every_backend
@given(rows, st.floats(0.01, 100))
def test_a_scale_changes_nothing_if_eps_goes_with_it(backend, x, scale):
    scaled = rms_norm(backend, x * scale, eps=1e-6 * scale**2)
    np.testing.assert_allclose(scaled, rms_norm(backend, x), rtol=1e-9)


@every_backend
@given(rows)
def test_a_turned_sign_is_kept(backend, x):
    np.testing.assert_array_equal(rms_norm(backend, -x), -rms_norm(backend, x))


@every_backend
@given(rows)
def test_it_is_layer_norm_for_rows_of_mean_0(backend, x):
    centred = x - x.mean(axis=-1, keepdims=True)
    with tinyllm.backend(backend):
        expected = ops.layer_norm(centred, eps=1e-3).data
    np.testing.assert_allclose(rms_norm(backend, centred, eps=1e-3), expected, atol=1e-11)


@every_backend
@given(rows)
def test_gradients_stand_upright_on_x(backend, x):
    """A scale of x leaves the result as it is, so along x there is no slope."""
    tensor = Tensor(x, requires_grad=True)
    with tinyllm.backend(backend):
        ops.rms_norm(tensor, eps=0.0).backward(np.cos(np.arange(x.size)).reshape(x.shape))
    size = np.abs(tensor.grad).max(initial=1)
    np.testing.assert_allclose((tensor.grad * x).sum(axis=-1), 0, atol=1e-11 * size)
