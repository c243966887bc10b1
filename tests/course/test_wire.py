import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinyllm.course.outcome import difference, outcome, same
from tinyllm.course.wire import ForeignError, pack, unpack

numbers = hnp.arrays(
    st.sampled_from([np.float32, np.float64, np.int64, bool]), hnp.array_shapes(min_dims=0)
)
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), numbers
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(st.one_of(st.integers(), st.text(), st.tuples(st.integers())), inner),
    ),
    max_leaves=8,
)


@given(values)
def test_values_come_back_as_they_went(value):
    back = unpack(json.loads(json.dumps(pack(value))))
    assert same(back, value, 0.0) or difference(back, value, 0.0) in (None, "values")
    assert type(back) is type(value)
    if isinstance(value, np.ndarray):
        assert (back.dtype, back.shape) == (value.dtype, value.shape)
        assert back.tobytes() == value.tobytes()


@pytest.mark.parametrize("value", [object(), lambda x: x, np.array(["a"]), {1, 2}, [object()], 1j])
def test_nothing_but_data_crosses(value):
    with pytest.raises(ForeignError):
        pack(value)


@pytest.mark.parametrize(
    ("got", "expected", "kind"),
    [
        (np.zeros(2, np.float32), np.zeros(2, np.float32), None),
        (np.zeros(2), np.zeros(2, np.float32), "dtype"),
        (np.zeros(2, int), np.zeros(2), "dtype"),
        (np.ones(2, int), np.ones(2, bool), "dtype"),
        (np.zeros((2, 1)), np.zeros(2), "shape"),
        (np.array([np.nan]), np.array([0.0]), "nan"),
        (np.array([np.nan]), np.array([np.nan]), None),
        (np.array([1.0]), np.array([2.0]), "values"),
        (1, 1.0, None),
        ([1, 2], (1, 2), None),
        ([1], (1, 2), "length"),
        (3, (1, 2), "type"),
        (None, 1.0, "type"),
        ("a", "b", "values"),
        ({"a": 1}, {"a": 2}, "values"),
        ({"b": 1}, {"a": 1}, "values"),
    ],
)
def test_differences_have_their_kind(got, expected, kind):
    assert difference(got, expected, 1e-5) == kind


def test_an_outcome_knows_whether_the_arguments_were_written_into():
    def call(function, x):
        return function(x)

    x = np.zeros(3)
    assert outcome(call, lambda x: x + 1, (x,)).changed == []
    assert outcome(call, lambda x: x.sort() or x.fill(2) or x, (x,)).changed == [0]
    assert (x == 0).all()
    assert outcome(call, lambda x: 1 / 0, (x,)).error == "ZeroDivisionError"
