import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm import Tensor, ops
from tinyllm.autograd.small import Value, users_first

numbers = st.floats(-2, 2).map(lambda x: round(x, 3))


def network(a, b, tanh):
    """Use each operation, and values that are used twice and have sources of their own."""
    c = a * b + 2
    d = c * c + a
    return (3 * d + tanh(c) + b) ** 2 + (1 + d) * c


@given(numbers, numbers)
def test_gradients_are_those_of_the_large_engine(a, b):
    small = Value(a), Value(b)
    large = [Tensor(np.array(x), requires_grad=True) for x in (a, b)]
    y, z = network(*small, Value.tanh), network(*large, ops.tanh)
    y.backward()
    z.backward()
    np.testing.assert_allclose(y.data, z.data, rtol=1e-12)
    np.testing.assert_allclose([x.grad for x in small], [x.grad for x in large], rtol=1e-9)
    assert y.grad == 1


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=12))
def test_each_value_comes_once_and_after_all_of_its_users(pairs):
    values = [Value(1.0)]
    for i, j in pairs:
        values.append(values[i % len(values)] + values[j % len(values)])
    order = users_first(values[-1])
    assert order[0] is values[-1]
    assert len({id(value) for value in order}) == len(order)
    place = {id(value): i for i, value in enumerate(order)}
    for value in order:
        assert all(place[id(value)] < place[id(source)] for source in value.sources)


def test_what_is_not_behind_the_root_is_left_alone():
    x = Value(2.0)
    y, aside = x * x, x * 3
    aside.grad = 7.0
    y.backward()
    y.backward()
    assert (x.grad, aside.grad) == (4.0, 7.0)
    assert aside not in users_first(y)


def test_a_long_chain_needs_no_recursion():
    x = y = Value(1.0)
    for _ in range(5000):
        y = y + x
    y.backward()
    assert x.grad == 5001


def test_a_value_says_what_it_is():
    assert repr(Value(2)) == "Value(2, grad=0)"


@pytest.mark.parametrize(("x", "n", "slope"), [(0.0, 1, 1.0), (2.0, -1, -0.25), (4.0, 0.5, 0.25)])
def test_slopes_of_powers(x, n, slope):
    assert (Value(x) ** n).slopes == (slope,)
