"""What splitting into heads and merging them do to arrays."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.ops.heads import merge, split

sizes = st.integers(1, 4)


@given(sizes, sizes, sizes, st.lists(sizes, min_size=1, max_size=3))
def test_a_part_holds_the_columns_of_its_heads(B, T, D, heads):
    x = np.arange(B * T * sum(heads) * D).reshape(B, T, -1)
    first = 0
    for part, n in zip(split(x, tuple(heads)), heads, strict=True):
        assert part.shape == (B, n, T, D)
        for h in range(n):
            start = (first + h) * D
            np.testing.assert_array_equal(part[:, h], x[:, :, start : start + D])
        first += n


@given(sizes, sizes, sizes, sizes)
def test_merging_undoes_splitting(B, H, T, D):
    x = np.arange(B * H * T * D).reshape(B, T, H * D)
    (part,) = split(x, (H,))
    np.testing.assert_array_equal(merge(part), x)
