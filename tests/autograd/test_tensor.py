import operator
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinyllm import Tensor, gradcheck
from tinyllm.errors import DtypeError, ShapeError

seeds = st.integers(0, 2**32 - 1)
two_shapes = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=4)


def normal(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def leaf(*values):
    return Tensor(np.array(values, np.float64), requires_grad=True)


def product_shapes():
    """Shapes that fit for `@`: vectors, matrices, batches that broadcast, empty axes."""
    return hnp.mutually_broadcastable_shapes(
        signature=np.matmul.signature, max_dims=2, max_side=3, min_side=0
    )


# -------------------------------------------------------------------- operators
ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]


@pytest.mark.parametrize("operate", [*ARITHMETIC, *COMPARISONS])
@given(two_shapes, seeds)
def test_operators_do_what_numpy_does(operate, shapes, seed):
    a, b = (np.abs(normal(shape, seed + i)) + 0.5 for i, shape in enumerate(shapes.input_shapes))
    expected = operate(a, b)
    for left, right in ((Tensor(a), Tensor(b)), (Tensor(a), b), (a, Tensor(b))):
        result = operate(left, right)
        assert type(result) is (Tensor if operate in ARITHMETIC else type(expected))
        np.testing.assert_array_equal(np.asarray(result), expected)
    if operate in ARITHMETIC:
        gradcheck(operate, a, b)


@pytest.mark.parametrize("operate", [*ARITHMETIC, *COMPARISONS])
@pytest.mark.parametrize("number", [2, 2.0, np.float64(2.0)])
def test_operators_with_numbers_on_either_side(operate, number):
    a = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(operate(Tensor(a), number), operate(a, number))
    np.testing.assert_allclose(operate(number, Tensor(a)), operate(number, a))


@given(product_shapes(), seeds)
def test_matrix_products_do_what_numpy_does(shapes, seed):
    a, b = (normal(shape, seed + i) for i, shape in enumerate(shapes.input_shapes))
    for left, right in ((Tensor(a), Tensor(b)), (Tensor(a), b), (a, Tensor(b))):
        np.testing.assert_allclose(np.asarray(left @ right), a @ b, atol=1e-12)
    if a.size and b.size:
        gradcheck(operator.matmul, a, b)


@given(hnp.array_shapes(min_dims=0, max_dims=3, max_side=4), seeds)
def test_negative_and_absolute(shape, seed):
    a = normal(shape, seed)
    np.testing.assert_array_equal((-Tensor(a)).data, -a)
    np.testing.assert_array_equal(abs(Tensor(a)).data, np.abs(a))
    gradcheck(lambda x: -x + abs(x), np.where(np.abs(a) < 0.01, 1.0, a))


def test_comparisons_give_plain_arrays_of_booleans():
    x = Tensor([1.0, 3.0], requires_grad=True)
    for result in (x < 2, x >= Tensor([1.0, 4.0]), x == x, x < 2, np.ones(2) != x):
        assert isinstance(result, np.ndarray)
        assert result.dtype == bool


def test_augmented_assignment_makes_a_new_tensor():
    x = y = leaf(1.0, 2.0)
    y += 1.0
    assert x.data.tolist() == [1, 2]
    assert y.data.tolist() == [2, 3]


# -------------------------------------------------------------------- indexing
KEYS = {
    "integer": 1,
    "negative": (-1, 0),
    "slice": slice(None, None, 2),
    "steps back": (slice(None), slice(None, None, -1)),
    "None": (None, 0),
    "Ellipsis": (..., 1),
    "all": ...,
    "repeated rows": np.array([0, 2, 0, 0]),
    "repeated, as a list": [1, 1],
    "repeated, as a tuple in a tuple": ((0, 0), slice(1, 3)),
    "repeated, one from the end": [0, -3],
    "a range over the same row": range(-3, 3),
    "repeated pairs": (np.array([0, 0, 1]), np.array([3, 3, 2])),
    "two axes of indices": np.array([[0, 1], [1, 1]]),
    "index without axes": np.array(2),
    "NumPy's integer": np.int64(2),
    "boolean rows": np.array([True, False, True]),
    "boolean, all axes": np.arange(12).reshape(3, 4) % 5 == 0,
    "mixed": (np.array([2, 2]), slice(1, 3)),
    "nothing": [],
    "tensor": Tensor([1, 1, 0]),
    "tensors": (Tensor([0, 0]), Tensor([1, 1])),
    "comparison": Tensor([1.0, -1.0, 1.0]) > 0,
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_indexing_does_what_numpy_does(key):
    x = normal((3, 4))
    parts = key if isinstance(key, tuple) else (key,)
    plain = tuple(k.data if isinstance(k, Tensor) else k for k in parts)
    np.testing.assert_array_equal(Tensor(x)[key].data, x[plain])
    assert gradcheck(lambda x: x[key] * 2.0, x).checked == 12


@given(
    hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=4), elements=st.floats(-3, 3)),
    st.data(),
)
def test_any_basic_and_any_integer_index(x, data):
    basic = data.draw(hnp.basic_indices(x.shape, allow_newaxis=True))
    integers = data.draw(hnp.integer_array_indices(x.shape))
    np.testing.assert_array_equal(Tensor(x)[basic].data, x[basic])
    np.testing.assert_array_equal(Tensor(x)[integers].data, x[integers])
    gradcheck(lambda x: (x[basic] * 1.0, x[integers] * 1.0), x)


