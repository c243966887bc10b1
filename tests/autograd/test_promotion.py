import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm import Tensor
from tinyllm.errors import DtypeError

f32, f64, i64 = np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int64)
OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "**": lambda a, b: a**b,
}
operators = pytest.mark.parametrize("operate", OPERATORS.values(), ids=OPERATORS)


# -------------------------------------------------------------------- rule 1: Python's numbers
@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.0, f32),
        ([1.0, 2.0], f32),
        ([[1, 2.5]], f32),
        ([np.float64(1.0)], f32),
        ([], f32),
        (1, i64),
        ([1, 2], i64),
        (True, np.dtype(bool)),
        ([True, False], np.dtype(bool)),
    ],
)
def test_python_numbers_and_lists(data, dtype):
    assert Tensor(data).dtype == dtype


# -------------------------------------------------------------------- rule 2: arrays
@pytest.mark.parametrize("dtype", ["f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"])
def test_arrays_keep_their_dtype_and_their_memory(dtype):
    array = np.ones(3, dtype)
    assert Tensor(array).dtype == dtype
    assert Tensor(array).data is array
    assert Tensor(Tensor(array)).dtype == dtype
    assert Tensor(array[0]).dtype == dtype


def test_a_dtype_may_be_asked_for():
    assert Tensor([1, 2], dtype=np.float64).dtype == f64
    assert Tensor([1.0, 2.0], dtype=np.int64).dtype == i64


# -------------------------------------------------------------------- rule 3: scalars
scalars = st.one_of(
    st.floats(0.5, 4, width=32),
    st.integers(1, 4),
    st.booleans(),
    st.floats(0.5, 4, width=32).map(np.float64),
    st.floats(0.5, 4, width=32).map(np.float32),
    st.integers(1, 4).map(np.int64),
)


@operators
@given(scalars, st.sampled_from([f32, f64]))
def test_scalars_never_change_the_dtype_of_floats(operate, scalar, dtype):
    x = Tensor(np.ones(2, dtype))
    assert operate(x, scalar).dtype == dtype
    assert operate(scalar, x).dtype == dtype
    assert (x / (scalar + 1)).dtype == dtype
    assert (scalar / x).dtype == dtype


def test_the_example_of_rule_3():
    x = Tensor([1.0, 2.0])
    assert (x / np.sqrt(64)).dtype == f32
    assert (x.data / np.sqrt(64)).dtype == f64  # what NumPy does
    assert (np.sqrt(64) * x).dtype == f32


@operators
def test_scalars_with_integers(operate):
    x = Tensor([1, 2])
    assert operate(x, 2).dtype == i64
    assert operate(x, np.int64(2)).dtype == i64
    for scalar in (2.0, np.float64(2), np.float32(2)):
        assert operate(x, scalar).dtype == f32
        assert operate(scalar, x).dtype == f32


# -------------------------------------------------------------------- rule 4: arrays together
@operators
@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (f32, f32, f32),
        (f32, f64, f64),
        (f64, f64, f64),
        (i64, f32, f32),
        (i64, f64, f64),
        (np.dtype(bool), f32, f32),
        (np.dtype(np.int32), i64, i64),
    ],
)
def test_two_arrays(operate, a, b, expected):
    x, y = np.ones(2, a), np.ones(2, b)
    assert operate(Tensor(x), Tensor(y)).dtype == expected
    assert operate(Tensor(y), Tensor(x)).dtype == expected
    assert operate(Tensor(x), y).dtype == expected
    assert operate(y, Tensor(x)).dtype == expected


def test_division_of_integers_gives_float32():
    ids = Tensor([1, 2])
    assert (ids / ids).dtype == f32
    assert (ids / 2).dtype == f32
    assert (2 / ids).dtype == f32
    assert (ids / np.ones(2)).dtype == f64


def test_reductions_of_integers():
    ids = Tensor([1, 2])
    assert ids.mean().dtype == f32
    assert ids.var().dtype == f32
    assert ids.sum().dtype == i64
    assert ids.max().dtype == i64


def test_gradients_have_the_dtype_of_their_tensor():
    x = Tensor(np.ones(2, f32), requires_grad=True)
    y = Tensor(np.ones(2, f64), requires_grad=True)
    (x * y + x.astype(f64)).sum().backward()
    assert (x.grad.dtype, y.grad.dtype) == (f32, f64)


# -------------------------------------------------------------------- what tensors do not hold
@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([[1.0], [2.0, 3.0]], "numbers must form a full rectangle; got rows of different lengths"),
        ("words", r"got <U5\. Hint: "),
        (["a", "b"], "got <U1"),
        (None, "got object"),
        (1j, "got complex128"),
        (np.ones(2, np.float16), "got float16"),
        (np.ones(2, np.longdouble), "got (float128|longdouble|float96)"),
        (2**70, "got object"),
    ],
)
def test_what_is_no_number_is_refused(data, message):
    with pytest.raises(DtypeError, match=message):
        Tensor(data)


def test_dtypes_that_tensors_do_not_hold_cannot_be_asked_for():
    with pytest.raises(DtypeError, match="got float16"):
        Tensor([1.0], dtype=np.float16)
    with pytest.raises(DtypeError, match="got float16"):
        Tensor([1.0]).astype(np.float16)
    with pytest.raises(DtypeError, match="got complex64"):
        Tensor([1.0]).astype(np.complex64)


@pytest.mark.parametrize("data", [[1, 2], [True], np.ones(2, np.int32)])
def test_only_floats_have_gradients(data):
    with pytest.raises(DtypeError, match=r"only floating-point .*; got \w+\. Hint: write 1\.0"):
        Tensor(data, requires_grad=True)
