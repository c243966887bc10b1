"""rnn, gru, lstm: the fused time loop against the same cell step by step, and its laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.ops import steps
from tests.ops.cases import every_backend
from tinyllm import Tensor, ops
from tinyllm.autograd.engine import latest_first
from tinyllm.kernels.tiles import HEIGHT

CELLS = {"rnn": (ops.rnn, 1, 1), "gru": (ops.gru, 3, 1), "lstm": (ops.lstm, 4, 2)}

every_cell = pytest.mark.parametrize("cell", CELLS)
every_dtype = pytest.mark.parametrize(
    ("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-10)]
)
sizes = st.tuples(
    st.sampled_from([1, 2, HEIGHT, HEIGHT + 1]), st.sampled_from([1, 2, 9]), st.integers(1, 12)
)


def arrays_of(cell, B, T, C, seed=0, dtype=np.float64):
    _, gates, carried = CELLS[cell]
    shapes = [(B, T, gates * C), (C, gates * C), (gates * C,), *[(B, C)] * carried]
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1, 1, shape).astype(dtype) for shape in shapes]


def values_and_gradients(function, arrays):
    """What comes out, and what flows back where each output gets a gradient of its own."""
    tensors, rng = [Tensor(a, requires_grad=True) for a in arrays], np.random.default_rng(1)
    results = function(*tensors)
    for result in results:
        result.backward(rng.standard_normal(result.shape), retain_graph=True)
    return [r.data for r in results], [t.grad for t in tensors]


@every_backend
@every_cell
@every_dtype
@given(sizes, st.integers(0, 99))
def test_one_node_is_the_same_as_its_steps(cell, backend, dtype, tolerance, size, seed):
    arrays = arrays_of(cell, *size, seed, dtype)
    with tinyllm.backend(backend):
        values, gradients = values_and_gradients(CELLS[cell][0], arrays)
    step_by_step = steps.unrolled(getattr(steps, cell), steps.OPS)
    expected, expected_gradients = values_and_gradients(step_by_step, arrays)
    for found, right in zip(values + gradients, expected + expected_gradients, strict=True):
        assert found.dtype == dtype
        scale = max(1, np.abs(right).max())
        np.testing.assert_allclose(found, right, rtol=0, atol=tolerance * scale)


@every_cell
def test_five_thousand_steps_are_one_node(cell):
    tensors = [Tensor(a, requires_grad=True) for a in arrays_of(cell, 1, 5000, 3)]
    y, *_ = CELLS[cell][0](*tensors)
    assert len(latest_first(y.node)) == 1
    y.sum().backward()
    assert all(np.isfinite(t.grad).all() for t in tensors)


@every_backend
@every_cell
@given(sizes, st.integers(1, 8), st.integers(0, 99))
def test_a_text_in_two_parts_is_the_same_as_in_one(cell, backend, size, cut, seed):
    (B, T, C), function = size, CELLS[cell][0]
    x, *weights = arrays_of(cell, B, T + cut, C, seed)
    with tinyllm.backend(backend):
        y, *last = function(x, *weights)
        first, *state = function(x[:, :cut], *weights)
        second, *end = function(x[:, cut:], *weights[:2], *state)
    both = np.concatenate([first.data, second.data], axis=1)
    np.testing.assert_allclose(both, y.data, rtol=1e-12, atol=1e-12)
    for found, right in zip(end, last, strict=True):
        np.testing.assert_allclose(found.data, right.data, rtol=1e-12, atol=1e-12)


@every_backend
@every_cell
@given(sizes)
def test_no_step_sees_what_comes_later_and_no_text_sees_another(cell, backend, size):
    B, T, C = size
    x, *rest = arrays_of(cell, B, T + 1, C)
    changed = x.copy()
    changed[-1, T:] += 1
    with tinyllm.backend(backend):
        y, z = (CELLS[cell][0](a, *rest)[0].data for a in (x, changed))
    np.testing.assert_array_equal(y[:, :T], z[:, :T])
    np.testing.assert_array_equal(y[:-1], z[:-1])
    assert (y[-1, T] != z[-1, T]).any()


@every_backend
@every_cell
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_numbers_neither_overflow_nor_warn(cell, backend, dtype):
    for size in (-1000.0, 1000.0):
        arrays = [np.full_like(a, size) for a in arrays_of(cell, 2, 3, 4, dtype=dtype)]
        with tinyllm.backend(backend):
            values, gradients = values_and_gradients(CELLS[cell][0], arrays)
        assert all(np.isfinite(a).all() for a in values + gradients)


@every_backend
def test_a_forget_gate_of_1_lets_a_gradient_through_a_hundred_steps(backend):
    """The cell is a sum: that is the point of an LSTM. A tanh in each step leaves nothing."""
    C, T, closed = 2, 100, -20.0
    quarters = np.repeat([closed, 20.0, 0.0, 20.0], C)
    x, weight, bias = np.zeros((1, T, 4 * C)), np.zeros((C, 4 * C)), quarters
    h, c = np.zeros((1, C)), Tensor(np.full((1, C), 0.5), requires_grad=True)
    with tinyllm.backend(backend):
        ops.lstm(x, weight, bias, h, c)[2].sum().backward()
        np.testing.assert_allclose(c.grad, 1, rtol=1e-6)
        start = Tensor(np.full((1, C), 0.5), requires_grad=True)
        ops.rnn(np.zeros((1, T, C)), np.eye(C) * 0.9, np.zeros(C), start)[1].sum().backward()
        assert (np.abs(start.grad) < 1e-4).all()
