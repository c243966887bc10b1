"""Laws of embedding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.ops.cases import every_backend
from tests.ops.inputs import embedded
from tinyllm import Tensor, ops

TABLE = np.arange(12.0).reshape(4, 3)


def gradient(backend, weight, ids, arriving):
    table = Tensor(weight, requires_grad=True)
    with tinyllm.backend(backend):
        ops.embedding(table, ids).backward(arriving)
    return table.grad


@every_backend
@given(embedded())
def test_it_is_the_product_with_one_hot_rows(backend, inputs):
    (weight,), options = inputs
    one_hot = np.eye(len(weight))[options["ids"]]
    arriving = np.cos(np.arange(one_hot[..., 0].size * weight.shape[1]))
    arriving = arriving.reshape(*options["ids"].shape, weight.shape[1])
    np.testing.assert_array_equal(ops.embedding(weight, **options).data, one_hot @ weight)
    expected = one_hot.reshape(-1, len(weight)).T @ arriving.reshape(-1, weight.shape[1])
    found = gradient(backend, weight, options["ids"], arriving)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@every_backend
@given(st.lists(st.integers(0, 3), max_size=20))
def test_each_use_of_an_id_adds_its_gradient(backend, ids):
    """A row that stands n times in a text is moved n times as far; one that does not, not."""
    found = gradient(backend, TABLE, np.array(ids, int), np.ones((len(ids), 3)))
    counts = np.bincount(np.array(ids, int), minlength=4)
    np.testing.assert_array_equal(found, counts[:, None] * np.ones(3))


@pytest.mark.parametrize("ids", [[2, 0], (2, 0), np.array([2, 0], np.uint8), Tensor([2, 0])])
def test_ids_may_be_any_integers(ids):
    np.testing.assert_array_equal(ops.embedding(TABLE, ids).data, TABLE[[2, 0]])


def test_the_result_is_no_view_of_the_table():
    table = Tensor(TABLE.copy())
    y = ops.embedding(table, 1)
    y.data[:] = -1
    np.testing.assert_array_equal(table.data, TABLE)
