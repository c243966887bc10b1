import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.errors import DataError, DtypeError, OptionError, ShapeError
from tinyllm.text.streams import NO_TARGET, Streams, continued


@given(st.integers(1, 9), st.integers(1, 5), st.integers(1, 40), st.integers(1, 12))
def test_each_batch_goes_on_where_the_last_one_ended(context, batch, extra, count):
    """The text is a ring, and each reader walks around it."""
    ids = np.random.default_rng(0).permutation(context + extra)
    streams = Streams(ids, context, batch)
    pairs = [next(streams) for _ in range(count)]
    rows = np.concatenate([inputs for inputs, _ in pairs], axis=1)
    targets = np.concatenate([targets for _, targets in pairs], axis=1)
    assert rows.shape == targets.shape == (batch, count * context)
    assert rows.dtype == targets.dtype == np.int64
    around = np.resize(ids, 2 * ids.size + count * context + 1)
    for b in range(batch):
        start = b * ids.size // batch
        np.testing.assert_array_equal(rows[b], around[start : start + rows.shape[1]])
        np.testing.assert_array_equal(targets[b], around[start + 1 : start + rows.shape[1] + 1])


def test_one_round_reads_every_id_once():
    streams = Streams(np.arange(60), context=5, batch=4)
    read = np.concatenate([next(streams)[0].ravel() for _ in range(3)])
    assert sorted(read) == list(range(60))


def test_a_state_that_is_put_back_gives_the_same_batches():
    one, other = Streams(np.arange(50), 4, 3), Streams(np.arange(50), 4, 3)
    for _ in range(7):
        next(one)
    other.state = one.state
    np.testing.assert_array_equal(next(one), next(other))


@given(st.integers(2, 80), st.integers(1, 9), st.integers(1, 6))
def test_continued_counts_each_target_once_and_goes_on(size, context, rows):
    ids = np.random.default_rng(0).permutation(size)
    pairs = continued(ids, context, rows)
    inputs, targets = (np.concatenate(part, axis=1).ravel() for part in zip(*pairs, strict=True))
    real = targets != NO_TARGET
    np.testing.assert_array_equal(inputs[real], ids[:-1])
    np.testing.assert_array_equal(targets[real], ids[1:])
    assert all(inputs.shape[0] == rows for inputs, _ in pairs)
    assert all(inputs.shape[1] == context for inputs, _ in pairs[:-1])


@pytest.mark.parametrize("make", [Streams, continued])
def test_what_cannot_be_cut_is_refused(make):
    with pytest.raises(ShapeError, match="takes one row of ids"):
        make(np.zeros((2, 3), int), 1, 1)
    with pytest.raises(DtypeError, match="ids must be integers"):
        make(np.zeros(3), 1, 1)
    with pytest.raises(OptionError, match="context must be an integer >= 1; got 0"):
        make(np.arange(9), 0, 1)
    with pytest.raises(OptionError, match=r"(batch|rows) must be an integer >= 1; got 0"):
        make(np.arange(9), 1, 0)
    with pytest.raises(DataError, match="needs at least"):
        make(np.arange(1), 4, 1)


def test_a_text_that_is_shorter_than_the_context_is_refused():
    with pytest.raises(DataError, match=r"context \+ 1 = 9 ids; got 8 ids and context=8. Hint"):
        Streams(np.arange(8), context=8, batch=1)
