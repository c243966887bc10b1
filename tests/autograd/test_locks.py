import sys
from threading import Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided

from tinyllm import Tensor
from tinyllm.autograd import locks
from tinyllm.errors import InPlaceError


def leaf(array):
    return Tensor(array, requires_grad=True)


def refuses(tensor):
    """Whether a change in place is refused, both through the tensor and through NumPy."""
    with pytest.raises(InPlaceError, match=r"assignment: .*still needs\. Hint: "):
        tensor[...] = 0.0
    with pytest.raises(ValueError, match="read-only"):
        tensor.data[...] = 0.0
    return True


def test_a_saved_value_is_refused_until_backward():
    x = leaf(np.ones(3))
    y = (x * x).sum()
    assert refuses(x)
    y.backward()
    x[0] = 5.0
    x.data[1] = 6.0
    assert x.data.tolist() == [5, 6, 1]


def test_a_saved_value_is_refused_until_the_graph_is_dropped():
    x = leaf(np.ones(3))
    y = x * x
    assert refuses(x)
    del y
    x[0] = 5.0


def test_with_retain_graph_it_stays_refused():
    x = leaf(np.ones(3))
    y = (x * x).sum()
    y.backward(retain_graph=True)
    assert refuses(x)
    y.backward()
    x[0] = 5.0


def test_two_graphs_must_both_be_done():
    x = leaf(np.ones(3))
    y, z = (x * x).sum(), (x * x).sum()
    y.backward()
    assert refuses(x)
    z.backward()
    x[0] = 5.0


def test_a_result_is_refused_while_its_graph_lives():
    x = leaf(np.ones(3))
    y = x + 1.0
    with pytest.raises(InPlaceError):
        y[0] = 5.0
    y.sum().backward()
    y[0] = 5.0


def test_what_backward_does_not_need_may_be_changed():
    x = leaf(np.ones(3))
    y = x + 1.0
    x[0] = 5.0
    y.sum().backward()
    assert x.grad.tolist() == [1, 1, 1]


def test_no_way_leads_around_through_the_array_that_was_given():
    array = np.ones((2, 3))
    y = leaf(array) * leaf(array)
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 5.0
    del y
    array[0] = 5.0


def test_no_way_leads_around_through_a_view_or_its_base():
    x = leaf(np.ones((2, 3)))
    flat = x.reshape(-1)
    y = (flat * flat).sum()  # saves the view
    assert refuses(flat)
    assert refuses(x)
    y.backward()
    x.data[0, 0] = 5.0
    flat.data[1] = 6.0
    assert x.data[0].tolist() == [5, 6, 1]


def test_a_view_made_of_a_locked_array_is_opened_too():
    x = leaf(np.ones((2, 3)))
    y = (x * x).sum()
    flat = x.reshape(-1)  # made while x is read-only
    z = (flat * flat).sum()
    y.backward()
    assert refuses(flat)
    z.backward()
    flat.data[0] = 5.0


def test_an_index_array_is_needed_too():
    x, rows, columns = leaf(np.eye(3)), np.array([0, 1]), np.array([1, 1])
    y = x[rows, columns].sum()
    for index in (rows, columns):
        with pytest.raises(ValueError, match="read-only"):
            index[0] = 2
    y.backward()
    rows[0] = 2
    assert x.grad.tolist() == [[0, 1, 0], [0, 1, 0], [0, 0, 0]]


def test_a_read_only_view_of_an_open_array():
    """The memory is locked, and the view, which was not writable before, is not afterwards."""
    array = np.ones(3)
    wide = np.broadcast_to(array, (2, 3))
    y = leaf(wide) * leaf(wide)
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 5.0
    del y
    array[0] = 5.0
    assert not wide.flags.writeable


def test_an_array_that_was_read_only_stays_so():
    array = np.ones(3)
    array.flags.writeable = False
    (leaf(array) * 2.0).sum().backward()
    assert not array.flags.writeable


def test_memory_that_numpy_would_not_open_again_is_left_alone():
    array = as_strided(np.ones(4), (2, 2))
    x = leaf(array)
    (x * x).sum().backward()
    array[0, 0] = 5.0
    assert x.grad.tolist() == [[2, 2], [2, 2]]


@given(st.lists(st.integers(0, 2), max_size=12))
def test_any_order_of_locks_and_unlocks(which):
    base = np.zeros((4, 4))
    arrays = [base, base[1:], base.T]
    keys = [locks.lock(arrays[i]) for i in which]
    assert locks.is_locked(base[2]) == bool(which)
    assert base.flags.writeable == (not which)
    for key in keys:
        assert not base.flags.writeable
        locks.unlock(key)
    assert all(array.flags.writeable for array in arrays)
    assert not locks.is_locked(base)


def test_threads_may_share_weights():
    weights, failures = leaf(np.ones((4, 4))), []

    def work():
        try:
            for _ in range(300):
                (np.ones((2, 4)) @ weights).sum().backward()
        except Exception as error:
            failures.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not failures
    assert weights.data.flags.writeable
