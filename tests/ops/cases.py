"""CASES: how to run each operation, on what; a new operation needs an entry here.

`run` goes through the function or operator that users call. `numpy` is the same function in
NumPy, where NumPy has it; tests/parity holds the others to PyTorch.
"""

import inspect
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis.strategies import SearchStrategy

from tests.ops import inputs, steps
from tests.ops.drawing import Inputs, along_axis, one, reduced, two
from tinyllm import ops
from tinyllm.autograd import arithmetic, matmul, reductions, shaping
from tinyllm.autograd.function import Function
from tinyllm.kernels.backend import BACKENDS, Kernel
from tinyllm.ops.activations import Gelu, GeluTanh, Relu, Silu
from tinyllm.ops.arithmetic import Clip, Maximum, Minimum, Where
from tinyllm.ops.attention import Attention
from tinyllm.ops.cross_entropy import CrossEntropy
from tinyllm.ops.dropout import Dropout
from tinyllm.ops.elementwise import Exp, Log, Sigmoid, Sqrt, Tanh
from tinyllm.ops.embedding import Embedding
from tinyllm.ops.gru import GRU
from tinyllm.ops.heads import MergeHeads, SplitHeads
from tinyllm.ops.layer_norm import LayerNorm
from tinyllm.ops.lstm import LSTM
from tinyllm.ops.matmul import Einsum, Linear
from tinyllm.ops.reductions import CumSum, LogSumExp
from tinyllm.ops.rms_norm import RMSNorm
from tinyllm.ops.rnn import RNN
from tinyllm.ops.rotary import Rotary
from tinyllm.ops.shaping import Concatenate, Split, Stack, TakeAlongAxis
from tinyllm.ops.softmax import LogSoftmax, Softmax
from tinyllm.types import Array


@dataclass(frozen=True)
class Case:
    """run(*tensors, **options) -> a Tensor or several; `inputs` draws (arrays, options)."""

    run: Callable[..., Any]
    inputs: SearchStrategy[Inputs]
    numpy: Callable[..., Array] | None = None


def same(run: Callable[..., Any], inputs: SearchStrategy[Inputs]) -> Case:
    """A case which reads the same for arrays as for tensors: operators and methods."""
    return Case(run, inputs, numpy=run)


def numpy_softmax(x: Array, axis: int) -> Array:
    """The formula as it is in books: right as long as no exponential overflows."""
    return np.exp(x) / np.exp(x).sum(axis, keepdims=True)


def numpy_rotary(x: Array, angles: Array) -> Array:
    """Turning is multiplying complex numbers."""
    first, second = np.split(x, 2, axis=-1)
    z = (first + 1j * second) * np.exp(1j * angles)
    return np.concatenate([z.real, z.imag], axis=-1)


ARITHMETIC = {
    arithmetic.Add: [
        same(operator.add, two()),
        same(lambda a: 2.5 + a, one()),
        Case(ops.add, two(), np.add),
    ],
    arithmetic.Subtract: [
        same(operator.sub, two()),
        same(lambda a: 2.5 - a, one()),
        Case(ops.subtract, two(), np.subtract),
    ],
    arithmetic.Multiply: [
        same(operator.mul, two()),
        same(lambda a: 2.5 * a, one()),
        same(lambda a: a * a, one()),
        Case(ops.multiply, two(), np.multiply),
    ],
    arithmetic.Divide: [
        same(operator.truediv, two(0.5)),
        same(lambda b: 2.5 / b, one(0.5)),
        same(lambda b: 1 / b, one(-3, -0.5)),
        Case(ops.divide, two(0.5), np.divide),
    ],
    arithmetic.Power: [
        same(lambda b, a: operator.pow(a, b), two(0.5)),  # b any, a > 0
        same(lambda a: a**3, one()),
        same(lambda a: a**-2, one(0.5)),
        same(lambda a: a**0.5, one(0.5)),
        same(lambda b: 2.5**b, one()),
        Case(lambda b, a: ops.power(a, b), two(0.5), lambda b, a: np.power(a, b)),
    ],
    arithmetic.Negative: [same(operator.neg, one()), Case(ops.negative, one(), np.negative)],
    arithmetic.Absolute: [
        same(abs, one(shift=0.5)),
        Case(ops.abs, one(shift=0.5), np.abs),
    ],
    Maximum: [
        Case(ops.maximum, two(shift=0.5), np.maximum),
        Case(lambda a: ops.maximum(a, 1.0), one(shift=0.5), lambda a: np.maximum(a, 1.0)),
    ],
    Minimum: [
        Case(ops.minimum, two(shift=0.5), np.minimum),
        Case(lambda a: ops.minimum(a, 1.0), one(shift=0.5), lambda a: np.minimum(a, 1.0)),
    ],
    Clip: [Case(ops.clip, inputs.clipped(), np.clip)],
    Where: [
        Case(
            lambda a, b, condition: ops.where(condition, a, b),
            inputs.chosen(),
            lambda a, b, condition: np.where(condition, a, b),
        ),
        Case(ops.masked_fill, inputs.masked(), lambda x, mask, value: np.where(mask, value, x)),
    ],
}

