"""Laws of matmul, linear and einsum."""

import numpy as np
from hypothesis import assume, given

from tests.ops import inputs
from tinyllm import Tensor, ops


def gradients(function, *arrays):
    tensors = [None if a is None else Tensor(a, requires_grad=True) for a in arrays]
    y = function(*tensors)
    y.backward(np.cos(np.arange(y.size)).reshape(y.shape))
    return [y.data, *(t.grad for t in tensors if t is not None)]


@given(inputs.linear())
def test_linear_is_matmul_plus_bias(drawn):
    (x, weight, bias), _ = drawn

    def spelled_out(x, weight, bias=None):
        y = x @ weight
        return y if bias is None else y + bias

    for ours, expected in zip(
        gradients(ops.linear, x, weight, bias), gradients(spelled_out, x, weight, bias), strict=True
    ):
        np.testing.assert_allclose(ours, expected, atol=1e-12)


@given(inputs.multiplied())
def test_a_product_transposed_is_the_product_of_the_transposes_in_reverse(drawn):
    (a, b), _ = drawn
    assume(min(a.ndim, b.ndim) >= 2)
    turned = ops.swapaxes(b, -1, -2) @ ops.swapaxes(a, -1, -2)
    np.testing.assert_allclose(turned.data.swapaxes(-1, -2), ops.matmul(a, b).data, atol=1e-12)


def test_einsum_spells_out_other_operations():
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    for letters, operation, arrays in [
        ("ij,jk->ik", ops.matmul, (a, b)),
        ("ij->ji", ops.transpose, (a,)),
        ("ij->", ops.sum, (a,)),
        ("ij,ij->ij", ops.multiply, (a, a + 1)),
    ]:

        def by_letters(*tensors, letters=letters):
            return ops.einsum(letters, *tensors)

        for ours, expected in zip(
            gradients(by_letters, *arrays), gradients(operation, *arrays), strict=True
        ):
            np.testing.assert_allclose(ours, expected, atol=1e-12)
