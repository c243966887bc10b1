import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.errors import OptionError
from tinyllm.train import TrainingConfig, cosine_with_warmup

options = st.fixed_dictionaries(
    {
        "peak": st.floats(1e-6, 10),
        "warmup": st.integers(0, 50),
        "total": st.integers(1, 200),
        "final": st.floats(0, 1e-6),
    }
)


def rates(options, steps=None):
    return [cosine_with_warmup(s, **options) for s in range(steps or options["total"] + 1)]


@given(options)
def test_it_rises_in_a_line_to_its_peak(options):
    warmup, peak = options["warmup"], options["peak"]
    for step, rate in enumerate(rates(options)[:warmup]):
        assert math.isclose(rate, peak * (step + 1) / warmup)


@given(options)
def test_then_it_falls_along_half_a_cosine(options):
    warmup, total = options["warmup"], options["total"]
    peak, final = options["peak"], options["final"]
    for step in range(warmup, total + 1):
        angle = math.pi * (step - warmup) / max(1, total - warmup)
        expected = final + (peak - final) * (1 + math.cos(angle)) / 2
        assert math.isclose(cosine_with_warmup(step, **options), expected, abs_tol=1e-15)


@given(options)
def test_it_never_leaves_its_bounds_and_never_rises_again(options):
    found = rates(options)
    assert all(0 < rate <= options["peak"] * (1 + 1e-12) for rate in found[:-1])
    falling = found[max(0, options["warmup"] - 1) :]
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in zip(falling, falling[1:]))  # noqa: B905, RUF007


@given(options, st.integers(0, 1000))
def test_after_the_last_step_it_stays_at_its_final_value(options, more):
    step = max(options["total"], options["warmup"] + 1) + more
    assert math.isclose(cosine_with_warmup(step, **options), options["final"], abs_tol=1e-15)


@given(st.integers(1, 3000), st.none() | st.integers(0, 100))
def test_a_run_takes_its_schedule_from_its_options(steps, warmup):
    config = TrainingConfig(data="", steps=steps, warmup=warmup, learning_rate=0.5)
    used = max(1, steps // 20) if warmup is None else warmup
    for step in (0, steps // 2, steps - 1):
        expected = cosine_with_warmup(step, peak=0.5, warmup=used, total=steps)
        assert config.schedule(step) == expected


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [
        ("steps", 0, "a whole number >= 1; got 0."),
        ("steps", 1.5, "a whole number >= 1; got 1.5."),
        ("batch", -2, "a whole number >= 1; got -2."),
        ("accumulate", "3", "a whole number >= 1; got '3'."),
        ("warmup", -1, "a whole number >= 0; got -1."),
        ("evaluate_every", -1, "a whole number >= 0; got -1."),
        ("seed", -1, "a whole number >= 0; got -1."),
        ("seed", None, "a whole number >= 0; got None."),
        ("learning_rate", 0, "above 0 and finite; got 0."),
        ("learning_rate", math.inf, "above 0 and finite; got inf."),
        ("learning_rate", math.nan, "above 0 and finite; got nan."),
        ("clip", 0.0, "above 0 and finite; got 0.0."),
        ("weight_decay", -0.1, "at least 0 and finite; got -0.1."),
        ("final_learning_rate", math.inf, "at least 0 and finite; got inf."),
    ],
)
def test_an_option_out_of_range_is_refused(option, value, rule):
    with pytest.raises(OptionError) as caught:
        TrainingConfig(**({"data": "x", option: value}))
    assert str(caught.value) == f"train: {option} must be {rule}"