ELEMENTWISE = {
    Exp: [Case(ops.exp, one(), np.exp)],
    Log: [Case(ops.log, one(0.5), np.log)],
    Sqrt: [Case(ops.sqrt, one(0.5), np.sqrt)],
    Tanh: [Case(ops.tanh, one(), np.tanh)],
    Sigmoid: [Case(ops.sigmoid, one(), lambda x: 1 / (1 + np.exp(-x)))],
    Relu: [Case(ops.relu, one(shift=0.5), lambda x: x * (x > 0))],
    Silu: [Case(ops.silu, one(), lambda x: x / (1 + np.exp(-x)))],
    Gelu: [Case(ops.gelu, one(-6, 6))],
    GeluTanh: [Case(lambda x: ops.gelu(x, approximate="tanh"), one(-6, 6))],
    Dropout: [Case(ops.dropout, inputs.dropped())],
}

REDUCTIONS = {
    reductions.Sum: [
        same(lambda x, **o: x.sum(**o), reduced()),
        Case(ops.sum, reduced(), np.sum),
    ],
    reductions.Mean: [
        same(lambda x, **o: x.mean(**o), reduced()),
        Case(ops.mean, reduced(), np.mean),
    ],
    reductions.Var: [
        same(lambda x, **o: x.var(**o), inputs.varied()),
        Case(ops.var, inputs.varied(), np.var),
    ],
    reductions.Max: [
        same(lambda x, **o: x.max(**o), reduced(unique=True)),
        Case(ops.max, reduced(unique=True), np.max),
    ],
    reductions.Min: [
        same(lambda x, **o: x.min(**o), reduced(unique=True)),
        Case(ops.min, reduced(unique=True), np.min),
    ],
    CumSum: [Case(ops.cumsum, along_axis(), np.cumsum)],
    LogSumExp: [
        Case(ops.logsumexp, reduced(), lambda x, **o: np.log(np.sum(np.exp(x), **o))),
    ],
    Softmax: [Case(ops.softmax, along_axis(), numpy_softmax)],
    LogSoftmax: [
        Case(ops.log_softmax, along_axis(), lambda x, axis: np.log(numpy_softmax(x, axis)))
    ],
}

