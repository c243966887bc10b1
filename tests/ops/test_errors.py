"""What a user gets wrong is refused: by the operation's name, with what arrived."""

import numpy as np
import pytest

from tinyllm import Tensor, ops
from tinyllm.errors import DtypeError, OptionError, ShapeError

attention = ops.scaled_dot_product_attention


def z(*shape: int) -> Tensor:
    return Tensor(np.zeros(shape, np.float32))


WRONG_SHAPES = {
    "add": (lambda: z(2, 3) + z(2), "add: shapes must broadcast", "a=(2, 3), b=(2,)"),
    "subtract": (lambda: ops.subtract(z(2, 3), z(2)), "subtract: ", "a=(2, 3), b=(2,)"),
    "multiply": (lambda: z(2, 3) * np.zeros(2), "multiply: ", "a=(2, 3), b=(2,)"),
    "divide": (lambda: ops.divide(z(2, 3), z(2)), "divide: ", "a=(2, 3), b=(2,)"),
    "power": (lambda: ops.power(z(2, 3), z(2)), "power: ", "a=(2, 3), b=(2,)"),
    "maximum": (lambda: ops.maximum(z(2, 3), z(2)), "maximum: ", "a=(2, 3), b=(2,)"),
    "minimum": (lambda: ops.minimum(z(2, 3), z(2)), "minimum: ", "a=(2, 3), b=(2,)"),
    "where": (
        lambda: ops.where([True, False], z(3), 0.0),
        "where: shapes must broadcast",
        "condition=(2,), a=(3,), b=()",
    ),
    "masked_fill": (
        lambda: ops.masked_fill(z(2, 3), [True, False], 0.0),
        "masked_fill: mask must broadcast to x",
        "x=(2, 3), mask=(2,)",
    ),
    "masked_fill, a mask larger than x": (
        lambda: ops.masked_fill(z(3), np.ones((2, 3), bool), 0.0),
        "masked_fill: mask must broadcast to x",
        "x=(3,), mask=(2, 3)",
    ),
    "matmul": (
        lambda: z(2, 3) @ z(2, 3),
        "matmul: inner sizes must agree",
        "a=(2, 3), b=(2, 3). Hint: transpose b?",
    ),
    "matmul of a number": (lambda: ops.matmul(z(2, 3), z()), "matmul: ", "a=(2, 3), b=()"),
    "matmul of two batches": (
        lambda: ops.matmul(z(2, 2, 3), z(3, 3, 2)),
        "matmul: ",
        "(2, 2, 3)",
    ),
    "linear": (
        lambda: ops.linear(z(2, 3), z(4, 3)),
        "linear: x's last axis must be weight's first",
        "x=(2, 3), weight=(4, 3). Hint: weight is (inputs, outputs); transpose it?",
    ),
    "linear, bias": (
        lambda: ops.linear(z(2, 3), z(3, 4), z(3)),
        "linear: bias must be (outputs,)",
        "weight=(3, 4), bias=(3,)",
    ),
    "einsum, two sizes": (
        lambda: ops.einsum("ij,jk->ik", z(2, 3), z(4, 2)),
        "einsum: 'j' must stand for one size",
        "input1=(2, 3), input2=(4, 2)",
    ),
    "einsum, one of the sizes is 1": (
        lambda: ops.einsum("ij,ij->i", z(1, 3), z(2, 3)),
        "einsum: 'i' must stand for one size",
        "input1=(1, 3), input2=(2, 3)",
    ),
    "einsum, two sizes behind dots": (
        lambda: ops.einsum("...i,...i->...", z(1, 3), z(2, 3)),
        "einsum: '...' must stand for one size",
        "input1=(1, 3), input2=(2, 3)",
    ),
    "einsum, dots for other axes": (
        lambda: ops.einsum("...i,...i->...", z(2, 2, 3), z(2, 3)),
        "einsum: '...' must stand for the same axes everywhere",
        "input1=(2, 2, 3), input2=(2, 3)",
    ),
    "einsum, a diagonal": (
        lambda: ops.einsum("ii->i", z(2, 2)),
        "einsum: a letter may stand once in an input; 'ii' takes a diagonal",
        "input1=(2, 2)",
    ),
    "einsum, too few letters": (
        lambda: ops.einsum("ij->i", z(2, 2, 2)),
        "einsum: 'ij' does not name 3 axes",
        "input1=(2, 2, 2)",
    ),
    "einsum, too many inputs": (
        lambda: ops.einsum("ij->i", z(2, 3), z(4)),
        "einsum: 'ij->i' names 1 inputs, 2 were given",
        "input1=(2, 3), input2=(4,)",
    ),
    "einsum, an unknown letter": (
        lambda: ops.einsum("ij->k", z(2, 3)),
        "einsum: ",
        "input1=(2, 3)",
    ),
    "softmax": (lambda: ops.softmax(z(2, 3), axis=2), "softmax: needs an axis 2", "x=(2, 3)"),
    "softmax of nothing": (lambda: ops.softmax(z(2, 0)), "softmax: needs an axis -1", "x=(2, 0)"),
    "softmax of a number": (lambda: ops.softmax(z()), "softmax: needs an axis -1", "x=()"),
    "log_softmax": (lambda: ops.log_softmax(z(2, 0)), "log_softmax: needs an axis -1", "x=(2, 0)"),
    "layer_norm": (
        lambda: ops.layer_norm(z(2, 3), z(2)),
        "layer_norm: weight must be as long as x's last axis",
        "x=(2, 3), weight=(2,)",
    ),
    "layer_norm, bias": (
        lambda: ops.layer_norm(z(2, 3), None, z(2)),
        "layer_norm: bias must be as long as x's last axis",
        "x=(2, 3), bias=(2,)",
    ),
    "layer_norm of nothing": (
        lambda: ops.layer_norm(z(2, 0)),
        "layer_norm: needs a last axis of size >= 1",
        "x=(2, 0)",
    ),
    "rms_norm": (
        lambda: ops.rms_norm(z(2, 3), z(2)),
        "rms_norm: weight must be as long as x's last axis",
        "x=(2, 3), weight=(2,)",
    ),
    "cross_entropy": (
        lambda: ops.cross_entropy(z(2, 3), [0, 1, 2]),
        "cross_entropy: targets must have the logits' shape without its last axis",
        "logits=(2, 3), targets=(3,)",
    ),
    "embedding": (
        lambda: ops.embedding(z(3), [0]),
        "embedding: weight must be (vocabulary, width)",
        "weight=(3,)",
    ),
    "rnn": (
        lambda: ops.rnn(z(2, 3), z(3, 3), z(3), z(2, 3)),
        "rnn: x must be (B, T, C), weight (C, C)",
        "x=(2, 3), weight=(3, 3)",
    ),
    "gru, weight": (
        lambda: ops.gru(z(2, 4, 9), z(9, 3), z(9), z(2, 3)),
        "gru: x must be (B, T, 3 C), weight (C, 3 C)",
        "x=(2, 4, 9), weight=(9, 3)",
    ),
    "gru, x": (
        lambda: ops.gru(z(2, 4, 3), z(3, 9), z(9), z(2, 3)),
        "gru: x's last axis and bias must be as long as weight is wide, 3 C",
        "x=(2, 4, 3), weight=(3, 9), bias=(9,)",
    ),
    "lstm of no step": (
        lambda: ops.lstm(z(2, 0, 12), z(3, 12), z(12), z(2, 3), z(2, 3)),
        "lstm: x must be (B, T, 4 C), weight (C, 4 C)",
        "x=(2, 0, 12), weight=(3, 12)",
    ),
    "lstm, state": (
        lambda: ops.lstm(z(2, 4, 12), z(3, 12), z(12), z(2, 3), z(1, 3)),
        "lstm: c must be (B, C)",
        "x=(2, 4, 12), weight=(3, 12), bias=(12,), c=(1, 3)",
    ),
    "attention, three axes": (
        lambda: attention(z(1, 2, 3), z(1, 2, 3), z(1, 2, 3)),
        "attention: q must be (B, H, T, D), k and v (B, H, S, D)",
        "q=(1, 2, 3), k=(1, 2, 3), v=(1, 2, 3)",
    ),
    "attention, other widths": (
        lambda: attention(z(1, 1, 2, 3), z(1, 1, 2, 4), z(1, 1, 2, 4)),
        "attention: ",
        "q=(1, 1, 2, 3), k=(1, 1, 2, 4), v=(1, 1, 2, 4)",
    ),
    "attention, mask": (
        lambda: attention(*[z(1, 1, 2, 3)] * 3, mask=np.ones((3, 3), bool)),
        "attention: mask must broadcast to (B, H, T, S)",
        "mask=(3, 3), scores=(1, 1, 2, 2)",
    ),
    "sum": (lambda: ops.sum(z(2, 3), axis=2), "sum: axis 2 is out of bounds", "(2, 3)"),
    "mean": (lambda: ops.mean(z(2, 3), axis=(0, 0)), "mean: duplicate value in 'axis'", "(2, 3)"),
    "var": (lambda: ops.var(z(2, 3), axis=-3), "var: axis -3 is out of bounds", "(2, 3)"),
    "max of nothing": (lambda: ops.max(z(0)), "max: ", "(0,)"),
    "min": (lambda: ops.min(z(2, 3), axis=2), "min: axis 2 is out of bounds", "(2, 3)"),
    "logsumexp": (lambda: ops.logsumexp(z(2, 3), axis=2), "logsumexp: axis 2", "(2, 3)"),
    "cumsum": (lambda: ops.cumsum(z(2, 3), axis=2), "cumsum: axis 2 is out of bounds", "(2, 3)"),
    "reshape": (lambda: z(2, 3).reshape(4), "reshape: cannot reshape array of size 6", "(2, 3)"),
    "transpose": (lambda: ops.transpose(z(2, 3), (0, 0)), "transpose: repeated axis", "(2, 3)"),
    "swapaxes": (lambda: z(2, 3).swapaxes(0, 2), "swapaxes: axes 0 and 2 must exist", "x=(2, 3)"),
    "expand_dims": (lambda: ops.expand_dims(z(2, 3), 5), "expand_dims: axis 5", "x=(2, 3)"),
    "squeeze": (lambda: ops.squeeze(z(2, 3), 0), "squeeze: axis 0 must have size 1", "x=(2, 3)"),
    "broadcast_to": (
        lambda: ops.broadcast_to(z(2, 3), (2,)),
        "broadcast_to: x must broadcast to the shape",
        "x=(2, 3), shape=(2,)",
    ),
    "concatenate": (
        lambda: ops.concatenate([z(2, 3), z(3, 2)]),
        "concatenate: ",
        "input1=(2, 3), input2=(3, 2)",
    ),
    "concatenate, axis": (
        lambda: ops.concatenate([z(2, 3)], axis=2),
        "concatenate: there is no axis 2",
        "x=(2, 3)",
    ),
    "concatenate of nothing": (
        lambda: ops.concatenate([]),
        "concatenate: needs at least one tensor",
        "an empty list",
    ),
    "stack": (lambda: ops.stack([z(2), z(3)]), "stack: ", "input1=(2,), input2=(3,)"),
    "stack of nothing": (lambda: ops.stack([]), "stack: needs at least one tensor", "an empty"),
    "split": (lambda: ops.split(z(5), 2), "split: ", "(5,)"),
    "split, axis": (lambda: ops.split(z(5), 1, axis=1), "split: there is no axis 1", "x=(5,)"),
    "take_along_axis": (
        lambda: ops.take_along_axis(z(2, 3), [[0], [0], [0]], 1),
        "take_along_axis: indices must have x's axes and broadcast outside of axis 1",
        "x=(2, 3), indices=(3, 1)",
    ),
    "take_along_axis, fewer axes": (
        lambda: ops.take_along_axis(z(2, 3), [0, 0], 1),
        "take_along_axis: ",
        "x=(2, 3), indices=(2,)",
    ),
    "take_along_axis, axis": (
        lambda: ops.take_along_axis(z(2, 3), [[0]], 2),
        "take_along_axis: there is no axis 2",
        "x=(2, 3)",
    ),
}

