"""A function around one point: its gradient from backward, its slopes from finite differences.

Leaves out: comparing the two, and saying what is wrong. Who calls it: gradcheck.
`central_differences` is the idea in three lines, for functions of arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinyllm.autograd.grad_mode import no_grad
from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import BackwardError, DtypeError, GradientError, OptionError, ShapeError
from tinyllm.types import Array, Shape

# A central difference errs by about step^2, because the function is curved, and by about
# 2e-16 / step, because its values are rounded. The cube root of 2e-16 keeps both small.
STEP = 6e-6


def central_differences(function: Callable[[Array], float], x: Array, step: float = STEP) -> Array:
    """Slopes of a function that makes one number of an array: one for each element of x.

    Forward:   (f(x + h e_i) - f(x - h e_i)) / 2h for each element i; h = step, e_i is 1 there and
               0 elsewhere
    Shapes:    x (...) -> (...), in float64 whatever x is; x stays as it was
    Units:     cost: two evaluations an element

    >>> central_differences(lambda x: float((x**2).sum()), np.array([1.0, -3.0])).round(6).tolist()
    [2.0, -6.0]
    """
    x = np.array(x, np.float64)
    rises = [function(x + step * v) - function(x - step * v) for v in unit_vectors(x.shape)]
    return np.array(rises, np.float64).reshape(x.shape) / (2 * step)


class Point:
    """s(x) = sum_j u_j f_j(x): the function's outputs, made one number by fixed random u.

    A gradient of s that is right for random u is right for each output. The inputs are copied,
    so nothing that happens here is seen outside.

    gradients:  ds/dx_i from backward, for each floating-point input i
    """

    def __init__(
        self, function: Callable[..., Any], inputs: tuple[Any, ...], rng: np.random.Generator
    ) -> None:
        self.function = function
        self.arguments = [own_copy(value) for value in inputs]
        self.gradients: dict[int, Array] = {}
        check_inputs(self.arguments)
        tensors = self.tensors(requires_grad=True)
        outputs = outputs_of(function(*tensors))
        for k, y in enumerate(outputs):
            refuse(np.isnan(y.data), f"output {k}", y.data)
        # an infinite output (where a mask forbids) does not move: s leaves it out
        self.u = [np.where(np.isfinite(y.data), rng.standard_normal(y.shape), 0) for y in outputs]
        self.refuse_chance(outputs)
        walk_back(outputs, self.u)
        for i, x in enumerate(tensors):
            if is_float(self.arguments[i]):
                gradient = np.zeros(x.shape) if x.grad is None else x.grad
                refuse(~np.isfinite(gradient), f"backward's gradient of input {i}", gradient)
                self.gradients[i] = gradient

    def slope(self, i: int, v: Array, step: float, sides: tuple[int, int] = (1, -1)) -> float:
        """(s(x_i + a h v) - s(x_i + b h v)) / (a - b)h, for a, b = sides: the slope along v."""
        h = step * max(1.0, float(np.linalg.norm(v * self.arguments[i])))
        above, below = (self.evaluate(i, side * h * v) for side in sides)
        rise = 0.0
        for u, y, z in zip(self.u, above, below, strict=True):
            moves = u != 0
            # subtract, then sum: what does not move cancels without a rounding error
            rise += float(u[moves] @ (y[moves] - z[moves]))
        return rise / ((sides[0] - sides[1]) * h)

    def evaluate(self, i: int, shift: Array | float) -> list[Array]:
        """Return the outputs after input `i` was moved."""
        tensors = self.tensors()
        tensors[i] = Tensor(self.arguments[i] + shift)
        with no_grad():
            values = [y.data for y in outputs_of(self.function(*tensors))]
        for k, (y, u) in enumerate(zip(values, self.u, strict=True)):
            refuse(~np.isfinite(y) & (u != 0), f"one step along input {i}, output {k}", y)
        return values

    def tensors(self, *, requires_grad: bool = False) -> list[Any]:
        """Return the arguments in the form in which the function gets them."""
        return [
            Tensor(value, requires_grad=requires_grad) if is_float(value) else value
            for value in self.arguments
        ]

    def refuse_chance(self, outputs: list[Tensor]) -> None:
        """Refuse a function that gives two results at one point: its slope has no meaning."""
        first = next(i for i, x in enumerate(self.arguments) if is_float(x))
        for y, again in zip(outputs, self.evaluate(first, 0.0), strict=True):
            if y.shape != again.shape or not np.allclose(y.data, again, rtol=1e-9, atol=1e-12):
                raise OptionError(
                    "gradcheck: the function gave two results for the same inputs. "
                    "Hint: does it draw random numbers? Give it a fixed seed."
                )


def walk_back(outputs: list[Tensor], gradients: list[Array]) -> None:
    """Call backward on all outputs; what the engine refuses is a wrong gradient too."""
    roots = [(y, u) for y, u in zip(outputs, gradients, strict=True) if y.requires_grad]
    if not roots:
        raise GradientError(
            "gradcheck: nothing leads back from the result to the inputs. "
            "Hint: .data, .numpy(), detach() and no_grad() cut the graph."
        )
    try:
        for y, u in roots:
            y.backward(u, retain_graph=True)  # the outputs may share a part of the graph
    except (ShapeError, BackwardError) as error:
        raise GradientError(
            f"gradcheck: backward failed: {error} Hint: what forward broadcasts, backward sums "
            "(unbroadcast); what forward transposes, backward transposes back."
        ) from error


# -------------------------------------------------------------------- arguments and results
def own_copy(value: Any) -> Any:
    """Copy an array or Tensor, floats as float64; return anything else as it is."""
    array = value.data if isinstance(value, Tensor) else value
    if isinstance(array, float | list):
        array = np.asarray(array)
    if not isinstance(array, np.ndarray | np.generic):
        return value
    if array.dtype.kind == "f":
        return np.array(array, np.float64)
    return Tensor(array.copy()) if isinstance(value, Tensor) else array.copy()


def is_float(argument: Any) -> bool:
    """Whether this argument is to be differentiated."""
    return isinstance(argument, np.ndarray) and argument.dtype == np.float64


def check_inputs(arguments: list[Any]) -> None:
    """Refuse inputs without anything to differentiate, or not finite."""
    if not any(is_float(x) and x.size for x in arguments):
        kinds = ", ".join(str(getattr(x, "dtype", type(x).__name__)) for x in arguments)
        raise DtypeError(
            f"gradcheck: needs an input with floating-point elements; got ({kinds}). "
            "Hint: write 1.0 instead of 1."
        )
    for i, x in enumerate(arguments):
        if is_float(x):
            refuse(~np.isfinite(x), f"input {i}", x, OptionError)


def outputs_of(result: Any) -> list[Tensor]:
    """Return the floating-point Tensors among a function's results."""
    results = result if isinstance(result, tuple | list) else (result,)
    for k, y in enumerate(results):
        if not isinstance(y, Tensor):
            raise DtypeError(
                f"gradcheck: the function must return a Tensor, or a tuple of them; got "
                f"{type(y).__name__}. Hint: build the result with operations on the inputs."
            )
        if y.dtype == np.float32:
            raise DtypeError(
                f"gradcheck: output {k} is float32, too coarse for differences. Hint: the inputs "
                "are float64; which step converts them?"
            )
    return [y for y in results if y.dtype.kind == "f"]


def refuse(wrong: Array, what: str, array: Array, error: type[Exception] = GradientError) -> None:
    """Name the first element that is no number, if there is one."""
    if wrong.any():
        index = [int(n) for n in np.argwhere(wrong)[0]]
        raise error(f"gradcheck: {what} is {array[tuple(index)]} at {index}.")


def unit_vectors(shape: Shape) -> Iterator[Array]:
    """Yield the direction of each element: 1 there, 0 elsewhere."""
    for index in np.ndindex(shape):
        v = np.zeros(shape)
        v[index] = 1
        yield v


def random_vectors(shape: Shape, count: int, rng: np.random.Generator) -> Iterator[Array]:
    """Yield random directions of length 1."""
    for _ in range(count):
        v = rng.standard_normal(shape)
        yield v / np.linalg.norm(v)
