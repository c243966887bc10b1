"""An operation may keep how to compute a cheap output again, in place of the output."""

import weakref

import numpy as np
import pytest

from tinyllm import Tensor, ops
from tinyllm.errors import BackwardError, InPlaceError
from tinyllm.ops.activations import GeluTanh
from tinyllm.ops.layer_norm import LayerNorm

RNG = np.random.default_rng(0)
X, W = RNG.standard_normal((5, 4)), RNG.standard_normal((4, 3))


def leaf(array):
    return Tensor(array.copy(), requires_grad=True)


def model(x, w, bias):
    return (ops.gelu(ops.layer_norm(x, None, bias), approximate="tanh") @ w).sum()


def gradients():
    leaves = leaf(X), leaf(W), leaf(np.ones(4))
    model(*leaves).backward()
    return [t.grad for t in leaves]


def test_the_cheap_output_is_not_kept_and_the_gradient_is_bit_for_bit_the_same(monkeypatch):
    x, w = leaf(X), leaf(W)
    hidden = ops.gelu(x, approximate="tanh")
    y = hidden @ w
    held = weakref.ref(hidden.data)
    del hidden
    assert held() is None
    y.sum().backward()

    short = gradients()
    monkeypatch.setattr(LayerNorm, "cheap", False)
    monkeypatch.setattr(GeluTanh, "cheap", False)
    for ours, kept in zip(short, gradients(), strict=True):
        np.testing.assert_array_equal(ours, kept)


def test_two_users_and_two_walks_back():
    x, w = leaf(X), leaf(W)
    hidden = ops.relu(x)
    y = ((hidden @ w) * (hidden @ w)).sum() + hidden.sum()
    y.backward(retain_graph=True)
    once = w.grad.copy(), x.grad.copy()
    y.backward()
    np.testing.assert_array_equal(w.grad, 2 * once[0])
    np.testing.assert_array_equal(x.grad, 2 * once[1])


def test_what_the_recipe_needs_is_locked_and_its_output_cannot_be_written_to():
    x, w, bias = leaf(X), leaf(W), leaf(np.ones(4))
    normal = ops.layer_norm(x, None, bias)
    y = normal @ w
    with pytest.raises(ValueError, match="read-only"):
        normal.data[...] = 0.0
    for tensor in (x, bias):
        with pytest.raises(InPlaceError, match="still needs"):
            tensor[...] = 0.0
    y.sum().backward()
    x[...], bias[...] = 0.0, 0.0


def test_another_array_in_the_place_of_the_output_is_kept_as_it_is():
    x, w = leaf(X), leaf(W)
    hidden = ops.relu(x)
    hidden.data = np.full((5, 4), 2.0)
    (hidden @ w).sum().backward()
    np.testing.assert_array_equal(w.grad, np.full((4, 3), 10.0))


def test_the_output_can_be_used_after_its_graph_was_walked():
    x, w = leaf(X), leaf(W)
    hidden = ops.relu(x)
    hidden.sum().backward()
    y = (hidden * w.T[:1]).sum()  # another graph over the same value
    with pytest.raises(BackwardError, match="already walked"):
        y.backward()
    z = (hidden.detach() @ w).sum()
    z.backward()
    np.testing.assert_array_equal(w.grad, np.maximum(X, 0).T @ np.ones((5, 3)))
