"""Products: matmul, linear, einsum. The operation behind `@` is in autograd/matmul.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.autograd import tensor as tensors
from tinyllm.autograd.function import Context, Function
from tinyllm.autograd.tensor import Tensor, as_tensor, operands, record
from tinyllm.errors import shape_error
from tinyllm.kernels.matmul import matmul as product
from tinyllm.ops.dtypes import to_one_dtype
from tinyllm.types import Array, Shape


class Linear(Function):
    """y = x W + b. Backward: dx = dy W^T, dW = x^T dy and db = dy, summed over all rows."""

    @staticmethod
    def forward(ctx: Context, x: Array, weight: Array, bias: Array | None) -> Array:
        ctx.save(x, weight)
        y = product(x.reshape(-1, x.shape[-1]), weight, bias)
        return y.reshape(*x.shape[:-1], weight.shape[1])

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array | None, Array | None, Array | None]:
        x, weight = ctx.saved
        rows, grad_rows = x.reshape(-1, x.shape[-1]), grad.reshape(-1, grad.shape[-1])
        return (
            product(grad_rows, weight.T).reshape(x.shape) if ctx.needs[0] else None,
            product(rows.T, grad_rows) if ctx.needs[1] else None,
            grad_rows.sum(axis=0) if ctx.needs[2] else None,
        )


class Einsum(Function):
    """A sum of products named by letters. Backward: the same, with y and one input exchanged."""

    @staticmethod
    def forward(ctx: Context, *arrays: Array, subscripts: tuple[str, ...]) -> Array:
        ctx.save(subscripts, *arrays)
        return np.einsum(written(subscripts), *arrays, optimize=True)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array | None, ...]:
        (*terms, result), *arrays = ctx.saved[0], *ctx.saved[1:]
        gradients: list[Array | None] = []
        for i, term in enumerate(terms):
            if not ctx.needs[i]:
                gradients.append(None)
                continue
            others = [a for j, a in enumerate(arrays) if j != i]
            names = [t for j, t in enumerate(terms) if j != i]
            known = set(result).union(*names)  # a letter that only this input has was summed:
            kept = "".join(c for c in term if c in known)  # each of its elements gets the same
            part = np.einsum(written((result, *names, kept)), grad, *others, optimize=True)
            spread = [n if c in known else 1 for c, n in zip(term, arrays[i].shape, strict=True)]
            gradients.append(np.broadcast_to(part.reshape(spread), arrays[i].shape))
        return tuple(gradients)


def written(subscripts: tuple[str, ...]) -> str:
    """Write (inputs..., output) in NumPy's form: 'ij,jk->ik'."""
    *inputs, output = subscripts
    return f"{','.join(inputs)}->{output}"


def matmul(a: Any, b: Any) -> Tensor:
    """Return the matrix product a @ b.

    Forward:   y = a b
    Backward:  da = dy b^T, db = a^T dy, summed over axes that were broadcast
    Shapes:    a (..., M, K), b (..., K, N) -> (..., M, N); a vector is a row on the left and a
               column on the right, and its axis is gone from the result
    Raises:    ShapeError if the inner sizes differ

    >>> matmul(Tensor([[1.0, 2.0]]), Tensor([[3.0], [4.0]])).data.tolist()
    [[11.0]]
    """
    return tensors.matmul(a, b)


def linear(x: Any, weight: Any, bias: Any = None) -> Tensor:
    """Return x W + b: one linear layer.

    Forward:   y = x W + b
    Backward:  dx = dy W^T, dW = x^T dy, db = sum of dy over all rows
    Shapes:    x (..., I), weight (I, O), bias (O) -> (..., O). PyTorch stores W transposed.
    Raises:    ShapeError if the sizes do not fit

    >>> linear(Tensor([1.0, 2.0]), Tensor([[1.0], [1.0]]), Tensor([0.5])).data.tolist()
    [3.5]
    """
    inputs, w, b = to_one_dtype(x, weight, bias)
    if w.ndim != 2 or not inputs.ndim or inputs.shape[-1] != w.shape[0]:
        hint = "weight is (inputs, outputs); transpose it?" if w.ndim == 2 else ""
        rule = "x's last axis must be weight's first"
        raise shape_error("linear", rule, hint, x=inputs.shape, weight=w.shape)
    if b is not None and b.shape != w.shape[1:]:
        raise shape_error("linear", "bias must be (outputs,)", weight=w.shape, bias=b.shape)
    return record(Linear, inputs, w, b)


def einsum(subscripts: str, *arrays: Any) -> Tensor:
    """Multiply and sum over named axes: einsum("bij,bjk->bik", a, b) is a batched product.

    Shapes:  a letter stands for one size, wherever it stands; "..." for any leading axes
    Raises:  ShapeError if a letter has two sizes, if one input repeats a letter (a diagonal),
             or if the letters do not fit the number of axes

    >>> einsum("i,i->", Tensor([1.0, 2.0]), Tensor([3.0, 4.0])).item()
    11.0
    """
    inputs = operands(*(as_tensor(a) for a in arrays))
    return record(Einsum, *inputs, subscripts=spelled_out(subscripts, inputs))


def spelled_out(subscripts: str, inputs: tuple[Tensor, ...]) -> tuple[str, ...]:
    """Return one string of letters an input, then the output's; "..." becomes capital letters."""
    left, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    shapes = {f"input{i}": t.shape for i, t in enumerate(inputs, 1)}
    if len(terms) != len(inputs):
        rule = f"{subscripts!r} names {len(terms)} inputs, {len(inputs)} were given"
        raise shape_error("einsum", rule, **shapes)
    free = [c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in subscripts]
    extra = [t.ndim - len(s.replace("...", "")) for s, t in zip(terms, inputs, strict=True)]
    widest = max((n for n, s in zip(extra, terms, strict=True) if "..." in s), default=0)
    dots = "".join(free[:widest])
    if not arrow:  # NumPy's rule: letters that stand once, in alphabetical order
        letters = left.replace(",", "").replace("...", "")
        result = "..." + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    for term, n, t in zip(terms, extra, inputs, strict=True):
        if n < 0 or (n > 0 and "..." not in term):
            rule = f"{term!r} does not name {t.ndim} axes"
            raise shape_error("einsum", rule, **shapes)
        if any(term.count(c) > 1 for c in term if c != "."):
            rule = f"a letter may stand once in an input; {term!r} takes a diagonal"
            raise shape_error("einsum", rule, **shapes)
    if any(n not in (0, widest) for n, s in zip(extra, terms, strict=True) if "..." in s):
        raise shape_error("einsum", "'...' must stand for the same axes everywhere", **shapes)
    full = [s.replace("...", dots[widest - n :]) for s, n in zip(terms, extra, strict=True)]
    check_sizes(subscripts, full, shapes)
    return (*full, result.replace("...", dots))


def check_sizes(subscripts: str, terms: list[str], shapes: dict[str, Shape]) -> None:
    """Refuse a letter that stands for two sizes; NumPy would stretch an axis of size 1."""
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes.values(), strict=True):
        for letter, size in zip(term, shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                name = repr(letter) if letter in subscripts else "'...'"
                raise shape_error("einsum", f"{name} must stand for one size", **shapes)
