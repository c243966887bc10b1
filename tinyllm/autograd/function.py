"""What an operation is: a forward and, right under it, its backward. Arrays only; no Tensor here.

Leaves out: who calls them (tensor.record, engine.backpropagate).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, ClassVar
from weakref import ref

import numpy as np

from tinyllm.autograd import locks
from tinyllm.errors import BackwardError
from tinyllm.types import Array, Shape


class Context:
    """What one forward leaves for its backward: arrays, shapes, options; never Tensors.

    A Tensor in here would hold the graph that holds this context: a reference cycle, which
    keeps every activation alive until the garbage collector comes by.
    """

    __slots__ = ("_kept", "_locked", "needs")

    def __init__(self, needs: tuple[bool, ...] = ()) -> None:
        self.needs = needs  # which inputs want a gradient: backward may skip the others
        self._kept: tuple[Any, ...] = ()
        self._locked: list[int] = []

    def save(self, *values: Any) -> None:
        """Keep `values` until backward; it reads them back as `ctx.saved`."""
        self._kept = values

    @property
    def saved(self) -> tuple[Any, ...]:
        """What forward saved. What was replaced by its recipe is computed anew."""
        return tuple([v.compute() if isinstance(v, Recipe) else v for v in self._kept])

    def replace(self, recipe: Recipe) -> None:
        """Keep the recipe in place of its output, if that was saved: see `Function.cheap`."""
        output = recipe.output()
        self._kept = tuple([recipe if v is output else v for v in self._kept])

    def lock(self, recipe: Recipe | None = None) -> None:
        """Make arrays read-only, so that a change in place cannot go unnoticed.

        These are the saved ones; of a cheap operation those that its recipe needs.
        """
        arrays = self._kept if recipe is None else recipe.inputs
        keys = [locks.lock(array) for array in arrays if isinstance(array, np.ndarray)]
        self._locked = [key for key in keys if key is not None]

    def release(self) -> None:
        """Forget the saved arrays and let them be written to again."""
        self._kept = ()
        while self._locked:
            locks.unlock(self._locked.pop())

    def __del__(self) -> None:
        if locks is not None:  # it is where Python ends, and has taken its modules apart
            self.release()

    def __reduce__(self) -> Any:
        raise BackwardError("copy: a recorded graph cannot be copied. Hint: copy x.detach().")


class Recipe:
    """How to compute the output of a cheap operation again. It does not hold the output."""

    __slots__ = ("inputs", "op", "options", "output")

    def __init__(
        self, op: type[Function], inputs: list[Array | None], options: dict[str, Any], output: Array
    ) -> None:
        self.op, self.inputs, self.options, self.output = op, inputs, options, ref(output)
        output.flags.writeable = False  # nobody may make it another one than the recipe gives

    def compute(self) -> Array:
        """The output, once more: the same operation on the same inputs."""
        return self.op.forward(Context(), *self.inputs, **self.options)


class Function:
    """One operation.

    `forward` takes a Context, the input arrays and options, and returns an array (or a tuple
    of arrays). `backward` takes the Context and the gradient of each output, and returns one
    gradient, or None, for each input, in order. The form is that of torch.autograd.Function.

    cheap:  True where computing the output again takes next to no time. Then an operation that
            saves this output keeps the recipe in its place, and memory holds one array less:
            after a GELU, the largest of all. Source: Chen et al. 2016, Training Deep Nets with
            Sublinear Memory Cost, section 3
    """

    cheap: ClassVar[bool] = False
    forward: ClassVar[Callable[..., Any]]
    backward: ClassVar[Callable[..., tuple[Array | None, ...]]]


class Node:
    """One operation that was recorded: a vertex of the graph.

    number:  how many operations were recorded before it, in this process.
    sources: for each input, where its gradient goes: (node that made it, which of its outputs),
             (leaf tensor, 0), or None where no gradient is wanted.
    outputs: (shape, dtype) of each output: what an arriving gradient must look like.
    recipe:  how to compute the output again, where the operation is cheap.
    hooks:   functions to run on the gradient of output i, as hooks[i].
    """

    __slots__ = ("context", "hooks", "number", "op", "outputs", "recipe", "sources")
    numbers: ClassVar[Iterator[int]] = count()

    def __init__(
        self,
        op: type[Function],
        context: Context,
        sources: tuple[tuple[Any, int] | None, ...],
        outputs: list[tuple[Shape, Any]],
    ) -> None:
        self.number = next(Node.numbers)
        self.op = op
        self.context: Context | None = context  # None once backward has consumed it
        self.sources = sources
        self.outputs = outputs
        self.recipe: Recipe | None = None
        self.hooks: dict[int, list[Callable[[Array], Array | None]]] = {}
