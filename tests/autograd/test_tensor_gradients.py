import gc
import weakref

import numpy as np
import pytest

from tinyllm import Tensor
from tinyllm.errors import BackwardError, ShapeError


def leaf(*values):
    return Tensor(np.array(values, np.float64), requires_grad=True)


# -------------------------------------------------------------------- leaves
def test_gradients_of_several_backward_calls_add_up():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    first = x.grad.copy()
    (x * 3.0).sum().backward()
    assert x.grad.tolist() == (first + 3).tolist()
    x.grad = None
    (x * 3.0).sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_a_leaf_is_its_own_result():
    x = leaf(2.0, 3.0)
    gradient = np.array([5.0, 6.0])
    x.backward(gradient)
    gradient[0] = 0.0
    assert x.grad.tolist() == [5, 6]


def test_only_leaves_keep_a_gradient():
    x, constant = leaf(2.0), Tensor([3.0])
    y = x * constant
    y.backward()
    assert x.grad == 3
    assert y.grad is None
    assert constant.grad is None


def test_detach_shares_the_numbers_and_stops_the_gradient():
    x = leaf(2.0)
    y = (x * x).detach()
    assert not y.requires_grad
    (x * y).backward()
    assert x.grad == 4
    assert x.detach().data is x.data


# -------------------------------------------------------------------- hooks
@pytest.mark.parametrize("on_leaf", [True, False])
def test_a_hook_sees_the_complete_gradient_once(on_leaf):
    x = leaf(3.0)
    y = x * 1.0
    seen = []
    (x if on_leaf else y).register_hook(lambda gradient: seen.append(gradient.copy()))
    (y * y + y).backward()  # three parts arrive at y
    assert seen == [np.array([7.0])]
    assert x.grad == 7


@pytest.mark.parametrize("on_leaf", [True, False])
def test_what_a_hook_returns_replaces_the_gradient(on_leaf):
    x = leaf(3.0)
    y = x * 2.0
    tensor = x if on_leaf else y
    tensor.register_hook(lambda gradient: gradient * 10)
    tensor.register_hook(lambda gradient: gradient + 1)  # after the first
    y.backward()
    assert x.grad == (21 if on_leaf else 22)


@pytest.mark.parametrize("on_leaf", [True, False])
def test_a_hook_can_be_removed(on_leaf):
    x = leaf(3.0)
    y = x * 2.0
    seen = []
    remove = (x if on_leaf else y).register_hook(seen.append)
    remove()
    y.backward()
    assert not seen


def test_a_hook_may_remove_itself_and_the_next_one_still_runs():
    x = leaf(3.0)
    seen = []

    def once(gradient):
        seen.append("once")
        remove()

    remove = x.register_hook(once)
    x.register_hook(lambda gradient: seen.append("always"))
    for _ in range(2):
        (x * 2.0).backward()
    assert seen == ["once", "always", "always"]


@pytest.mark.parametrize("on_leaf", [True, False])
def test_a_hook_must_return_the_right_shape(on_leaf):
    x = leaf(1.0, 2.0)
    y = x * 2.0
    (x if on_leaf else y).register_hook(lambda gradient: gradient[:1])
    with pytest.raises(ShapeError, match=r"register_hook: .*input=\(2,\), gradient=\(1,\)"):
        y.sum().backward()
    assert x.grad is None


def test_what_a_hook_has_seen_does_not_change_later():
    x = leaf(1.0)
    seen = []
    x.register_hook(seen.append)
    for _ in range(2):
        (x * 2.0).backward()
    assert seen == [np.array([2.0]), np.array([2.0])]
    assert x.grad == 4


def test_a_hook_needs_a_tensor_with_a_gradient():
    with pytest.raises(BackwardError, match="register_hook: this tensor requires no gradient"):
        Tensor([1.0]).register_hook(print)


# -------------------------------------------------------------------- retain_grad
def test_retain_grad_keeps_the_gradient_of_an_intermediate_value():
    x = leaf(2.0)
    y = x * 3.0
    y.retain_grad()
    y.retain_grad()  # asked twice, counted once
    (y * y).backward(retain_graph=True)
    assert y.grad == 12
    (y * y).backward()
    assert y.grad == 24


def test_retain_grad_of_a_leaf_changes_nothing():
    x = leaf(2.0)
    x.retain_grad()
    (x * 3.0).backward()
    assert x.grad == 3


def test_retain_grad_does_not_keep_the_tensor():
    gc.disable()
    try:
        x = leaf(2.0)
        y = x * 3.0
        y.retain_grad()
        z, alive = y * 1.0, weakref.ref(y)
        del y
        assert alive() is None
        z.backward()
        assert x.grad == 3
    finally:
        gc.enable()
