import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm import Tensor, gradcheck
from tinyllm.autograd.function import Function, Node
from tinyllm.autograd.tensor import record, record_all
from tinyllm.errors import BackwardError, ShapeError


def leaf(*values):
    return Tensor(np.array(values, np.float64), requires_grad=True)


def operation(backward):
    """Make an operation, the sum of its inputs, with the backward given."""

    class Custom(Function):
        @staticmethod
        def forward(ctx, *arrays):
            return sum(arrays) * 1.0

    Custom.backward = staticmethod(backward)
    return Custom


# -------------------------------------------------------------------- the order of the walk
def naive_backward(vertex, gradient, sums):
    """Backward as a recursion: each user of a value pushes its part on at once.

    `sums` holds the gradient that has arrived at each vertex so far, as `.grad` would.
    """
    sums[id(vertex)] = sums.get(id(vertex), 0) + gradient
    if isinstance(vertex, Node):
        for source, part in zip(
            vertex.sources, vertex.op.backward(vertex.context, sums[id(vertex)]), strict=True
        ):
            if source is not None:
                naive_backward(source[0], part, sums)


def test_the_smallest_graph_that_a_naive_recursion_gets_wrong():
    """z = y + y with y = x x has the slope dz/dx = 4x. The recursion says 6x.

    y is used twice, so two parts of its gradient arrive, 1 and 1. The recursion comes to y with
    the first and pushes it on to x: 1 * 2x. Then it comes with the second, adds it up to 2, and
    pushes that on: 2 * 2x. The first part went through twice. To push on the new part alone would
    be right, but slow: the next test counts. So a value must wait for all of its users: that is
    what `latest_first` is for.
    """
    x = leaf(3.0)
    y = x * x
    z = y + y

    sums = {}
    naive_backward(z.node, np.array([1.0]), sums)
    assert sums[id(x)] == 6 * 3.0

    z.backward()
    assert x.grad == 4 * 3.0


def test_each_operation_is_visited_once_though_the_paths_double():
    """y <- y + y, 30 times: 2^30 paths lead from the result to x, one for each recursive call."""
    visits = []

    def backward(ctx, grad):
        visits.append(1)
        return grad, grad

    double = operation(backward)
    x = y = leaf(1.0)
    for _ in range(30):
        y = record(double, y, y)
    y.backward()
    assert len(visits) == 30
    assert x.grad == 2.0**30


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans()), max_size=8))
def test_any_graph_of_sums_and_products(steps):
    def build(x, y):
        values = [x, y]
        for i, j, add in steps:
            a, b = values[i % len(values)], values[j % len(values)]
            values.append(a + b if add else a * b * 0.5)
        return sum(values[1:], values[0])

    gradcheck(build, [0.5, -0.7], [0.8, 0.3])


def test_a_diamond_inside_a_diamond():
    def diamond(x):
        return x * x + x * 3.0

    gradcheck(lambda x: diamond(diamond(x)), [0.3, -1.2])


def test_a_chain_of_10_000_operations():
    x = y = leaf(1.0, 2.0)
    for _ in range(10_000):
        y = y + 1.0
    y.backward(np.array([1.0, 5.0]))
    assert x.grad.tolist() == [1, 5]


def test_a_chain_of_10_000_operations_is_dropped_without_backward():
    x = y = leaf(1.0, 2.0)
    for _ in range(10_000):
        y = y * 1.0001
    del y
    x[0] = 5.0  # nothing needs x any more


def test_a_value_that_is_used_three_times_and_has_no_axes():
    x = leaf(2.0, 3.0)
    total = x.sum()
    (total + total + total * total).backward()
    assert x.grad.tolist() == [12, 12]


# -------------------------------------------------------------------- what backward refuses
def test_backward_needs_a_scalar_or_a_gradient():
    y = leaf(1.0, 2.0) * 2.0
    with pytest.raises(BackwardError, match=r"needs a scalar.*got shape \(2,\)\. Hint: call \.sum"):
        y.backward()
    with pytest.raises(ShapeError, match=r"backward: .*tensor=\(2,\), gradient=\(3,\)"):
        y.backward(np.ones(3))
    with pytest.raises(BackwardError, match="nothing that made this tensor requires a gradient"):
        Tensor([1.0]).backward()
    y.backward(Tensor([1.0, 0.0]))  # after refusals the graph is as it was


