from threading import Barrier, Thread

import numpy as np
import pytest

from tinyllm import Tensor, no_grad
from tinyllm.autograd.grad_mode import is_recording


def leaf():
    return Tensor(np.ones(2), requires_grad=True)


def test_nothing_is_recorded_inside():
    x = leaf()
    with no_grad():
        y = x * x
    assert not y.requires_grad
    assert y.node is None
    assert x.data.flags.writeable
    assert (x * x).requires_grad


def test_it_nests_and_ends_with_an_error_too():
    with no_grad():
        with no_grad():
            pass
        assert not is_recording()
        with pytest.raises(ZeroDivisionError), no_grad():
            raise ZeroDivisionError
        assert not is_recording()
    assert is_recording()


def test_as_a_decorator():
    @no_grad()
    def double(x):
        return x * 2.0

    assert not double(leaf()).requires_grad
    assert (leaf() * 2.0).requires_grad


def test_backward_works_inside():
    x = leaf()
    y = (x * x).sum()
    with no_grad():
        y.backward()
    assert x.grad.tolist() == [2, 2]


def test_threads_do_not_see_it():
    both, seen = Barrier(2), {}

    def work():
        seen["inside main's block"] = is_recording()
        with no_grad():
            both.wait()  # now the main thread looks
            both.wait()
        seen["after the own block"] = is_recording()

    with no_grad():
        thread = Thread(target=work)
        thread.start()
        both.wait()
    seen["in main, inside the thread's block"] = is_recording()
    both.wait()
    thread.join()
    assert all(seen.values()), seen
    assert len(seen) == 3
