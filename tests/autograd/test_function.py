import copy
import gc
import weakref

import numpy as np
import pytest

from tinyllm import Tensor
from tinyllm.autograd.function import Function
from tinyllm.autograd.tensor import record
from tinyllm.errors import BackwardError, OptionError, ShapeError


def leaf(*values):
    return Tensor(np.array(values, np.float64), requires_grad=True)


# -------------------------------------------------------------------- memory
@pytest.fixture
def no_collector():
    """Reference counts alone must free what nobody needs: here cycles would stay."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_intermediate_arrays_are_freed_by_backward(no_collector):
    x = leaf(1.0, 2.0)
    hidden = x * x
    tensor, array = weakref.ref(hidden), weakref.ref(hidden.data)
    loss = (hidden * hidden).sum()
    hidden.retain_grad()
    hidden.register_hook(lambda gradient: None)
    del hidden
    assert tensor() is None  # the graph holds arrays, never tensors
    assert array() is not None
    loss.backward()
    assert array() is None


def test_intermediate_arrays_are_freed_with_a_graph_that_is_dropped(no_collector):
    x = leaf(1.0, 2.0)
    hidden = x * x
    array = weakref.ref(hidden.data)
    loss = (hidden * hidden).sum()
    del hidden, loss
    assert array() is None


def test_saved_arrays_are_freed_as_soon_as_they_are_consumed(no_collector):
    x = leaf(1.0, 2.0)
    early = x * x
    late = early * early
    array, alive = weakref.ref(late.data), []
    early.register_hook(lambda gradient: alive.append(array() is not None))
    loss = (late * late).sum()
    del late
    assert array() is not None
    loss.backward()
    assert alive == [False]


# -------------------------------------------------------------------- operations of one's own
def test_an_error_of_ours_in_forward_keeps_its_kind():
    class Refuses(Function):
        @staticmethod
        def forward(ctx, x):
            raise OptionError("refuses: always.")

    with pytest.raises(OptionError, match="refuses"):
        record(Refuses, leaf(1.0))


def test_a_complaint_of_numpy_names_the_operation_and_the_shapes():
    class Joined(Function):
        @staticmethod
        def forward(ctx, a, b):
            return np.concatenate([a, b])

    with pytest.raises(ShapeError, match=r"joined: .*input1=\(1,\), input2=\(\)"):
        record(Joined, leaf(1.0), Tensor(2.0))


def test_an_operation_knows_which_inputs_want_a_gradient():
    class Needs(Function):
        @staticmethod
        def forward(ctx, *arrays):
            seen.append(ctx.needs)
            return arrays[0] * 1.0

    seen = []
    record(Needs, leaf(1.0), Tensor(2.0), None)
    assert seen == [(True, False, False)]


def test_a_graph_cannot_be_copied():
    x = leaf(1.0)
    with pytest.raises(BackwardError, match="a recorded graph cannot be copied"):
        copy.deepcopy(x * x)
    assert copy.deepcopy(x).data == 1
