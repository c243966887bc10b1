"""The backward walk: each node after all of its users. Who calls: Tensor.backward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tinyllm.autograd.function import Node
from tinyllm.errors import BackwardError, shape_error

if TYPE_CHECKING:
    from tinyllm.autograd.tensor import Tensor
    from tinyllm.types import Array

Vertex = Any  # a Node, or a leaf Tensor


def backpropagate(root: Tensor, gradient: Array, *, retain_graph: bool = False) -> None:
    """Add d(root)/d(leaf) to `.grad` of every leaf that made `root`.

    A value that was used twice gets its gradient in two parts. So a node may hand its gradient
    on only when all of its users have been visited: that is what the order is for.
    """
    start, output = (root, 0) if root.node is None else (root.node, root.output_index)
    sums = GradientSums()
    sums.add(start, output, gradient, fresh=False)
    for vertex in reverse_topological(start):
        if isinstance(vertex, Node):
            step_back(vertex, sums, retain_graph)
        else:
            vertex.accumulate(*sums.take(vertex, 0))


def step_back(node: Node, sums: GradientSums, retain_graph: bool) -> None:
    """Turn the gradients of a node's outputs into gradients of its inputs."""
    context = node.context
    assert context is not None  # reverse_topological has refused consumed nodes
    arrived = [sums.take_for_output(node, i) for i in range(len(node.outputs))]
    gradients = node.op.backward(context, *arrived)
    if len(gradients) != len(node.sources):
        raise BackwardError(
            f"{node.op.__name__}.backward: must return one gradient (or None) for each input; "
            f"got {len(gradients)} for {len(node.sources)} inputs."
        )
    given: list[Array] = [*arrived]  # arrays that somebody else may hold: not ours to change
    for source, gradient in zip(node.sources, gradients, strict=True):
        if source is None or gradient is None:
            continue
        gradient = np.asarray(gradient)  # NumPy's reductions return scalars, not 0-d arrays
        fresh = (
            gradient.base is None
            and gradient.flags.writeable
            and not any(gradient is other for other in given)
        )
        given.append(gradient)
        sums.add(*source, checked(node, source, gradient), fresh=fresh)
    if not retain_graph:
        context.release()
        node.context, node.sources = None, ()


def checked(node: Node, source: tuple[Vertex, int], gradient: Array) -> Array:
    """Hold a gradient to its input's shape, and cast it to its dtype."""
    vertex, index = source
    shape, dtype = (
        vertex.outputs[index] if isinstance(vertex, Node) else (vertex.shape, vertex.dtype)
    )
    if gradient.shape != shape:
        raise shape_error(
            f"{node.op.__name__}.backward",
            "a gradient must have its input's shape",
            input=shape,
            gradient=gradient.shape,
        )
    return gradient if gradient.dtype == dtype else gradient.astype(dtype)


class GradientSums:
    """The gradient that has arrived so far at each value.

    The second part to arrive is added in place only where the first is ours (`fresh`):
    x + x hands the same array to both of its inputs.
    """

    def __init__(self) -> None:
        self._parts: dict[tuple[int, int], tuple[Array, bool]] = {}

    def add(self, vertex: Vertex, index: int, gradient: Array, *, fresh: bool) -> None:
        """Add one more part of the gradient of output `index` of `vertex`."""
        key = (id(vertex), index)
        if key not in self._parts:
            self._parts[key] = gradient, fresh
            return
        total, ours = self._parts[key]
        if ours:
            np.add(total, gradient, out=total)
        else:
            self._parts[key] = total + gradient, True

    def take(self, vertex: Vertex, index: int) -> tuple[Array, bool]:
        """Remove and return the whole gradient, and whether nobody else holds this array."""
        return self._parts.pop((id(vertex), index))

    def take_for_output(self, node: Node, index: int) -> Array:
        """Return the gradient of one output, after its hooks; zeros where nobody used it."""
        if (id(node), index) in self._parts:
            gradient, _ = self.take(node, index)
        else:
            shape, dtype = node.outputs[index]
            gradient = np.zeros(shape, dtype)
        for hook in node.hooks.get(index, ()):
            changed = hook(gradient)
            gradient = gradient if changed is None else changed
        return gradient


def reverse_topological(root: Vertex) -> list[Vertex]:
    """List `root` and all it came from, users before sources.

    A loop with a stack of its own, not a recursion: Python's call stack ends at a depth of
    about 1,000, a recurrent model over 5,000 steps does not.
    """
    order: list[Vertex] = []
    visited: set[int] = set()
    stack: list[tuple[Vertex, bool]] = [(root, False)]
    while stack:
        vertex, sources_done = stack.pop()
        if sources_done:
            order.append(vertex)
        elif id(vertex) not in visited:
            visited.add(id(vertex))
            stack.append((vertex, True))
            if isinstance(vertex, Node):
                if vertex.context is None:
                    raise BackwardError(
                        f"backward: the graph through {vertex.op.__name__} was already walked and "
                        "freed. Hint: run the forward again, or pass retain_graph=True the first "
                        "time."
                    )
                stack.extend((source[0], False) for source in vertex.sources if source is not None)
    return order[::-1]
