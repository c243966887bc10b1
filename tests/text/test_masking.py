import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.errors import DataError, DtypeError, OptionError
from tinyllm.text.masking import NO_TARGET, mask_tokens

PAD, MASK, V = 0, 1, 12
SPECIAL = [PAD, MASK, 2]
shapes = st.lists(st.integers(0, 8), min_size=1, max_size=3)
# What chi-squared exceeds by chance once in 100,000 times, by degrees of freedom.
CHI_SQUARED = {1: 19.5, 8: 37.3, 9: 39.3}


def drawn(shape, seed):
    return np.random.default_rng(seed).integers(0, V, shape)


def masked(ids, seed, **options):
    return mask_tokens(ids, seed, vocabulary=V, mask=MASK, special=SPECIAL, **options)


def deviation(counts, shares):
    """Pearson's sum: how far counts are from what the shares promise."""
    expected = np.sum(counts) * np.array(shares)
    return float(((np.array(counts) - expected) ** 2 / expected).sum())


@given(shapes, st.integers(0, 999), st.floats(0.01, 0.99))
def test_what_is_not_chosen_stays_and_what_is_chosen_is_the_target(shape, seed, share):
    ids = drawn(shape, seed)
    before = ids.copy()
    inputs, targets = masked(ids, seed, share=share)
    np.testing.assert_array_equal(ids, before)
    assert inputs.shape == targets.shape == ids.shape
    assert inputs.dtype == targets.dtype == np.int64
    chosen = targets != NO_TARGET
    np.testing.assert_array_equal(inputs[~chosen], ids[~chosen])
    np.testing.assert_array_equal(targets[chosen], ids[chosen])


@given(shapes, st.integers(0, 999))
def test_special_tokens_are_never_chosen_and_never_drawn(shape, seed):
    ids = drawn(shape, seed)
    inputs, targets = masked(ids, seed, share=0.99)
    special = np.isin(ids, SPECIAL)
    assert (targets[special] == NO_TARGET).all()
    np.testing.assert_array_equal(inputs[special], ids[special])
    assert not np.isin(inputs[~special], [PAD, 2]).any()


def test_fifteen_percent_are_chosen_and_of_these_80_10_10():
    ids = np.full((2000, 100), 5)
    inputs, targets = masked(ids, 3)
    chosen = targets != NO_TARGET
    assert deviation([chosen.sum(), (~chosen).sum()], [0.15, 0.85]) < CHI_SQUARED[1]
    found = inputs[chosen]
    counts = np.array([np.sum(found == token) for token in [MASK, 5, 3, 4, *range(6, V)]])
    assert counts.sum() == chosen.sum()
    # the 10 % that stay are 5, and of the 10 % random ones each ninth is a 5, too
    assert deviation(counts, [0.8, 0.1 + 0.1 / 9, *[0.1 / 9] * 8]) < CHI_SQUARED[9]


def test_each_place_is_as_likely_as_any_other():
    chosen = np.zeros(9)
    rng = np.random.default_rng(1)
    for _ in range(2000):
        chosen += masked(np.full(9, 4), rng)[1] != NO_TARGET
    assert deviation(chosen, [1 / 9] * 9) < CHI_SQUARED[8]


def test_the_seed_decides_and_an_rng_goes_on():
    ids = drawn((20, 20), 0)
    np.testing.assert_array_equal(masked(ids, 7)[0], masked(ids, 7)[0])
    rng = np.random.default_rng(7)
    assert (masked(ids, rng)[1] != masked(ids, rng)[1]).any()


def test_the_mask_need_not_be_listed():
    _, targets = mask_tokens(np.full(99, MASK), 0, vocabulary=V, mask=MASK, special=[])
    assert (targets == NO_TARGET).all()


def test_what_cannot_be_masked_is_refused():
    for share in (0.0, 1.0, float("nan")):
        with pytest.raises(OptionError, match="share must be between 0 and 1"):
            masked([3], 0, share=share)
    with pytest.raises(DataError, match=r"ids must lie in 0\.\.11; got 3 to 12"):
        masked([3, 12], 0)
    with pytest.raises(DataError, match=r"mask and special must lie in 0\.\.11; got 1 to 99"):
        mask_tokens([3], 0, vocabulary=V, mask=MASK, special=[99])
    with pytest.raises(DtypeError, match="ids must be integers; got float64"):
        masked([0.5], 0)
    with pytest.raises(DataError, match="some token must not be special; all 2 are"):
        mask_tokens([0], 0, vocabulary=2, mask=1, special=[0])
