"""Other shapes, parts and joins, under NumPy's names; Reshape and the like are in autograd/shaping.

Holds the operations on several tensors: concatenate, stack, split; and take_along_axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinyllm.autograd import shaping
from tinyllm.autograd.function import Context, Function
from tinyllm.autograd.tensor import Tensor, as_tensor, operands, raw, record, record_all
from tinyllm.errors import DtypeError, OptionError, ShapeError, shape_error
from tinyllm.ops.arithmetic import broadcasts_to
from tinyllm.types import Array, Axis, Shape


class Concatenate(Function):
    """One after the other along an axis. Backward: cut the gradient at the same places."""

    @staticmethod
    def forward(ctx: Context, *arrays: Array, axis: int) -> Array:
        ctx.save([a.shape[axis] for a in arrays], axis)
        return np.concatenate(arrays, axis=axis)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array, ...]:
        sizes, axis = ctx.saved
        return tuple(np.split(grad, np.cumsum(sizes)[:-1], axis=axis))


class Stack(Function):
    """Side by side along a new axis. Backward: the slices of that axis."""

    @staticmethod
    def forward(ctx: Context, *arrays: Array, axis: int) -> Array:
        ctx.save(axis)
        return np.stack(arrays, axis=axis)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array, ...]:
        (axis,) = ctx.saved
        return tuple(np.moveaxis(grad, axis, 0))


class Split(Function):
    """Cut along an axis: several outputs. Backward: put their gradients back together."""

    @staticmethod
    def forward(ctx: Context, x: Array, places: Any, axis: int) -> tuple[Array, ...]:
        ctx.save(axis)
        return tuple(np.split(x, places, axis=axis))

    @staticmethod
    def backward(ctx: Context, *grads: Array) -> tuple[Array]:
        (axis,) = ctx.saved
        return (np.concatenate(grads, axis=axis),)


class TakeAlongAxis(Function):
    """One element of each row, or several. Backward: add each gradient where it was taken."""

    @staticmethod
    def forward(ctx: Context, x: Array, indices: Array, axis: int) -> Array:
        ctx.save(x.shape, x.dtype, indices, axis)
        return np.take_along_axis(x, indices, axis=axis)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        shape, dtype, indices, axis = ctx.saved
        dx = np.zeros(shape, dtype)
        places: list[Array] = list(np.indices(shape, sparse=True))  # every axis counts itself,
        places[axis] = indices  # but this one looks up
        np.add.at(dx, tuple(places), grad)
        return (dx,)


def reshape(x: Any, shape: Shape) -> Tensor:
    """Return the same elements in another shape; one size may be -1."""
    return as_tensor(x).reshape(shape)


def transpose(x: Any, axes: Shape | None = None) -> Tensor:
    """Return the axes in another order; None: reversed."""
    return as_tensor(x).transpose(*([axes] if axes is not None else []))


def swapaxes(x: Any, axis1: int, axis2: int) -> Tensor:
    """Exchange two axes."""
    return as_tensor(x).swapaxes(axis1, axis2)


def expand_dims(x: Any, axis: int | tuple[int, ...]) -> Tensor:
    """Insert axes of size 1.

    >>> expand_dims(Tensor([1.0, 2.0]), 0).shape
    (1, 2)
    """
    tensor = as_tensor(x)
    try:
        shape = np.expand_dims(tensor.data, axis).shape
    except ValueError as error:
        raise shape_error("expand_dims", str(error), x=tensor.shape) from None
    return tensor.reshape(shape)


def squeeze(x: Any, axis: Axis = None) -> Tensor:
    """Drop axes of size 1: all of them, or those named."""
    return as_tensor(x).squeeze(axis)


def broadcast_to(x: Any, shape: Shape) -> Tensor:
    """Repeat x along axes of size 1 and new leading axes; the gradients of the copies add up.

    >>> broadcast_to(Tensor([1.0]), (3,)).data.tolist()
    [1.0, 1.0, 1.0]
    """
    tensor = as_tensor(x)
    if not broadcasts_to(tensor.shape, tuple(shape)):
        rule = "x must broadcast to the shape: equal sizes, or 1"
        raise shape_error("broadcast_to", rule, x=tensor.shape, shape=tuple(shape))
    return record(shaping.BroadcastTo, tensor, shape=tuple(shape))


def concatenate(tensors: Sequence[Any], axis: int = 0) -> Tensor:
    """Join tensors one after the other along an axis they have.

    Shapes:  all sizes agree but that of `axis`
    Raises:  ShapeError if they do not, or if there is nothing to join

    >>> concatenate([Tensor([1.0]), Tensor([2.0, 3.0])]).data.tolist()
    [1.0, 2.0, 3.0]
    """
    parts = joinable("concatenate", tensors)
    for part in parts:
        check_axis("concatenate", part, axis)
    return record(Concatenate, *parts, axis=axis)


def stack(tensors: Sequence[Any], axis: int = 0) -> Tensor:
    """Put tensors of one shape side by side along a new axis."""
    return record(Stack, *joinable("stack", tensors), axis=axis)


def joinable(operation: str, tensors: Sequence[Any]) -> tuple[Tensor, ...]:
    """Return the tensors of a join in one dtype; refuse an empty list."""
    if not tensors:
        raise ShapeError(f"{operation}: needs at least one tensor; got an empty list.")
    return operands(*(as_tensor(t) for t in tensors))


def split(x: Any, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """Cut x along `axis` into equal sections (an integer), or before the places in a list.

    Raises:  ShapeError if the axis does not divide, OptionError for less than one section

    >>> [part.shape for part in split(Tensor([1.0, 2.0, 3.0, 4.0]), 2)]
    [(2,), (2,)]
    """
    tensor = as_tensor(x)
    check_axis("split", tensor, axis)
    if isinstance(indices_or_sections, int) and indices_or_sections < 1:
        raise OptionError(f"split: needs at least one section; got {indices_or_sections}.")
    return list(record_all(Split, tensor, places=indices_or_sections, axis=axis))


def unstack(x: Any, axis: int = 0) -> tuple[Tensor, ...]:
    """Take x apart along `axis`: what `stack` has put together. `a, b = x` does it along axis 0.

    Raises:  ShapeError if x has no such axis

    >>> [part.data.tolist() for part in unstack(Tensor([[1.0, 2.0], [3.0, 4.0]]), axis=1)]
    [[1.0, 3.0], [2.0, 4.0]]
    """
    tensor = as_tensor(x)
    check_axis("unstack", tensor, axis)
    order = [axis % tensor.ndim, *(i for i in range(tensor.ndim) if i != axis % tensor.ndim)]
    return record_all(shaping.Unstack, tensor.transpose(order))


def take_along_axis(x: Any, indices: Any, axis: int) -> Tensor:
    """Look up along `axis`, with other indices for each row: y[i, j] = x[i, indices[i, j]].

    Shapes:  indices has as many axes as x, and both broadcast outside of `axis`
    Raises:  ShapeError if they do not, DtypeError if the indices are not integers, OptionError
             if one is outside of the axis
    """
    tensor, places = as_tensor(x), np.asarray(raw(indices))
    check_axis("take_along_axis", tensor, axis)
    if not fit_beside(axis, tensor.shape, places.shape):
        rule = f"indices must have x's axes and broadcast outside of axis {axis}"
        raise shape_error("take_along_axis", rule, x=tensor.shape, indices=places.shape)
    if places.dtype.kind not in "iu":
        raise DtypeError(f"take_along_axis: indices must be integers; got {places.dtype}.")
    size = tensor.shape[axis]
    wrong = places[(places < -size) | (places >= size)]
    if wrong.size:
        rule = f"indices must be in {-size} to {size - 1}"
        raise OptionError(f"take_along_axis: {rule}; got {wrong[0]}.")
    return record(TakeAlongAxis, tensor, indices=places, axis=axis)


def fit_beside(axis: int, a: Shape, b: Shape) -> bool:
    """Whether two shapes have as many axes and broadcast, `axis` aside."""
    if len(a) != len(b):
        return False
    sizes = [pair for i, pair in enumerate(zip(a, b, strict=True)) if i != axis % len(a)]
    return all(m == n or 1 in (m, n) for m, n in sizes)


def check_axis(operation: str, x: Tensor, axis: int) -> None:
    """Refuse an axis that x does not have."""
    if not -x.ndim <= axis < x.ndim:
        raise shape_error(operation, f"there is no axis {axis}", x=x.shape)
