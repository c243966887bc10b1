"""What a model costs, held to the model itself."""

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.analysis import (
    approximate_training_flops,
    count_parameters,
    forward_flops,
    parameters_of,
    training_flops,
)
from tinyllm.errors import OptionError
from tinyllm.models import DecoderOnly, TransformerConfig

sizes = st.fixed_dictionaries(
    {
        "vocabulary": st.integers(1, 7),
        "context": st.integers(1, 7),
        "layers": st.integers(1, 3),
        "heads": st.integers(1, 3),
        "width": st.integers(1, 3).map(lambda n: 6 * n),
        "tied": st.booleans(),
    }
)


@given(sizes)
def test_the_count_is_that_of_a_model(options):
    config = TransformerConfig(**options)
    model = DecoderOnly(config, rng=0)
    assert parameters_of(config) == sum(p.data.size for p in model.parameters())


@pytest.mark.parametrize(
    "option",
    [
        {"norm": "post"},
        {"normalisation": "rms"},
        {"positions": "rotary"},
        {"biases": False},
        {"activation": "swiglu"},
        {"kv_heads": 1},
    ],
)
def test_another_form_is_refused(option):
    with pytest.raises(OptionError, match="parameters_of"):
        parameters_of(TransformerConfig(vocabulary=5, context=4, **option))


def test_flops_are_those_of_the_products_of_a_forward_pass():
    B, T, C, V, L, H = 2, 5, 12, 11, 3, 2
    products = [  # (rows, inner, columns) of each product of one block
        (B * T, C, 3 * C),
        *[(T, C // H, T), (T, T, C // H)] * (B * H),
        (B * T, C, C),
        (B * T, C, 4 * C),
        (B * T, 4 * C, C),
    ]
    expected = 2 * (L * sum(map(prod, products)) + B * T * C * V)
    assert forward_flops(B * T, V, T, L, C) == expected
    assert training_flops(B * T, V, T, L, C) == 3 * expected


def test_six_n_d_is_near_the_count_for_a_large_model():
    sizes = {"vocabulary": 50257, "context": 1024, "layers": 48, "width": 6400}
    exact = training_flops(1000, **sizes)
    approximate = approximate_training_flops(count_parameters(**sizes), 1000)
    assert approximate == pytest.approx(exact, rel=0.03)
