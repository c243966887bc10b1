"""Laws of operations that move numbers: what goes there and back is what it was."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.ops import inputs
from tests.ops.drawing import along_axis, numbers, one, shapes
from tinyllm import Tensor, ops


def gradient(function: Any, *arrays: Any) -> Any:
    """The gradients of the sum of what a function of tensors returns."""
    tensors = [Tensor(a, requires_grad=True) for a in arrays]
    function(*tensors).sum().backward()
    return [t.grad for t in tensors]


@given(inputs.cut())
def test_parts_joined_again_are_the_whole(drawn):
    (x,), options = drawn
    parts = ops.split(x, **options)
    np.testing.assert_array_equal(ops.concatenate(parts, options["axis"]).data, x)


@given(inputs.joined())
def test_a_whole_cut_again_gives_its_parts(drawn):
    parts, options = drawn
    axis = options["axis"]
    places = np.cumsum([part.shape[axis] for part in parts])[:-1]
    again = ops.split(ops.concatenate(parts, axis), places, axis)
    for part, copy in zip(parts, again, strict=True):
        np.testing.assert_array_equal(copy.data, part)


@given(inputs.stacked())
def test_an_index_takes_from_a_stack_what_was_put_there(drawn):
    parts, options = drawn
    stacked = ops.stack(parts, **options)
    order = ops.swapaxes(stacked, options["axis"], 0)
    for i, part in enumerate(parts):
        found = np.take(stacked.data, i, axis=options["axis"])
        np.testing.assert_array_equal(found, part)
    assert len(order) == len(parts)


@given(inputs.transposed())
def test_a_transpose_and_its_inverse_cancel(drawn):
    (x,), options = drawn
    inverse = tuple(np.argsort([a % x.ndim for a in options["axes"]]))
    again = ops.transpose(ops.transpose(x, **options), inverse)
    np.testing.assert_array_equal(again.data, x)


@given(one(), st.data())
def test_new_axes_that_are_squeezed_leave_nothing_behind(drawn, data):
    (x,), _ = drawn
    axes = tuple(data.draw(st.sets(st.integers(0, x.ndim + 1), min_size=2, max_size=2)))
    again = ops.squeeze(ops.expand_dims(x, axes), axes)
    np.testing.assert_array_equal(again.data, x)


@given(inputs.broadcast())
def test_each_copy_of_a_broadcast_adds_its_gradient(drawn):
    (x,), options = drawn
    (dx,) = gradient(lambda t: ops.broadcast_to(t, **options), x)
    copies = np.prod(options["shape"], dtype=int) // x.size
    np.testing.assert_array_equal(dx, np.full(x.shape, copies))


@given(along_axis())
def test_looking_up_by_rank_sorts(drawn):
    (x,), options = drawn
    ranks = np.argsort(x, **options)
    found = ops.take_along_axis(x, ranks, **options)
    np.testing.assert_array_equal(found.data, np.sort(x, **options))


@given(inputs.indexed())
def test_an_element_that_is_read_n_times_gets_n_gradients(drawn):
    (x,), options = drawn
    key = options["key"]
    (dx,) = gradient(lambda t: t[key], x)
    places = np.arange(x.size).reshape(x.shape)[key]
    np.testing.assert_array_equal(dx.reshape(-1), np.bincount(np.ravel(places), minlength=x.size))


@given(shapes(min_dims=1).flatmap(numbers))
def test_tensors_may_stand_in_an_index(x):
    rows = Tensor(np.zeros(2, int))
    np.testing.assert_array_equal(Tensor(x)[rows].data, x[[0, 0]])
    np.testing.assert_array_equal(Tensor(x)[Tensor(x) > 0].data, x[x > 0])


def test_a_part_that_nobody_uses_gets_zero():
    (dx,) = gradient(lambda t: ops.split(t, 3)[1], [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(dx, [0, 1, 0])


def test_a_tensor_joined_with_itself_gets_both_gradients():
    (dx,) = gradient(lambda t: ops.concatenate([t, t * 2, t]), [1.0, 2.0])
    np.testing.assert_array_equal(dx, [4, 4])


def test_a_cast_passes_the_gradient_on_in_its_own_dtype():
    x = Tensor(np.ones(2, np.float32), requires_grad=True)
    y = x.astype(np.float64)
    assert y.dtype == np.float64
    y.backward(np.full(2, 1 / 3))
    assert x.grad.dtype == np.float32
    np.testing.assert_array_equal(x.grad, np.full(2, np.float32(1 / 3)))


def test_a_cast_to_integers_ends_the_gradient():
    assert not Tensor([1.5], requires_grad=True).astype(int).requires_grad
