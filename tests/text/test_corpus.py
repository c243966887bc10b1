import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.errors import DataError, DtypeError, OptionError, ShapeError
from tinyllm.text.corpus import RandomWindows, read_text, split, windows

rows_of_ids = st.lists(st.integers(0, 1 << 40), min_size=2, max_size=60).map(np.array)


def test_read_text_gives_the_text_as_it_stands(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes("é\r\n中\n".encode())
    assert read_text(file) == "é\r\n中\n"
    assert read_text(str(file)) == "é\r\n中\n"


def test_read_text_takes_another_encoding(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes("né".encode("latin-1"))
    assert read_text(file, "latin-1") == "né"
    with pytest.raises(OptionError, match="there is no text encoding 'latin-99'"):
        read_text(file, encoding="latin-99")


def test_a_byte_order_mark_is_no_text(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes(b"\xef\xbb\xbfab")
    assert read_text(file) == "ab"


def test_what_is_not_utf8_is_refused_with_the_place(tmp_path):
    file = tmp_path / "old.txt"
    file.write_bytes("0123é56".encode("latin-1"))
    with pytest.raises(DataError) as caught:
        read_text(file)
    message = str(caught.value)
    assert "old.txt' must be utf-8 text; got byte 0xe9 at offset 4." in message
    assert "convert the file to UTF-8, or pass --encoding" in message
    assert len(message.splitlines()) == 1


def test_what_is_no_text_file_is_refused(tmp_path):
    (tmp_path / "empty.txt").touch()
    with pytest.raises(DataError, match=r"needs at least one character; .*empty\.txt' is empty"):
        read_text(tmp_path / "empty.txt")
    with pytest.raises(DataError, match="takes a file; got the folder"):
        read_text(tmp_path)
    with pytest.raises(DataError, match=r"cannot read .*absent\.txt': No such file"):
        read_text(tmp_path / "absent.txt")


@given(rows_of_ids, st.floats(0.01, 0.99))
def test_split_loses_nothing(ids, share):
    size = int(len(ids) * share)
    if size == 0:
        with pytest.raises(DataError, match="split: both parts need at least one id"):
            split(ids, share)
        return
    train, validation = split(ids, share)
    np.testing.assert_array_equal(np.concatenate([train, validation]), ids)
    assert len(train) == size


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, 2.0, float("nan")])
def test_split_refuses_a_share_that_is_none(share):
    with pytest.raises(OptionError, match="train_share must be between 0 and 1"):
        split(np.arange(10), share)


@given(st.integers(1, 20), st.integers(1, 5), st.integers(1, 50), st.integers(0, 99))
def test_random_windows_are_pieces_of_the_text(context, batch, extra, seed):
    ids = np.random.default_rng(seed).permutation(context + extra)  # all differ: a place has a name
    place = np.argsort(ids)
    inputs, targets = next(RandomWindows(ids, context, batch, rng=seed))
    assert inputs.shape == targets.shape == (batch, context)
    assert inputs.dtype == targets.dtype == np.int64
    np.testing.assert_array_equal(place[inputs], place[inputs[:, :1]] + np.arange(context))
    np.testing.assert_array_equal(place[targets], place[inputs] + 1)


def test_every_place_can_be_a_start_the_last_one_too():
    batches = RandomWindows(np.arange(5), context=2, batch=200, rng=0)
    inputs, _ = next(batches)
    assert set(inputs[:, 0].tolist()) == {0, 1, 2}


def test_the_seed_decides_and_batches_differ():
    first, again = (RandomWindows(np.arange(1000), 4, 8, rng=7) for _ in range(2))
    one, two = next(first)[0], next(first)[0]
    np.testing.assert_array_equal(one, next(again)[0])
    assert (one != two).any()
    assert iter(first) is first


@given(st.integers(1, 30), st.integers(0, 30))
def test_too_short_a_text_is_refused_with_both_lengths(context, size):
    ids = np.arange(size)
    if size > context:
        next(RandomWindows(ids, context, batch=1, rng=0))
        return
    with pytest.raises(DataError, match=rf"got {size} ids and context={context}\."):
        RandomWindows(ids, context, batch=1, rng=0)


@given(rows_of_ids, st.integers(1, 70), st.none() | st.integers(1, 10))
def test_windows_count_each_target_exactly_once(ids, context, batch):
    pairs = windows(ids, context, batch)
    inputs = np.concatenate([inputs.ravel() for inputs, _ in pairs])
    targets = np.concatenate([targets.ravel() for _, targets in pairs])
    np.testing.assert_array_equal(inputs, ids[:-1])
    np.testing.assert_array_equal(targets, ids[1:])


@given(rows_of_ids, st.integers(1, 70), st.none() | st.integers(1, 10))
def test_only_the_last_window_is_shorter(ids, context, batch):
    *whole, (last, _) = windows(ids, context, batch)
    assert all(inputs.shape[1] == context for inputs, _ in whole)
    assert last.shape[1] <= context
    if last.shape[1] < context:
        assert last.shape == (1, (len(ids) - 1) % context)
    if batch:
        assert all(len(inputs) <= batch for inputs, _ in [*whole, (last, last)])


@pytest.mark.parametrize("size", [0, 1])
def test_windows_need_an_input_and_a_target(size):
    with pytest.raises(DataError, match=f"windows: needs at least 2 ids.*; got {size}"):
        windows(np.arange(size), context=4)


@pytest.mark.parametrize(
    "make", [split, lambda x: RandomWindows(x, 1, 1, 0), lambda x: windows(x, 1)]
)
def test_what_is_no_row_of_ids_is_refused(make):
    with pytest.raises(ShapeError, match=r"takes one row of ids; got ids=\(2, 3\)"):
        make(np.zeros((2, 3), int))
    with pytest.raises(DtypeError, match="ids must be integers; got float64"):
        make(np.zeros(9))


@pytest.mark.parametrize("value", [0, -1, 1.5])
def test_sizes_must_be_whole_numbers_above_zero(value):
    with pytest.raises(OptionError, match="context must be an integer >= 1"):
        RandomWindows(np.arange(9), context=value, batch=1, rng=0)
    with pytest.raises(OptionError, match="batch must be an integer >= 1"):
        RandomWindows(np.arange(9), context=1, batch=value, rng=0)
    with pytest.raises(OptionError, match="context must be an integer >= 1"):
        windows(np.arange(9), context=value)
    with pytest.raises(OptionError, match="batch must be an integer >= 1"):
        windows(np.arange(9), context=1, batch=value)
