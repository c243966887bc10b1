"""Values and gradients of the operations of language models, against PyTorch in float64."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.ops.cases import CASES, every_backend
from tinyllm import Tensor
from tinyllm.autograd.function import Function
from tinyllm.autograd.reductions import Var
from tinyllm.ops.activations import Gelu, GeluTanh, Silu
from tinyllm.ops.attention import Attention
from tinyllm.ops.cross_entropy import CrossEntropy
from tinyllm.ops.dropout import Dropout
from tinyllm.ops.embedding import Embedding
from tinyllm.ops.layer_norm import LayerNorm
from tinyllm.ops.matmul import Einsum, Linear
from tinyllm.ops.reductions import LogSumExp
from tinyllm.ops.rms_norm import RMSNorm
from tinyllm.ops.shaping import TakeAlongAxis
from tinyllm.ops.softmax import LogSoftmax, Softmax

torch = pytest.importorskip("torch")
F = torch.nn.functional


def cross_entropy(logits, targets, ignore_index, label_smoothing):
    """PyTorch's mean over no targets is NaN, ours is 0: so sum, and divide here."""
    ids = torch.tensor(targets).reshape(-1)
    options = {"ignore_index": ignore_index, "label_smoothing": label_smoothing}
    total = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), ids, reduction="sum", **options)
    return total / max(1, int((ids != ignore_index).sum()))


def attention(q, k, v, mask, causal):
    """PyTorch's own causal mask starts at the first key, ours ends at the last: so build it."""
    T, S = q.shape[2], k.shape[2]
    may = torch.ones(*q.shape[:3], S, dtype=torch.bool)
    if mask is not None:
        may = may & torch.tensor(mask)
    if causal:
        may = may & torch.ones(T, S, dtype=torch.bool).tril(S - T)
    none = ~may.any(-1, keepdim=True)  # for these rows ours gives 0; let PyTorch see all keys,
    y = F.scaled_dot_product_attention(q, k, v, attn_mask=may | none)  # and drop what it gives
    return torch.where(none, 0, y)


def logsumexp(x, axis, keepdims):
    axes = tuple(range(x.ndim)) if axis is None else axis
    return x + 0 if axes == () else torch.logsumexp(x, axes, keepdims)


def var(x, axis, ddof, keepdims):
    axes = tuple(range(x.ndim)) if axis is None else axis
    return (x - x) * x if axes == () else torch.var(x, axes, correction=ddof, keepdim=keepdims)


TORCH = {
    Attention: attention,
    CrossEntropy: cross_entropy,
    Einsum: lambda *arrays, subscripts: torch.einsum(subscripts, *arrays),
    Embedding: lambda weight, ids: F.embedding(torch.tensor(ids), weight),
    Gelu: F.gelu,
    GeluTanh: lambda x: F.gelu(x, approximate="tanh"),
    LayerNorm: lambda x, w, b, eps: F.layer_norm(x, x.shape[-1:], w, b, eps),
    Linear: lambda x, w, b: F.linear(x, w.T, b),
    LogSoftmax: lambda x, axis: F.log_softmax(x, axis),
    LogSumExp: logsumexp,
    RMSNorm: lambda x, w, eps: F.rms_norm(x, x.shape[-1:], w, eps),
    Silu: F.silu,
    Softmax: lambda x, axis: F.softmax(x, axis),
    TakeAlongAxis: lambda x, indices, axis: torch.take_along_dim(
        x, torch.tensor(indices % x.shape[axis]), axis
    ),
    Var: var,
}
WITHOUT_PEER = {Dropout}  # random: its law is held in tests/ops/test_dropout.py


def test_every_operation_is_held_to_numpy_or_to_pytorch():
    held = {op for op, cases in CASES.items() if any(case.numpy for case in cases)}
    missing = CASES.keys() - held - TORCH.keys() - WITHOUT_PEER
    assert not missing, f"no peer for {missing}: add `numpy` to its case, or an entry to TORCH"


@every_backend
@pytest.mark.parametrize("op", TORCH, ids=lambda op: op.__name__)
@given(st.data())
def test_values_and_gradients_are_those_of_pytorch(op: type[Function], backend: str, data: Any):
    case = CASES[op][-1]
    arrays, options = data.draw(case.inputs)
    ours = [None if a is None else Tensor(a, requires_grad=True) for a in arrays]
    theirs = [None if a is None else torch.tensor(a, requires_grad=True) for a in arrays]
    with tinyllm.backend(backend):
        y, expected = case.run(*ours, **options), TORCH[op](*theirs, **options)
        np.testing.assert_allclose(y.data, expected.detach(), rtol=1e-10, atol=1e-12)
        arriving = np.random.default_rng(0).standard_normal(y.shape)
        y.backward(arriving)
    expected.backward(torch.tensor(arriving))
    for mine, other in zip(ours, theirs, strict=True):
        if mine is not None:
            np.testing.assert_allclose(mine.grad, other.grad, rtol=1e-10, atol=1e-12)
