import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinyllm.decoding import min_p, repetition_penalty, temperature, top_k, top_p
from tinyllm.errors import OptionError

ROUNDING = 1e-9


@st.composite
def scores(draw, most_rows=3, refused=True):
    """Logits (R, V), many of them equal, some -inf; each row has one that is not."""
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    shape = (draw(st.integers(1, most_rows)), draw(st.integers(1, 12)))
    logits = draw(hnp.arrays(np.int64, shape, elements=st.integers(-30, 30))).astype(dtype) / 4
    if refused:
        gone = draw(hnp.arrays(bool, shape))
        gone[:, draw(st.integers(0, shape[1] - 1))] = False
        logits[gone] = -np.inf
    return logits


ks = st.integers(1, 15)
shares = st.floats(0, 1, exclude_min=True)
filters = st.one_of(
    ks.map(lambda k: lambda x: top_k(x, k)),
    shares.map(lambda p: lambda x: top_p(x, p)),
    st.floats(0.05, 20).map(lambda t: lambda x: temperature(x, t)),
    st.floats(0, 1).map(lambda p: lambda x: min_p(x, p)),
)
penalties = st.floats(0.1, 10)


def softmax(logits):
    weights = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


# -------------------------------------------------------------------- what all of them promise
@given(scores(), filters)
def test_rows_do_not_know_of_each_other(logits, refine):
    together = refine(logits)
    np.testing.assert_array_equal(together, [refine(row) for row in logits])
    np.testing.assert_array_equal(refine(logits[None]), together[None])


@given(scores(), filters)
def test_what_was_refused_stays_refused_and_the_best_stays(logits, refine):
    result = refine(logits)
    assert (result[np.isneginf(logits)] == -np.inf).all()
    best = logits == logits.max(axis=-1, keepdims=True)
    assert (np.isfinite(result) & best).any(axis=-1).all()
    assert not np.isnan(result).any()


@given(scores(), filters)
def test_shape_and_dtype_stay_and_the_input_is_not_written_to(logits, refine):
    before = logits.copy()
    result = refine(logits)
    assert (result.shape, result.dtype) == (logits.shape, logits.dtype)
    np.testing.assert_array_equal(logits, before)


@given(scores(), filters, filters, filters)
def test_one_after_the_other_they_always_leave_a_choice(logits, one, two, three):
    assert np.isfinite(three(two(one(logits)))).any(axis=-1).all()


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=9), filters)
def test_whole_numbers_are_scores_too(row, refine):
    np.testing.assert_array_equal(refine(np.array(row)), refine(np.array(row, float)))


# -------------------------------------------------------------------- top k
@given(scores(), ks)
def test_top_k_keeps_the_k_best_and_those_that_tie_with_the_last(logits, k):
    for row, kept in zip(logits, top_k(logits, k), strict=True):
        last = sorted(row.tolist(), reverse=True)[min(k, len(row)) - 1]
        expected = [score if score >= last else -np.inf for score in row.tolist()]
        assert kept.tolist() == expected


@given(scores(refused=False), ks)
def test_top_k_keeps_exactly_k_where_none_tie(logits, k):
    distinct = logits + np.arange(logits.shape[-1]) / 100
    assert (np.isfinite(top_k(distinct, k)).sum(axis=-1) == min(k, logits.shape[-1])).all()


# -------------------------------------------------------------------- top p
@given(scores(), shares)
def test_top_p_keeps_the_fewest_that_reach_p(logits, p):
    for row, result in zip(logits, top_p(logits, p), strict=True):
        share, kept = softmax(row), np.isfinite(result)
        count = kept.sum()
        best_first = np.sort(share)[::-1]
        assert best_first[:count].sum() >= p - ROUNDING
        assert best_first[: count - 1].sum() < p + ROUNDING
        assert share[kept].sum() >= best_first[:count].sum() - ROUNDING  # none better is refused
        assert (result[kept] == row[kept]).all()


@given(st.integers(1, 20), shares, st.integers(-5, 5))
def test_top_p_counts_among_equals_too(size, p, level):
    """V tokens of probability 1/V: p V of them, rounded up. Which ones is the order's choice."""
    kept = np.isfinite(top_p(np.full(size, float(level)), p)).sum()
    assert math.ceil(p * size - ROUNDING) <= kept <= math.ceil(p * size + ROUNDING)


@pytest.mark.parametrize("size", range(1, 41))
def test_top_p_is_exact_where_all_are_alike(size):
    """Eight of ten tenths reach 0.8, though as floating-point numbers they add up to less."""
    for count in range(1, size + 1):
        kept = np.isfinite(top_p(np.zeros(size), count / size))
        assert kept.sum() == count
        assert kept[:count].all()  # of equals, those with the lower ids


@given(scores())
def test_top_p_of_1_keeps_everything(logits):
    np.testing.assert_array_equal(top_p(logits, 1), logits)
    np.testing.assert_array_equal(top_p(logits, 1.0), logits)


@given(scores())
def test_top_p_of_almost_0_keeps_one(logits):
    result = top_p(logits, 1e-300)
    assert (np.isfinite(result).sum(axis=-1) == 1).all()
    assert (result.max(axis=-1) == logits.max(axis=-1)).all()


@given(scores(), shares, shares)
def test_a_larger_p_keeps_what_a_smaller_one_keeps(logits, p, q):
    few, many = np.isfinite(top_p(logits, min(p, q))), np.isfinite(top_p(logits, max(p, q)))
    assert (few <= many).all()


