import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.errors import DataError, DtypeError, OptionError, ShapeError
from tinyllm.text import LengthBatches, answer_targets, by_length, pad, padding_share

rows_of_ids = st.lists(st.lists(st.integers(0, 1 << 40), max_size=9), min_size=1, max_size=9)
some_lengths = st.lists(st.integers(0, 30), min_size=1, max_size=50)
two_lengths = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=50)


# -------------------------------------------------------------------- pad
@given(rows_of_ids, st.integers(0, 9))
def test_pad_keeps_each_row_and_fills_up_on_the_right(rows, padding):
    ids, mask = pad(rows, padding)
    assert ids.shape == mask.shape == (len(rows), max(map(len, rows)))
    assert ids.dtype == np.int64
    assert mask.dtype == bool
    for row, found, real in zip(rows, ids, mask, strict=True):
        assert found[: len(row)].tolist() == row
        assert (found[len(row) :] == padding).all()
        assert real.tolist() == [place < len(row) for place in range(ids.shape[1])]


def test_what_are_no_rows_of_ids_is_refused():
    with pytest.raises(DataError, match="pad: needs at least one row of ids; got none"):
        pad([], 0)
    with pytest.raises(ShapeError, match=r"pad: takes one row of ids; got ids=\(1, 2\)"):
        pad([[[1, 2]]], 0)
    with pytest.raises(DtypeError, match="pad: ids must be integers; got float64"):
        pad([[1], [0.5]], 0)


# -------------------------------------------------------------------- answer_targets
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4)), min_size=1, max_size=5))
def test_the_targets_that_count_are_the_answers_token_by_token(sizes):
    rows = [list(range(10, 10 + prompt + answer)) for prompt, answer in sizes]
    ids, mask = pad(rows, padding=0)
    prompts = np.array([prompt for prompt, _ in sizes])
    before = ids.copy()
    inputs, targets = answer_targets(ids, prompts, mask)
    assert (ids == before).all()
    assert (inputs == ids[:, :-1]).all()
    for row, (prompt, _), read, guessed in zip(rows, sizes, inputs, targets, strict=True):
        counts = guessed != -100
        assert guessed[counts].tolist() == row[prompt:]
        assert (guessed[counts] == read[counts] + 1).all()


# -------------------------------------------------------------------- by_length
@given(some_lengths | two_lengths, st.integers(1, 60), st.none() | st.integers(0, 99))
def test_each_text_is_in_exactly_one_batch(lengths, batch, seed):
    batches = by_length(lengths, batch, seed)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    sizes = sorted(map(len, batches))
    assert sizes[1:] == [batch] * (len(sizes) - 1)
    assert 1 <= sizes[0] <= batch


@given(some_lengths, st.integers(1, 60), st.integers(0, 99))
def test_no_text_of_a_batch_is_between_those_of_another(lengths, batch, seed):
    found = [np.array(lengths)[chosen] for chosen in by_length(lengths, batch, seed)]
    found.sort(key=lambda chosen: (chosen.min(), chosen.max()))
    for shorter, longer in pairwise(found):
        assert shorter.max() <= longer.min()


@given(two_lengths, st.integers(0, 99))
def test_the_first_length_counts_more_than_the_second(lengths, seed):
    (chosen,) = by_length(lengths, len(lengths), seed)
    ordered = [lengths[i] for i in chosen]
    assert ordered == sorted(ordered)


def test_the_seed_decides_the_order_of_equals_and_of_batches():
    lengths = [5] * 100 + [9] * 100
    first, again, other = (by_length(lengths, 20, seed) for seed in (1, 1, 2))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert any((one != two).any() for one, two in zip(first, other, strict=True))
    assert first[0].tolist() != sorted(first[0])
    means = [int(np.array(lengths)[chosen].mean()) for chosen in first]
    assert means != sorted(means)


def test_without_an_rng_nothing_is_shuffled():
    assert [chosen.tolist() for chosen in by_length([3, 1, 3, 1], 3)] == [[1, 3, 0], [2]]


# -------------------------------------------------------------------- LengthBatches
@given(some_lengths, st.integers(1, 60), st.integers(0, 99))
def test_each_round_sees_all_texts_once(lengths, batch, seed):
    batches = LengthBatches(lengths, batch, seed)
    for _ in range(3):
        seen = np.concatenate([next(batches) for _ in range(len(batches))])
        assert sorted(seen.tolist()) == list(range(len(lengths)))
    assert iter(batches) is batches


@given(some_lengths, st.integers(1, 9), st.integers(0, 99), st.integers(0, 40))
def test_from_a_saved_state_the_same_batches_come(lengths, batch, seed, steps):
    batches = LengthBatches(lengths, batch, seed)
    for _ in range(steps):
        next(batches)
    state = json.loads(json.dumps(batches.state))  # as a checkpoint keeps it
    expected = [next(batches).tolist() for _ in range(20)]
    resumed = LengthBatches(lengths, batch, rng=1000)
    resumed.state = state
    assert [next(resumed).tolist() for _ in range(20)] == expected


def test_rounds_differ():
    batches = LengthBatches(np.ones(50, int), 50, 0)
    assert next(batches).tolist() != next(batches).tolist()


# -------------------------------------------------------------------- padding
@given(some_lengths | two_lengths, st.integers(1, 20), st.integers(0, 99))
def test_the_share_of_padding_is_that_of_the_masks(lengths, batch, seed):
    batches = by_length(lengths, batch, seed)
    columns = np.array(lengths).reshape(len(lengths), -1).T
    masks = [
        pad([np.zeros(n, int) for n in column[chosen]], 0)[1]
        for column in columns
        for chosen in batches
    ]
    positions = sum(mask.size for mask in masks)
    real = sum(int(mask.sum()) for mask in masks)
    expected = 1 - real / positions if positions else 0.0
    assert abs(padding_share(lengths, batches) - expected) < 1e-12


def test_batches_by_length_have_less_padding_than_random_ones():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 50, 1000)
    at_random = rng.permutation(1000).reshape(-1, 20)
    assert padding_share(lengths, by_length(lengths, 20, rng)) < 0.03
    assert padding_share(lengths, at_random) > 0.4


@pytest.mark.parametrize("make", [by_length, lambda n, batch: LengthBatches(n, batch, 0)])
def test_lengths_that_are_none_are_refused(make):
    with pytest.raises(DataError, match="needs the length of at least one text; got none"):
        make([], 2)
    with pytest.raises(DtypeError, match="lengths must be integers; got float64"):
        make([1.5], 2)
    with pytest.raises(ShapeError, match=r"lengths must be \(N,\) or \(N, K\); got \(1, 1, 1\)"):
        make([[[1]]], 2)
    with pytest.raises(OptionError, match="batch must be an integer >= 1; got 0"):
        make([1], 0)
