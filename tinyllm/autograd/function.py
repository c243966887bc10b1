"""What an operation is: a forward and, right under it, its backward. Arrays only; no Tensor here.

Leaves out: who calls them (tensor.record, engine.backpropagate).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from tinyllm.autograd import locks
from tinyllm.errors import BackwardError
from tinyllm.types import Array, Shape


class Context:
    """What one forward leaves for its backward: arrays, shapes, options; never Tensors.

    A Tensor in here would hold the graph that holds this context: a reference cycle, which
    keeps every activation alive until the garbage collector comes by.
    """

    __slots__ = ("_locked", "needs", "saved")

    def __init__(self, needs: tuple[bool, ...] = ()) -> None:
        self.saved: tuple[Any, ...] = ()
        self.needs = needs  # which inputs want a gradient: backward may skip the others
        self._locked: list[int] = []

    def save(self, *values: Any) -> None:
        """Keep `values` until backward; it reads them back as `ctx.saved`."""
        self.saved = values

    def lock(self) -> None:
        """Make the saved arrays read-only, so that a change in place cannot go unnoticed."""
        keys = [locks.lock(value) for value in self.saved if isinstance(value, np.ndarray)]
        self._locked = [key for key in keys if key is not None]

    def release(self) -> None:
        """Forget the saved arrays and let them be written to again."""
        self.saved = ()
        while self._locked:
            locks.unlock(self._locked.pop())

    def __del__(self) -> None:
        self.release()

    def __reduce__(self) -> Any:
        raise BackwardError("copy: a recorded graph cannot be copied. Hint: copy x.detach().")


class Function:
    """One operation.

    `forward` takes a Context, the input arrays and options, and returns an array (or a tuple
    of arrays). `backward` takes the Context and the gradient of each output, and returns one
    gradient, or None, for each input, in order. The form is that of torch.autograd.Function.
    """

    forward: ClassVar[Callable[..., Any]]
    backward: ClassVar[Callable[..., tuple[Array | None, ...]]]


class Node:
    """One operation that was recorded: a vertex of the graph.

    sources: for each input, where its gradient goes: (node that made it, which of its outputs),
             (leaf tensor, 0), or None where no gradient is wanted.
    outputs: (shape, dtype) of each output: what an arriving gradient must look like.
    hooks:   functions to run on the gradient of output i, as hooks[i].
    """

    __slots__ = ("context", "hooks", "op", "outputs", "sources")

    def __init__(
        self,
        op: type[Function],
        context: Context,
        sources: tuple[tuple[Any, int] | None, ...],
        outputs: list[tuple[Shape, Any]],
    ) -> None:
        self.op = op
        self.context: Context | None = context  # None once backward has consumed it
        self.sources = sources
        self.outputs = outputs
        self.hooks: dict[int, list[Callable[[Array], Array | None]]] = {}