def test_top_p_does_not_overflow():
    logits = np.array([[3e38, 1e38, -3e38]], np.float32)
    assert np.isfinite(top_p(logits, 0.5)).tolist() == [[True, False, False]]


# -------------------------------------------------------------------- temperature
@given(scores())
def test_temperature_1_changes_nothing(logits):
    np.testing.assert_array_equal(temperature(logits, 1), logits)


@given(scores(refused=False))
def test_near_0_only_the_best_are_left(logits):
    best = logits == logits.max(axis=-1, keepdims=True)
    expected = best / best.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(softmax(temperature(logits, 1e-3)), expected, atol=1e-12)


@given(scores(refused=False))
def test_near_infinity_all_are_alike(logits):
    for value in (1e9, math.inf):
        shares = softmax(temperature(logits, value))
        np.testing.assert_allclose(shares, 1 / logits.shape[-1], rtol=1e-6)


@given(scores(refused=False), st.floats(0.1, 10), st.floats(0.1, 10))
def test_a_lower_temperature_makes_the_best_likelier(logits, one, two):
    cold, warm = (softmax(temperature(logits, t)).max(axis=-1) for t in sorted((one, two)))
    assert (cold >= warm - ROUNDING).all()


# -------------------------------------------------------------------- min p
@given(scores(), st.floats(0, 1))
def test_min_p_keeps_what_is_at_least_p_times_as_likely_as_the_best(logits, p):
    for row, result in zip(logits, min_p(logits, p), strict=True):
        share, kept = softmax(row), np.isfinite(result)
        assert (share[kept] >= p * share.max() - ROUNDING).all()
        assert (share[~kept] <= p * share.max() + ROUNDING).all()
        assert (result[kept] == row[kept]).all()


@given(scores())
def test_min_p_of_0_keeps_all_and_of_1_those_that_tie_with_the_best(logits):
    np.testing.assert_array_equal(min_p(logits, 0), logits)
    best = logits == logits.max(axis=-1, keepdims=True)
    np.testing.assert_array_equal(np.isfinite(min_p(logits, 1)), best)


@given(scores(), st.floats(0, 1), st.integers(-9, 9))
def test_min_p_asks_for_differences_only(logits, p, constant):
    np.testing.assert_array_equal(min_p(logits + constant, p), min_p(logits, p) + constant)


def test_min_p_is_exact_at_its_border_and_does_not_overflow():
    shares = np.array([0.5, 0.25, 0.15, 0.1])
    assert np.isfinite(min_p(np.log(shares), 0.5)).tolist() == [True, True, False, False]
    assert np.isfinite(min_p(np.log(shares), 0.2)).all()
    assert np.isfinite(min_p(np.array([1.7e308, -1.7e308]), 0.1)).tolist() == [True, False]


# -------------------------------------------------------------------- repetition penalty
@st.composite
def scores_and_seen(draw):
    logits = draw(scores())
    shape = (len(logits), draw(st.integers(0, 6)))
    return logits, draw(hnp.arrays(np.int64, shape, elements=st.integers(0, logits.shape[1] - 1)))


@given(scores_and_seen(), penalties)
def test_the_penalty_changes_what_was_seen_once_each_and_nothing_else(drawn, penalty):
    logits, seen = drawn
    result = repetition_penalty(logits, seen, penalty)
    assert result.dtype == logits.dtype
    for row, ids, found in zip(logits, seen, result, strict=True):
        expected = row.copy()
        for i in set(ids.tolist()):
            expected[i] = row[i] / penalty if row[i] > 0 else row[i] * penalty
        np.testing.assert_allclose(found, expected, rtol=1e-6)
        np.testing.assert_array_equal(found, repetition_penalty(row, ids, penalty))


@given(scores_and_seen(), st.floats(1, 10))
def test_above_1_nothing_that_was_seen_becomes_likelier(drawn, penalty):
    logits, seen = drawn
    assert (repetition_penalty(logits, seen, penalty) <= logits).all()
    assert (repetition_penalty(logits, seen, 1 / penalty) >= logits).all()
    np.testing.assert_array_equal(repetition_penalty(logits, seen, 1), logits)


# -------------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    ("refine", "value", "message"),
    [
        (top_k, 0, "top_k: must be at least 1; got 0."),
        (top_k, -3, "top_k: must be at least 1; got -3."),
        (top_p, 0.0, "top_p: must be above 0 and at most 1; got 0.0."),
        (top_p, -0.5, "top_p: must be above 0 and at most 1; got -0.5."),
        (top_p, 1.01, "top_p: must be above 0 and at most 1; got 1.01."),
        (top_p, math.nan, "top_p: must be above 0 and at most 1; got nan."),
        (min_p, -0.1, "min_p: must be at least 0 and at most 1; got -0.1."),
        (min_p, 1.01, "min_p: must be at least 0 and at most 1; got 1.01."),
        (min_p, math.nan, "min_p: must be at least 0 and at most 1; got nan."),
        (temperature, 0, "temperature: must be above 0; got 0. Hint: 0 means greedy."),
        (temperature, -1, "temperature: must be above 0; got -1."),
        (temperature, math.nan, "temperature: must be above 0; got nan."),
    ],
)
def test_a_value_out_of_range_is_refused(refine, value, message):
    with pytest.raises(OptionError) as caught:
        refine(np.zeros(3), value)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("penalty", [0, -1, math.inf, math.nan])
def test_a_penalty_out_of_range_is_refused(penalty):
    with pytest.raises(OptionError, match="repetition_penalty: must be above 0 and finite; got"):
        repetition_penalty(np.zeros(3), np.array([0]), penalty)
