"""Which version of a kernel runs: chosen for a block, by one thread, for itself."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from tinyllm.errors import OptionError
from tinyllm.kernels.backend import BACKENDS, Kernel, backend

which = Kernel(numpy=lambda: "numpy", numba=lambda: "numba")


def test_compiled_loops_are_the_default():
    assert which() == "numba"


@pytest.mark.parametrize("name", BACKENDS)
def test_a_block_runs_the_version_it_names(name):
    with backend(name):
        assert which() == name


def test_the_inner_block_wins_and_the_outer_one_comes_back():
    with backend("numpy"):
        with backend("numba"):
            assert which() == "numba"
        assert which() == "numpy"
    assert which() == "numba"


def test_an_exception_ends_the_choice_too():
    with pytest.raises(ZeroDivisionError), backend("numpy"):
        raise ZeroDivisionError
    assert which() == "numba"


def test_an_unknown_name_is_refused_and_changes_nothing():
    message = r"^backend: must be one of numpy, numba; got 'x'\.$"
    with pytest.raises(OptionError, match=message), backend("x"):
        pass
    assert which() == "numba"


def test_a_thread_does_not_see_the_choice_of_another():
    chosen, looked = Event(), Event()

    def choose():
        with backend("numpy"):
            chosen.set()
            looked.wait(timeout=60)
            return which()

    with ThreadPoolExecutor(1) as pool:
        theirs = pool.submit(choose)
        chosen.wait(timeout=60)
        ours = which()
        looked.set()
    assert (ours, theirs.result()) == ("numba", "numpy")


def test_a_new_thread_starts_with_the_default():
    with backend("numpy"), ThreadPoolExecutor(1) as pool:
        assert pool.submit(which).result() == "numba"
