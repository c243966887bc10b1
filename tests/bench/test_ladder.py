"""Every rung of the ladder gives the same product, whatever the sizes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyllm.bench import ladder
from tinyllm.bench.ladder import METHODS, Method
from tinyllm.bench.rungs import DEEP
from tinyllm.errors import MeasurementError
from tinyllm.kernels.matmul import DEPTH
from tinyllm.kernels.tiles import HEIGHT, WIDTH

# one more and one less than a whole number of tiles and blocks
M = st.sampled_from([1, HEIGHT - 1, HEIGHT, HEIGHT + 1, 2 * HEIGHT + 3])
K = st.sampled_from([1, DEEP - 1, DEEP + 1, DEPTH, DEPTH + 1])
N = st.sampled_from([1, WIDTH - 1, WIDTH, WIDTH + 1])


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=10)
@given(M, K, N)
def test_every_rung_gives_the_product(name, rows, terms, columns):
    rng = np.random.default_rng(rows + 1000 * terms + columns)
    a = rng.standard_normal((rows, terms), dtype=np.float32)
    b = rng.standard_normal((terms, columns), dtype=np.float32)
    exact = a.astype(np.float64) @ b.astype(np.float64)
    y = METHODS[name].call(a, b)
    assert y.shape == exact.shape
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, exact, rtol=0, atol=1e-6 * terms)


@pytest.mark.parametrize("name", ["blocked", "packed"])
def test_more_columns_than_a_block_has(name):
    rng = np.random.default_rng(0)
    a = rng.standard_normal((2, 3), dtype=np.float32)
    b = rng.standard_normal((3, ladder.rungs.WIDE + 1), dtype=np.float32)
    np.testing.assert_allclose(METHODS[name].call(a, b), a @ b, rtol=0, atol=1e-5)


def test_measure_and_draw(tmp_path, monkeypatch):
    monkeypatch.setattr(ladder, "LEAST", 1e-4)
    rungs = ladder.measure(7, 5, 9, times=2)
    assert [rung.name for rung in rungs] == list(METHODS)
    assert all(rung.gflops > 0 and rung.compile_seconds >= 0 for rung in rungs)
    for rung in rungs:
        np.testing.assert_allclose(rung.gflops, 2 * 7 * 5 * 9 / rung.milliseconds / 1e6)
    monkeypatch.setattr(ladder, "cache_bandwidth", lambda: 100.0)
    file = tmp_path / "ladder.png"
    ladder.figure(rungs, file, peaks=(50.0, 100.0), memory=20.0)
    assert file.read_bytes().startswith(b"\x89PNG")


def test_a_rung_that_is_wrong_is_found_out(monkeypatch):
    wrong = Method(lambda a, b: a @ b + 0.01, None, "a planted error")
    monkeypatch.setattr(ladder, "METHODS", {"wrong": wrong})
    with pytest.raises(MeasurementError, match="wrong differs from a @ b"):
        ladder.measure(3, 4, 5, times=1)


def test_bytes_of_a_rung_are_those_that_its_loop_asks_for():
    """For each k, a tile loads WIDTH numbers of b and HEIGHT of a; each meets all of the others."""
    loaded, operations = 4 * (WIDTH + HEIGHT), 2 * WIDTH * HEIGHT
    assert METHODS["register tile"].bytes == loaded / operations
    assert METHODS["naive"].bytes == 2 * 4 / 2  # a, b; for a product and a sum
    assert METHODS["reordered"].bytes == 3 * 4 / 2  # b, y, and y again
