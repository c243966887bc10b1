"""blocked: the product in blocks, as Python runs it and as Numba compiles it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.kernels.jit import loop
from tinyllm.kernels.matmul import blocked

SIDE = st.integers(1, 7)
compiled = loop(blocked)


@given(SIDE, SIDE, SIDE, st.integers(1, 8), st.integers(0, 99))
def test_blocks_of_any_size_give_the_product(M, K, N, size, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((M, K)), rng.standard_normal((K, N))
    for function in (blocked, compiled):
        np.testing.assert_allclose(function(a, b, size), a @ b, rtol=1e-12, atol=1e-12)


def test_the_result_has_the_dtype_of_the_first_factor():
    a = np.ones((2, 3), np.float32)
    assert blocked(a, a.T, 2).dtype == np.float32