SHAPING = {
    shaping.Reshape: [
        same(lambda x, shape: x.reshape(shape), inputs.reshaped()),
        same(lambda x, shape: x.reshape(*shape), inputs.reshaped(min_dims=1)),
        Case(ops.reshape, inputs.reshaped(), np.reshape),
        same(lambda x: x.squeeze(), one()),
        Case(ops.squeeze, one(), np.squeeze),
        Case(lambda x: ops.expand_dims(x, (0, -1)), one(), lambda x: np.expand_dims(x, (0, -1))),
    ],
    shaping.Transpose: [
        same(lambda x: x.T, one()),
        same(lambda x, axes: x.transpose(axes), inputs.transposed()),
        same(lambda x, axes: x.transpose(*axes), inputs.transposed(min_dims=1)),
        Case(ops.transpose, inputs.transposed(), np.transpose),
        same(lambda x, pair: x.swapaxes(*pair), inputs.swapped()),
        Case(
            lambda x, pair: ops.swapaxes(x, *pair),
            inputs.swapped(),
            lambda x, pair: np.swapaxes(x, *pair),
        ),
    ],
    shaping.BroadcastTo: [Case(ops.broadcast_to, inputs.broadcast(), np.broadcast_to)],
    shaping.Unstack: [
        Case(ops.unstack, inputs.taken_apart(), lambda x, axis: tuple(np.moveaxis(x, axis, 0)))
    ],
    shaping.Index: [same(lambda x, key: x[key], inputs.indexed())],
    shaping.Astype: [same(lambda x: x.astype(x.dtype), one())],
    Concatenate: [
        Case(
            lambda *parts, axis: ops.concatenate(parts, axis),
            inputs.joined(),
            lambda *parts, axis: np.concatenate(parts, axis),
        ),
    ],
    Stack: [
        Case(
            lambda *parts, axis: ops.stack(parts, axis),
            inputs.stacked(),
            lambda *parts, axis: np.stack(parts, axis),
        ),
    ],
    SplitHeads: [
        Case(
            ops.split_heads,
            inputs.with_heads(),
            lambda x, heads: tuple(
                part.reshape(*part.shape[:2], n, -1).swapaxes(1, 2)
                for n, part in zip(
                    heads,
                    np.split(x, np.cumsum(heads)[:-1] * (x.shape[2] // sum(heads)), axis=2),
                    strict=True,
                )
            ),
        )
    ],
    MergeHeads: [
        Case(
            ops.merge_heads,
            inputs.four_axes(),
            lambda x: np.concatenate([x[:, h] for h in range(x.shape[1])], axis=2),
        )
    ],
    Split: [Case(ops.split, inputs.cut(), np.split)],
    TakeAlongAxis: [Case(ops.take_along_axis, inputs.looked_up(), np.take_along_axis)],
}

PRODUCTS = {
    matmul.MatMul: [
        same(operator.matmul, inputs.multiplied()),
        Case(ops.matmul, inputs.multiplied(), np.matmul),
    ],
    Linear: [Case(ops.linear, inputs.linear(), lambda x, w, b: x @ w + (0 if b is None else b))],
    Einsum: [
        Case(
            lambda *arrays, subscripts: ops.einsum(subscripts, *arrays),
            inputs.summed(),
            lambda *arrays, subscripts: np.einsum(subscripts, *arrays),
        )
    ],
}

LANGUAGE_MODELS = {
    Embedding: [Case(ops.embedding, inputs.embedded(), lambda weight, ids: weight[ids])],
    LayerNorm: [Case(ops.layer_norm, inputs.normalised(parameters=2))],
    RMSNorm: [Case(ops.rms_norm, inputs.normalised(parameters=1))],
    CrossEntropy: [Case(ops.cross_entropy, inputs.classified())],
    Attention: [Case(ops.scaled_dot_product_attention, inputs.attended())],
    Rotary: [Case(ops.rotary, inputs.turned(), numpy_rotary)],
}

RECURRENT = {
    RNN: [Case(ops.rnn, inputs.recurred(1, 1), steps.unrolled(steps.rnn, steps.NUMPY))],
    GRU: [Case(ops.gru, inputs.recurred(3, 1), steps.unrolled(steps.gru, steps.NUMPY))],
    LSTM: [Case(ops.lstm, inputs.recurred(4, 2), steps.unrolled(steps.lstm, steps.NUMPY))],
}

CASES: dict[type[Function], list[Case]] = (
    ARITHMETIC | ELEMENTWISE | REDUCTIONS | SHAPING | PRODUCTS | LANGUAGE_MODELS | RECURRENT
)


def backends(op: type[Function]) -> tuple[str, ...]:
    """Both, if the operation's file knows a kernel; else there is one version, in NumPy."""
    known = vars(inspect.getmodule(op)).values()
    modules = [v.__name__ for v in known if inspect.ismodule(v)]
    compiled = any(name.startswith("tinyllm.kernels.") for name in modules)
    return BACKENDS if compiled or any(isinstance(v, Kernel) for v in known) else ("numpy",)


every_backend = pytest.mark.parametrize("backend", BACKENDS)
every_case = pytest.mark.parametrize(
    ("op", "case", "backend"),
    [
        pytest.param(op, case, backend, id=f"{op.__name__}-{i}-{backend}")
        for op, cases in CASES.items()
        for i, case in enumerate(cases)
        for backend in backends(op)
    ],
)
