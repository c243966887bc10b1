import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.figures import measured
from tinyllm.bench.ratios import exponent, ratios, verdict


def test_a_ratio_is_of_the_medians_of_one_round():
    found = measured(tinyllm=[[1, 2, 9], [4, 4]], torch=[[3, 99, 1], [4, 8]])
    assert ratios(found, "torch") == [1.5, 1.5]


def test_ratios_are_sorted():
    found = measured(tinyllm=[[1.0], [2.0], [4.0]], torch=[[3.0], [2.0], [8.0]])
    assert ratios(found, "torch") == [1, 2, 3]


@given(st.floats(-3, 3), st.floats(0.01, 100))
def test_the_exponent_of_a_power_is_found(power, factor):
    sizes = (64, 128, 300, 1024)
    assert exponent(sizes, [factor * n**power for n in sizes]) == pytest.approx(power, abs=1e-6)


def test_one_size_has_no_exponent():
    assert exponent([64], [3.0]) is None


def test_steady_figures_are_called_steady():
    found = measured(tinyllm=[[1.0, 1.1], [1.0, 1.1]], torch=[[2.0, 2.1], [2.1, 2.2]])
    assert verdict([found]) == ["Steady: no ratio spreads by more than 15% from round to round."]


@pytest.mark.parametrize(
    ("sides", "problem"),
    [
        ({"tinyllm": [[1.0], [1.0]], "torch": [[1.0], [1.2]]}, "ratios to torch spread by 18%"),
        ({"tinyllm": [[1.0, 1.5, 1.5]]}, "tinyllm's median is 1.50 times its best"),
        (
            {"tinyllm": [[1.0], [1.0]], "jax": [[1.0, 2.0, 2.0]] * 2},
            "jax's median is 2.00 times its best",
        ),
    ],
)
def test_a_noisy_machine_is_called_one(sides, problem):
    lines = verdict([measured(**sides)])
    assert lines[0] == "Too noisy to trust, measure again on a quiet machine:"
    assert any(problem in line for line in lines[1:])


def test_one_round_says_nothing_about_noise():
    assert verdict([measured(tinyllm=[[1.0]], torch=[[9.0]])]) == [
        "One round: how much the ratios spread is not known."
    ]
