"""What the boss of chapter 2 says about the learner's functions, beside the curve."""

import numpy as np
import pytest

from tinyllm.course.chapters.kernels import blocked_matmul, online_softmax
from tinyllm.kernels import matmul, softmax


def test_softmax_in_parts_is_compared_with_all_at_once(monkeypatch):
    said = []
    online_softmax.read_in_parts(said.append)
    monkeypatch.setattr(softmax, "online_step", lambda top, total, scores: (top, total + 1))
    online_softmax.read_in_parts(said.append)
    right, wrong = (float(line.split("at most ")[1].split()[0]) for line in said)
    assert right < 1e-5 < wrong


@pytest.mark.filterwarnings("ignore")  # Numba's, about the function that it cannot compile
def test_a_product_that_numba_cannot_compile_is_told_in_one_line(monkeypatch):
    def product(a, b, size):
        return np.array(
            [[sum(x * y for x, y in zip(row, c, strict=True)) for c in b.T] for row in a]
        )

    said = []
    monkeypatch.setattr(matmul, "blocked", product)
    blocked_matmul.measure(said.append)
    assert len(said) == 1
    assert said[0].startswith("blocked product: Numba cannot compile it: ")
    assert "\n" not in said[0]
    assert "\x1b" not in said[0]


@pytest.mark.parametrize(
    "product",
    [lambda a, b, size: a @ b, lambda a, b, size: a.dot(b), lambda a, b, size: np.matmul(a, b)],
)
def test_a_product_of_whole_arrays_is_refused(product):
    with pytest.raises(TypeError, match="multiplies whole arrays"):
        blocked_matmul.use(product, np.ones((1, 1)), np.ones((1, 1)), 1)