WRONG_NUMBERS = {
    "cross_entropy, a float": (
        lambda: ops.cross_entropy(z(2, 3), [0.0, 1.0]),
        DtypeError,
        "cross_entropy: ids must be integers; got float64",
    ),
    "cross_entropy, outside": (
        lambda: ops.cross_entropy(z(2, 3), [0, 3]),
        OptionError,
        "cross_entropy: ids must be in 0 to 2; got 3. Hint: does the tokenizer belong to this",
    ),
    "cross_entropy, smoothing": (
        lambda: ops.cross_entropy(z(2, 3), [0, 1], label_smoothing=1.5),
        OptionError,
        "cross_entropy: label_smoothing is a share; got 1.5",
    ),
    "embedding, a float": (
        lambda: ops.embedding(z(2, 3), [0.5]),
        DtypeError,
        "embedding: ids must be integers; got float64",
    ),
    "embedding, negative": (
        lambda: ops.embedding(z(2, 3), [-1]),
        OptionError,
        "embedding: ids must be in 0 to 1; got -1",
    ),
    "attention, mask": (
        lambda: attention(*[z(1, 1, 2, 3)] * 3, mask=np.ones((2, 2))),
        DtypeError,
        "attention: the mask must be boolean, True = may attend; got float64",
    ),
    "take_along_axis, a float": (
        lambda: ops.take_along_axis(z(2, 3), [[0.5], [0.5]], 1),
        DtypeError,
        "take_along_axis: indices must be integers; got float64",
    ),
    "take_along_axis, outside": (
        lambda: ops.take_along_axis(z(2, 3), [[3], [0]], 1),
        OptionError,
        "take_along_axis: indices must be in -3 to 2; got 3",
    ),
    "split": (
        lambda: ops.split(z(5), 0),
        OptionError,
        "split: needs at least one section; got 0",
    ),
    "gelu": (
        lambda: ops.gelu(z(2), approximate="tanhh"),
        OptionError,
        "gelu: approximate must be 'none' or 'tanh'; got 'tanhh'",
    ),
    "dropout, all": (
        lambda: ops.dropout(z(2), 1.0, rng=0),
        OptionError,
        "dropout: p must be at least 0 and below 1; got 1.0",
    ),
    "dropout, negative": (
        lambda: ops.dropout(z(2), -0.1, rng=0),
        OptionError,
        "dropout: p must be at least 0 and below 1; got -0.1",
    ),
}


@pytest.mark.parametrize(
    ("call", "rule", "arrived"), WRONG_SHAPES.values(), ids=WRONG_SHAPES.keys()
)
def test_a_wrong_shape_is_named(call, rule, arrived):
    with pytest.raises(ShapeError) as caught:
        call()
    assert str(caught.value).startswith(rule)
    assert arrived in str(caught.value)
    assert "; got " in str(caught.value)


@pytest.mark.parametrize(
    ("call", "error", "message"), WRONG_NUMBERS.values(), ids=WRONG_NUMBERS.keys()
)
def test_a_wrong_number_or_option_is_named(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).startswith(message)
