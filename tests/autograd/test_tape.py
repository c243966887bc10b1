import gc
import weakref
from xml.etree import ElementTree

import numpy as np
import pytest

from tinyllm import Tensor, no_grad, tape
from tinyllm.autograd.function import Function
from tinyllm.autograd.tensor import record_all
from tinyllm.errors import BackwardError, OptionError


class Halves(Function):
    """The two halves of a vector: an operation with two outputs."""

    @staticmethod
    def forward(ctx, x):
        return x[: len(x) // 2].copy(), x[len(x) // 2 :].copy()

    @staticmethod
    def backward(ctx, first, second):
        return (np.concatenate([first, second]),)


def leaf(*shape):
    return Tensor(np.ones(shape), requires_grad=True)


def layer():
    """One layer and a loss; returns the loss and the names of its tensors."""
    w, b = leaf(3, 2), leaf(2)
    hidden = np.ones((4, 3)) @ w + b
    loss = (hidden * hidden).mean()
    return loss, {"w": w, "b": b, "hidden": hidden, "loss": loss}


# -------------------------------------------------------------------- the text
def test_the_listing_follows_the_order_in_which_the_operations_ran():
    loss, names = layer()
    assert str(tape.draw(loss, names=names)).splitlines() == [
        "#  operation     shape   inputs",
        "1  w             (3, 2)  (leaf)",
        "2  MatMul        (4, 2)  constant, 1",
        "3  b             (2,)    (leaf)",
        "4  hidden = Add  (4, 2)  2, 3",
        "5  Multiply      (4, 2)  4, 4",
        "6  loss = Mean   ()      5",
    ]


def test_leaves_without_a_name():
    lines = str(tape.draw(leaf(2) + leaf(2))).splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["leaf", "leaf", "Add"]


def test_an_operation_with_two_outputs():
    first, second = record_all(Halves, leaf(4))
    text = str(tape.draw(second - first, names={"second": second}))
    assert "second = Halves" in text
    assert "(2,) and (2,)" in text
    assert text.endswith("Subtract         (2,)           2[1], 2[0]")


# -------------------------------------------------------------------- the picture
def test_the_picture_says_what_the_listing_says():
    loss, names = layer()
    root = ElementTree.fromstring(tape.draw(loss, names=names).svg)
    words = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    titles, shapes = words[::2], words[1::2]
    assert titles == ["w", "MatMul", "b", "hidden = Add", "Multiply", "loss = Mean"]
    assert shapes == ["(3, 2)", "(4, 2)", "(2,)", "(4, 2)", "(4, 2)", "()"]
    tooltips = [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert tooltips[:2] == ["1: w, inputs: (leaf)", "2: MatMul, inputs: constant, 1"]


def test_notebooks_show_the_picture():
    drawing = tape.draw(leaf(2).sum())
    assert drawing._repr_svg_() == drawing.svg


def test_save(tmp_path):
    drawing = tape.draw(leaf(2).sum(), names={"é": leaf(2)})
    drawing.save(tmp_path / "graph.svg")
    drawing.save(str(tmp_path / "graph.TXT"))
    assert (tmp_path / "graph.svg").read_text(encoding="utf-8") == drawing.svg
    assert (tmp_path / "graph.TXT").read_text(encoding="utf-8") == f"{drawing}\n"
    with pytest.raises(OptionError, match=r"saves as \.svg or \.txt; got 'graph\.png'"):
        drawing.save("graph.png")


# -------------------------------------------------------------------- what cannot be drawn
def test_a_tensor_without_a_graph_is_refused():
    x = leaf(2)
    with no_grad():
        y = x * 2.0
    for tensor in (x, y, Tensor([1.0]) + 1.0):
        with pytest.raises(BackwardError, match=r"tape\.draw: no operation was recorded.* Hint: "):
            tape.draw(tensor)


def test_a_graph_that_was_freed_is_refused():
    x = leaf(2)
    trunk = x * x
    total = trunk.sum()
    total.backward()
    for tensor in (total, trunk, trunk + 1.0):
        with pytest.raises(BackwardError, match=r"already walked by backward.* and freed. Hint: "):
            tape.draw(tensor)


def test_a_retained_graph_can_be_drawn():
    total = leaf(2).sum()
    total.backward(retain_graph=True)
    assert "Sum" in str(tape.draw(total))


def test_a_large_graph_is_refused():
    y = leaf(2)
    for _ in range(70):
        y = y + 1.0
    with pytest.raises(OptionError, match=r"71 operations and leaves.*pass max_nodes=71"):
        tape.draw(y)
    assert len(str(tape.draw(y, max_nodes=71)).splitlines()) == 72


# -------------------------------------------------------------------- side effects
def test_drawing_changes_nothing():
    loss, names = layer()
    tape.draw(loss)
    loss.backward()
    assert names["w"].grad.shape == (3, 2)


def test_a_drawing_does_not_keep_the_graph():
    x = leaf(3)
    hidden = x * x
    array = weakref.ref(hidden.data)
    gc.disable()
    try:
        drawing = tape.draw(hidden * hidden)
        del hidden
        assert array() is None
        assert "Multiply" in drawing.svg
    finally:
        gc.enable()