def test_a_freed_graph_is_refused_and_retain_graph_keeps_it():
    x = leaf(3.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad == 12
    with pytest.raises(
        BackwardError, match=r"through Multiply was already walked and freed\. Hint"
    ):
        y.backward()
    with pytest.raises(BackwardError, match="already walked"):
        (y + x).backward()
    assert x.grad == 12


@pytest.mark.parametrize(
    ("backward", "error", "message"),
    [
        (lambda ctx, g: g, BackwardError, r"must return a tuple .*got ndarray\. Hint: return \(g"),
        (lambda ctx, g: (g,), BackwardError, "one gradient .* for each input; got 1 for 2"),
        (lambda ctx, g: (g, g[:1]), ShapeError, r"input=\(2,\), gradient=\(1,\)"),
        (lambda ctx, g: 1 // 0, ZeroDivisionError, "division"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_when_an_operation_fails_no_gradient_is_written(backward, error, message, first):
    x, y, z = leaf(1.0, 2.0), leaf(3.0, 4.0), leaf(5.0, 6.0)
    parts = x * 2.0, record(operation(backward), y, z)
    with pytest.raises(error, match=message):
        (parts[0] + parts[1] if first else parts[1] + parts[0]).sum().backward()
    assert x.grad is None
    assert y.grad is None
    assert z.grad is None


def test_when_a_hook_fails_no_gradient_is_written():
    x, y = leaf(1.0), leaf(2.0)
    y.register_hook(lambda gradient: gradient / np.zeros(3))
    with np.errstate(divide="ignore"), pytest.raises(ShapeError, match="register_hook"):
        (x * y).backward()
    assert x.grad is None


# -------------------------------------------------------------------- arrays that are shared
@pytest.mark.parametrize(
    "combine",
    [
        lambda x, y: x + y,
        lambda x, y: x + x + y,
        lambda x, y: (x.reshape(2) + y).sum(),
        lambda x, y: record(operation(lambda ctx, g: (g, g)), x, y),
        lambda x, y: record(operation(lambda ctx, g: (g * 2, g)), x, y),
        lambda x, y: record(operation(lambda ctx, g: (new := g * 2, new[:])), x, y),
    ],
)
def test_two_leaves_never_share_one_gradient(combine):
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    result = combine(x, y)
    seed = np.ones(result.shape)
    result.backward(seed)
    assert not np.shares_memory(x.grad, y.grad)
    before = y.grad.copy()
    x.grad += 1
    seed += 1
    assert (y.grad == before).all()


def test_a_part_that_two_values_share_is_not_added_to():
    """The operation gives both inputs one array; x has a second part coming, y has not."""
    same = operation(lambda ctx, g: (new := g * 1, new))
    x, y = leaf(1.0), leaf(1.0)
    later = x * 3.0, y * 5.0
    (record(same, x, y) + (later[0] + later[1])).backward()
    assert (x.grad, y.grad) == (4, 6)


def test_an_input_whose_backward_returns_none_keeps_no_gradient():
    x, y = leaf(1.0), leaf(2.0)
    record(operation(lambda ctx, g: (g, None)), x, y).backward()
    assert x.grad == 1
    assert y.grad is None


# -------------------------------------------------------------------- several outputs
class SplitInTwo(Function):
    """Two outputs from one input."""

    @staticmethod
    def forward(ctx, x):
        return x[:1] * 2.0, x[1:] * 3.0

    @staticmethod
    def backward(ctx, first, second):
        return (np.concatenate([first * 2.0, second * 3.0]),)


@pytest.mark.parametrize(("used", "expected"), [([0], [2, 0]), ([1], [0, 3]), ([0, 1], [2, 3])])
def test_an_output_that_nobody_used_gets_zeros(used, expected):
    x = leaf(1.0, 1.0)
    outputs = record_all(SplitInTwo, x)
    sum(outputs[i] for i in used).backward()
    assert x.grad.tolist() == expected
