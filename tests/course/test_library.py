import subprocess
import sys

import pytest

from tinyllm.course import library
from tinyllm.course.stubs import definition, solution, without_body

EVERYWHERE = """
import numpy as np
from tinyllm import ops, Tensor, backend
from tinyllm.course import library
library.load_all()
from tinyllm.kernels import softmax, attention
def own(x):
    return np.full_like(x, 7)
library.put(softmax.forward_numpy, own)
assert softmax.forward_numpy is own
assert softmax.forward.numpy is softmax.forward.numba is own
assert (ops.softmax(Tensor([[1.0, 2.0]])).data == 7).all()
from tinyllm.autograd.arithmetic import Add
def backward(ctx, grad):
    return grad * 3, grad * 5
library.put(Add.backward, backward)
x = Tensor([1.0], requires_grad=True)
(x + Tensor([2.0])).sum().backward()
assert x.grad.tolist() == [3.0]
"""


def test_a_part_is_replaced_wherever_it_is_used():
    done = subprocess.run([sys.executable, "-c", EVERYWHERE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_stand_in_says_whose_it_is():
    with pytest.raises(library.TakenError, match="softmax"):
        library.stand_in("softmax")(1)


def test_a_stub_keeps_signature_and_docstring_and_loses_the_body():
    text = without_body("tinyllm.models.encoder_decoder:shift_right")
    assert text.startswith("def shift_right(targets: Array, begin: int) -> Array:")
    assert "Teacher forcing" in text
    assert "concatenate" not in text
    assert text.rstrip().endswith('raise NotImplementedError("your code here")')
    assert "concatenate" in solution("tinyllm.models.encoder_decoder:shift_right")


def test_of_a_class_the_methods_are_emptied_but_not_its_beginning():
    text = without_body("tinyllm.nn.residual:PreNorm")
    assert "def __init__(self" in text
    assert text.count("NotImplementedError") == 1
    assert definition("tinyllm.nn.residual:PreNorm.forward").name == "forward"