def test_assignment():
    x = Tensor([1.0, 2.0, 3.0])
    x[Tensor([0, 2])] = Tensor([7.0, 8.0])
    x[1:2] = 9
    assert x.data.tolist() == [7, 9, 8]


def test_length_and_iteration():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    assert len(x) == 2
    rows = list(x)
    assert [row.data.tolist() for row in rows] == [[1, 2], [3, 4]]
    (rows[0] * rows[1]).sum().backward()
    assert x.grad.tolist() == [[3, 4], [1, 2]]
    for use in (len, list):
        with pytest.raises(TypeError, match=r"unsized|0-d"):
            use(Tensor(1.0))


# -------------------------------------------------------------------- methods
METHODS = {
    "sum": lambda x: x.sum(),
    "sum, one axis": lambda x: x.sum(axis=1),
    "mean, two axes": lambda x: x.mean(axis=(0, -1)),
    "mean, keepdims": lambda x: x.mean(axis=-2, keepdims=True),
    "var": lambda x: x.var(axis=0, ddof=1),
    "max": lambda x: x.max(axis=1),
    "min, keepdims": lambda x: x.min(axis=(1, 2), keepdims=True),
    "reshape": lambda x: x.reshape(4, -1),
    "reshape, a tuple": lambda x: x.reshape((3, 8)),
    "transpose": lambda x: x.transpose(),
    "transpose, axes": lambda x: x.transpose(2, 0, -2),
    "swapaxes": lambda x: x.swapaxes(-1, 0),
    "T": lambda x: x.T,
    "squeeze": lambda x: x[:, :1].squeeze(),
    "squeeze, one axis": lambda x: x[:1, :1].squeeze(1),
    "astype": lambda x: x.astype(np.float64),
}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_methods_do_what_those_of_numpy_do(method):
    x = normal((2, 3, 4))
    np.testing.assert_allclose(method(Tensor(x)).data, method(x), rtol=1e-14)
    gradcheck(method, x)


# -------------------------------------------------------------------- looking inside
def test_repr():
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert repr(x) == "Tensor([1., 2.], requires_grad=True)"
    assert repr(x * 2) == "Tensor([2., 4.], made by Multiply)"
    assert repr(Tensor([[1], [2]])) == "Tensor([[1],\n        [2]])"
    assert repr(Tensor(3)) == "Tensor(3)"


def test_one_number():
    assert Tensor([[2.5]]).item() == 2.5
    assert type(Tensor(3).item()) is int
    assert float(Tensor(2.5)) == 2.5
    assert bool(Tensor(0.0)) is False
    with pytest.raises(ShapeError, match=r"item: needs exactly one element; got tensor=\(2,\)"):
        Tensor([1.0, 2.0]).item()
    with pytest.raises(ValueError, match="ambiguous"):
        bool(Tensor([1.0, 2.0]))


def test_numpy_sees_the_same_memory():
    array = np.ones((2, 3), np.float32)
    x = Tensor(array)
    assert x.numpy() is array
    assert np.asarray(x) is array
    assert np.array(x, dtype=np.float64).dtype == np.float64
    assert (x.shape, x.ndim, x.size) == ((2, 3), 2, 6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: x + Tensor([1.0, 2.0]), r"add: shapes must broadcast.*a=\(2, 3\), b=\(2,\)"),
        (lambda x: np.ones(2) * x, r"multiply: .*a=\(2,\), b=\(2, 3\)"),
        (lambda x: x @ x, r"matmul: inner sizes must agree; got a=\(2, 3\), b=\(2, 3\)\. Hint: tr"),
        (lambda x: x @ 2.0, r"matmul: needs vectors or matrices; got .* Hint: use \*"),
        (lambda x: x.reshape(4), r"reshape: .*input1=\(2, 3\)"),
        (lambda x: x.sum(axis=2), r"sum: .*axis 2 .*input1=\(2, 3\)"),
        (lambda x: x.swapaxes(0, 2), r"swapaxes: axes 0 and 2 must exist; got x=\(2, 3\)"),
        (lambda x: x.squeeze(0), r"squeeze: axis 0 must have size 1; got x=\(2, 3\)"),
        (lambda x: x.transpose(0, 0), r"transpose: .*input1=\(2, 3\)"),
        (lambda x: Tensor(np.ones((0, 2))).max(axis=0), r"max: .*input1=\(0, 2\)"),
    ],
)
def test_shape_errors_name_the_operation_and_the_shapes(call, message):
    with pytest.raises(ShapeError, match=message):
        call(Tensor(np.ones((2, 3))))


def test_what_is_no_number_is_refused_as_an_operand():
    for other in ("a", None, [[1.0], [2.0, 3.0]]):
        with pytest.raises(DtypeError, match="Tensor: "):
            Tensor([1.0]) + other
    with pytest.raises(IndexError, match=re.escape("index 5 is out of bounds")):
        Tensor([1.0])[5]
