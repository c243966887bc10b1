"""What blocks say about themselves: how many numbers they hold, and how large these start."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.nn import TransformerBlock
from tinyllm.nn.blocks import block_parameters, output_std
from tinyllm.nn.linear import initial_weight


@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.booleans())
def test_parameters_are_counted_as_the_block_counts_its_own(groups, each, D, biases):
    heads = groups * each
    options = {"kv_heads": groups, "biases": biases}
    block = TransformerBlock(
        heads * D,
        heads,
        norm="pre",
        causal=True,
        layers=1,
        dropout=0.0,
        rng=np.random.default_rng(0),
        **options,
    )
    assert block_parameters(heads * D, heads, **options) == block.count_parameters()


@given(st.integers(1, 100), st.integers(1, 3))
def test_a_sum_over_all_branches_has_the_deviation_of_one_alone(layers, branches):
    deviation = output_std(layers, branches)
    assert deviation**2 * layers * branches == pytest.approx(0.02**2)


def test_initial_weights_come_from_the_generator():
    rng = np.random.default_rng(0)
    one, two = initial_weight(200, 100, 0.5, rng), initial_weight(200, 100, 0.5, rng)
    again = initial_weight(200, 100, 0.5, np.random.default_rng(0))
    assert (one == again).all()
    assert (one != two).any()
    assert one.dtype == np.float32
    assert abs(one.std() - 0.5) < 5 * 0.5 / np.sqrt(2 * one.size)
