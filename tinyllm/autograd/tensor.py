"""Tensor: an array, its gradient, and the operation that made it.

Holds the operators and the methods that NumPy's arrays have too; all else is in tinyllm.ops.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinyllm.autograd import arithmetic, locks, reductions, shaping
from tinyllm.autograd.engine import backpropagate
from tinyllm.autograd.function import Context, Function, Node, Recipe
from tinyllm.autograd.grad_mode import is_recording
from tinyllm.autograd.matmul import MatMul
from tinyllm.autograd.promotion import check_dtype, common_dtype, is_scalar, to_array
from tinyllm.errors import BackwardError, DtypeError, InPlaceError, TinyllmError, shape_error
from tinyllm.types import FLOAT, Array, Axis, Shape

Hook = Callable[[Array], Array | None]


class Tensor:
    """A NumPy array that remembers how it was made.

    Shapes:  any; `data` is shared with the array that was given, not copied
    Units:   numbers and lists become float32; an array of float64 stays that, and is slower
    Raises:  DtypeError if `data` is not a rectangle of numbers

    >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad.tolist()
    [2.0, 4.0, 6.0]
    """

    __slots__ = ("__weakref__", "data", "grad", "hooks", "node", "output_index", "requires_grad")
    __array_ufunc__ = None  # so that array + tensor calls Tensor.__radd__

    def __init__(self, data: Any, *, requires_grad: bool = False, dtype: Any = None) -> None:
        self.data: Array = to_array(data, dtype)
        self.grad: Array | None = None
        self.node: Node | None = None  # the operation that made it; None for a leaf
        self.output_index = 0  # which of that operation's outputs it is
        self.hooks: list[Hook] = []
        self.requires_grad = requires_grad
        if requires_grad and self.data.dtype.kind != "f":
            raise DtypeError(
                f"Tensor: only floating-point tensors have gradients; got {self.data.dtype}. "
                "Hint: write 1.0 instead of 1, or pass dtype=np.float32."
            )

    # ---------------------------------------------------------------- what it is
    @property
    def shape(self) -> Shape:
        """Size of each axis."""
        return self.data.shape

    @property
    def dtype(self) -> Any:
        """NumPy's dtype of the numbers."""
        return self.data.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.data.size

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Tensor]:
        return iter(record_all(shaping.Unstack, self))

    def __repr__(self) -> str:
        made = f", made by {self.node.op.__name__}" if self.node else ""
        wants = ", requires_grad=True" if self.requires_grad and not self.node else ""
        return (
            f"Tensor({np.array2string(self.data, separator=', ', prefix='Tensor(')}{wants}{made})"
        )

    def __bool__(self) -> bool:
        return bool(self.data)

    def __float__(self) -> float:
        return float(self.item())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.data, dtype=dtype, copy=copy)

    def item(self) -> Any:
        """Return the only element as a Python number."""
        if self.size != 1:
            raise shape_error("item", "needs exactly one element", tensor=self.shape)
        return self.data.item()

    def numpy(self) -> Array:
        """Return the array itself, without the graph."""
        return self.data

    def detach(self) -> Tensor:
        """Return the same numbers as a new leaf: no gradient flows back through it."""
        return Tensor(self.data)

    # ---------------------------------------------------------------- gradients
    def backward(self, gradient: Any = None, *, retain_graph: bool = False) -> None:
        """Add d(self)/d(leaf) to `.grad` of every leaf that requires it.

        gradient:      what arrives at `self`, of its shape; 1 for a scalar
        retain_graph:  keep what is needed to walk back once more (it is freed otherwise)
        Raises:        BackwardError if nothing here requires a gradient, if `self` is not a
                       scalar and no gradient is given, or if the graph was already used
        """
        if not self.requires_grad:
            raise BackwardError("backward: nothing that made this tensor requires a gradient.")
        if gradient is None:
            if self.size != 1:
                raise BackwardError(
                    f"backward: needs a scalar, or the gradient that arrives; got shape "
                    f"{self.shape}. Hint: call .sum() or .mean() first, or backward(gradient)."
                )
            gradient = np.ones_like(self.data)
        array = np.asarray(gradient.data if isinstance(gradient, Tensor) else gradient)
        if array.shape != self.shape:
            rule = "the gradient must have the tensor's shape"
            raise shape_error("backward", rule, tensor=self.shape, gradient=array.shape)
        backpropagate(self, array.astype(self.dtype, copy=False), retain_graph=retain_graph)

    def accumulate(self, gradient: Array, fresh: bool) -> None:
        """Add to `.grad` of this leaf; take the array as it is where nobody else holds it."""
        if self.grad is None:
            self.grad = gradient if fresh else gradient.copy()
        else:
            self.grad += gradient

    def register_hook(self, hook: Hook) -> Callable[[], None]:
        """Call `hook(gradient)` when this tensor's gradient is complete.

        What the hook returns, unless None, replaces the gradient. Returns a function that
        removes the hook.
        """
        if not self.requires_grad:
            raise BackwardError("register_hook: this tensor requires no gradient.")
        hooks = self.node.hooks.setdefault(self.output_index, []) if self.node else self.hooks
        hooks.append(hook)
        return lambda: hooks.remove(hook)

    def retain_grad(self) -> None:
        """Keep `.grad` of this tensor too, though it is not a leaf."""
        if self.node is None:
            return  # leaves keep theirs anyway
        if not any(isinstance(h, KeepGradient) for h in self.node.hooks.get(self.output_index, ())):
            self.register_hook(KeepGradient(self))

    # ---------------------------------------------------------------- operators
    def __add__(self, other: Any) -> Tensor:
        return binary(arithmetic.Add, self, other)

    def __radd__(self, other: Any) -> Tensor:
        return binary(arithmetic.Add, other, self)

    def __sub__(self, other: Any) -> Tensor:
        return binary(arithmetic.Subtract, self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return binary(arithmetic.Subtract, other, self)

    def __mul__(self, other: Any) -> Tensor:
        return binary(arithmetic.Multiply, self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return binary(arithmetic.Multiply, other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return divide(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return divide(other, self)

    def __pow__(self, other: Any) -> Tensor:
        return binary(arithmetic.Power, self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return binary(arithmetic.Power, other, self)

    def __matmul__(self, other: Any) -> Tensor:
        return matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return matmul(other, self)

    def __neg__(self) -> Tensor:
        return record(arithmetic.Negative, self)

    def __abs__(self) -> Tensor:
        return record(arithmetic.Absolute, self)

    # Comparisons have no gradient: they return plain arrays of booleans.
    def __lt__(self, other: Any) -> Array:
        return self.data < raw(other)

    def __le__(self, other: Any) -> Array:
        return self.data <= raw(other)

    def __gt__(self, other: Any) -> Array:
        return self.data > raw(other)

    def __ge__(self, other: Any) -> Array:
        return self.data >= raw(other)

    def __eq__(self, other: Any) -> Any:
        return self.data == raw(other)

    def __ne__(self, other: Any) -> Any:
        return self.data != raw(other)

    __hash__ = object.__hash__

    def __getitem__(self, key: Any) -> Tensor:
        return record(shaping.Index, self, key=raw_key(key))

    def __setitem__(self, key: Any, value: Any) -> None:
        recorded = self.node is not None and self.node.context is not None
        if recorded or locks.is_locked(self.data):
            raise InPlaceError(
                "assignment: this value is part of a graph that backward still needs. "
                "Hint: build a new one with ops.where, or work on a copy: Tensor(x.data.copy())."
            )
        self.data[raw_key(key)] = raw(value)

    # ---------------------------------------------------------------- methods NumPy has too
    def sum(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Sum over `axis`; see ops.sum."""
        return record(reductions.Sum, self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Mean over `axis`; see ops.mean."""
        return record(reductions.Mean, floating(self), axis=axis, keepdims=keepdims)

    def var(self, axis: Axis = None, *, ddof: int = 0, keepdims: bool = False) -> Tensor:
        """Variance over `axis`; see ops.var."""
        return record(reductions.Var, floating(self), axis=axis, ddof=ddof, keepdims=keepdims)

    def max(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Largest element along `axis`; see ops.max."""
        return record(reductions.Max, self, axis=axis, keepdims=keepdims)

    def min(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Smallest element along `axis`; see ops.min."""
        return record(reductions.Min, self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape: Any) -> Tensor:
        """Return the same elements in another shape; one size may be -1."""
        return record(shaping.Reshape, self, shape=flat_arguments(shape))

    def transpose(self, *axes: Any) -> Tensor:
        """Return the axes in another order; without arguments: reversed."""
        order = flat_arguments(axes) if axes else tuple(range(self.ndim))[::-1]
        return record(shaping.Transpose, self, axes=order)

    def swapaxes(self, axis1: int, axis2: int) -> Tensor:
        """Exchange two axes."""
        order = list(range(self.ndim))
        try:
            order[axis1], order[axis2] = order[axis2], order[axis1]
        except IndexError:
            rule = f"axes {axis1} and {axis2} must exist"
            raise shape_error("swapaxes", rule, x=self.shape) from None
        return record(shaping.Transpose, self, axes=tuple(order))

    @property
    def T(self) -> Tensor:  # noqa: N802 (NumPy's name)
        """The axes reversed."""
        return self.transpose()

    def squeeze(self, axis: Axis = None) -> Tensor:
        """Drop axes of size 1: all of them, or those named."""
        try:
            shape = np.squeeze(self.data, axis).shape
        except ValueError:
            rule = f"axis {axis} must have size 1"
            raise shape_error("squeeze", rule, x=self.shape) from None
        return self.reshape(shape)

    def astype(self, dtype: Any) -> Tensor:
        """Return the same numbers in another dtype; floats keep their gradient."""
        if np.dtype(dtype).kind != "f":
            return Tensor(self.data.astype(dtype))
        return record(shaping.Astype, self, dtype=check_dtype(np.dtype(dtype)))


class KeepGradient:
    """The hook behind `retain_grad`. Its reference is weak, so that the graph, which holds the
    hook, does not hold the tensor, which holds the graph.
    """

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = weakref.ref(tensor)

    def __call__(self, gradient: Array) -> None:
        """Add to `.grad` of the tensor, if it still exists."""
        tensor = self.tensor()
        if tensor is not None:
            tensor.accumulate(gradient, fresh=False)


# -------------------------------------------------------------------- from tensors to the graph
def record(op: type[Function], *inputs: Tensor | None, **options: Any) -> Tensor:
    """Run an operation with one output and, unless inside no_grad(), remember how to go back."""
    return record_all(op, *inputs, **options)[0]


def record_all(op: type[Function], *inputs: Tensor | None, **options: Any) -> tuple[Tensor, ...]:
    """Run an operation with any number of outputs."""
    needs = tuple([x is not None and x.requires_grad for x in inputs])
    context, given = Context(needs), [None if x is None else x.data for x in inputs]
    try:
        result = op.forward(context, *given, **options)
    except TinyllmError:
        raise
    except ValueError as error:  # NumPy's own complaint: add the operation and all shapes
        shapes = {f"input{i}": x.shape for i, x in enumerate(inputs, 1) if x is not None}
        raise shape_error(op.__name__.lower(), str(error), **shapes) from error
    arrays = result if isinstance(result, tuple) else (result,)
    outputs = tuple([leaf(np.asarray(array)) for array in arrays])
    if True in needs and is_recording():
        recipe = Recipe(op, given, options, outputs[0].data) if op.cheap else None
        for x in inputs:
            if x is not None and x.node is not None and x.node.recipe is not None:
                context.replace(x.node.recipe)
        context.lock(recipe)
        sources = tuple([source_of(x) for x in inputs])
        node = Node(op, context, sources, [(t.data.shape, t.data.dtype) for t in outputs])
        node.recipe = recipe
        for index, tensor in enumerate(outputs):
            tensor.requires_grad, tensor.node, tensor.output_index = True, node, index
    return outputs


def leaf(array: Array) -> Tensor:
    """Wrap an array that an operation made: no checks, no conversion."""
    tensor = Tensor.__new__(Tensor)
    tensor.data, tensor.grad, tensor.node = array, None, None
    tensor.output_index, tensor.hooks, tensor.requires_grad = 0, [], False
    return tensor


def source_of(x: Tensor | None) -> tuple[Any, int] | None:
    """Where a gradient of `x` goes: to the operation that made it, or into the leaf."""
    if x is None or not x.requires_grad:
        return None
    return (x, 0) if x.node is None else (x.node, x.output_index)


# -------------------------------------------------------------------- from arguments to tensors
def as_tensor(value: Any) -> Tensor:
    """Return a Tensor as it is, anything else as a new one."""
    return value if isinstance(value, Tensor) else Tensor(value)


def floating(value: Any) -> Tensor:
    """Return a Tensor of floats: integers and booleans become float32."""
    x = as_tensor(value)
    return x if x.dtype.kind == "f" else Tensor(x.data.astype(FLOAT))


def raw(value: Any) -> Any:
    """Return the array of a Tensor, anything else as it is."""
    return value.data if isinstance(value, Tensor) else value


def raw_key(key: Any) -> Any:
    """Replace the tensors in an index by their arrays."""
    return tuple(raw(k) for k in key) if isinstance(key, tuple) else raw(key)


def flat_arguments(arguments: tuple[Any, ...]) -> Shape:
    """Accept both x.reshape(2, 3) and x.reshape((2, 3))."""
    if len(arguments) == 1 and isinstance(arguments[0], tuple | list):
        return tuple(arguments[0])
    return arguments


def operands(*values: Any) -> tuple[Tensor, ...]:
    """Turn the arguments of an elementwise operation into tensors whose dtypes go together."""
    if all([isinstance(v, Tensor) and v.dtype == FLOAT for v in values]):
        return values  # the usual case, without the detour below
    arrays = [v if isinstance(v, Tensor) or is_scalar(v) else Tensor(v) for v in values]
    dtypes = [v.dtype for v in arrays if isinstance(v, Tensor)]
    dtype = common_dtype(*dtypes, scalars=tuple(v for v in arrays if not isinstance(v, Tensor)))
    return tuple(
        v
        if isinstance(v, Tensor) and (v.dtype.kind == "f" or v.dtype == dtype)
        else Tensor(np.asarray(raw(v)).astype(dtype))
        for v in arrays
    )


def binary(op: type[Function], a: Any, b: Any) -> Tensor:
    """Record an elementwise operation on two values that broadcast."""
    x, y = operands(a, b)
    if x.data.shape != y.data.shape:
        check_broadcast(op.__name__.lower(), a=x, b=y)
    return record(op, x, y)


def check_broadcast(operation: str, **tensors: Tensor) -> None:
    """Refuse shapes that do not broadcast, with the operation's name and all shapes."""
    shapes = {name: t.shape for name, t in tensors.items()}
    try:
        np.broadcast_shapes(*shapes.values())
    except ValueError:
        rule = "shapes must broadcast: equal, or 1, from the last axis on"
        raise shape_error(operation, rule, **shapes) from None


def divide(a: Any, b: Any) -> Tensor:
    """Divide; of integers too the result is float32."""
    x, y = (v if is_scalar(v) else floating(v) for v in (a, b))
    return binary(arithmetic.Divide, x, y)


def matmul(a: Any, b: Any) -> Tensor:
    """Multiply matrices or vectors, with the shapes checked first."""
    x, y = operands(a, b)
    if x.ndim == 0 or y.ndim == 0:
        raise shape_error("matmul", "needs vectors or matrices", "use *", a=x.shape, b=y.shape)
    inner = y.shape[0] if y.ndim == 1 else y.shape[-2]
    if x.shape[-1] != inner:
        fits = y.ndim > 1 and x.shape[-1] == y.shape[-1]
        hint = "transpose b?" if fits else ""
        raise shape_error("matmul", "inner sizes must agree", hint, a=x.shape, b=y.shape)
    return record(MatMul, x, y)
