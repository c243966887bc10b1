"""The backward walk: each node after all of its users. Who calls: Tensor.backward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tinyllm.autograd import locks
from tinyllm.autograd.function import Node
from tinyllm.errors import BackwardError, shape_error

if TYPE_CHECKING:
    from tinyllm.autograd.tensor import Tensor
    from tinyllm.types import Array, Shape

Vertex = Any  # a Node, or a leaf Tensor


def backpropagate(root: Tensor, gradient: Array, *, retain_graph: bool = False) -> None:
    """Add d(root)/d(leaf) to `.grad` of every leaf that made `root`.

    A value that was used twice gets its gradient in two parts. So a node may hand its gradient
    on only when all of its users have been visited: that is what the order is for.
    """
    start, output = (root, 0) if root.node is None else (root.node, root.output_index)
    sums = GradientSums()
    sums.add(start, output, gradient, fresh=False)
    for node in latest_first(start):
        step_back(node, sums, retain_graph)
    # No leaf is written before this line: if an operation or a hook fails, none has changed.
    gradients = [(leaf, *sums.take(leaf, 0)) for leaf in sums.left_over()]
    for leaf, gradient, fresh in gradients:
        leaf.accumulate(gradient, fresh)


def step_back(node: Node, sums: GradientSums, retain_graph: bool) -> None:
    """Turn the gradients of a node's outputs into gradients of its inputs."""
    context = node.context
    assert context is not None  # latest_first has refused consumed nodes
    arrived = [sums.take(node, i)[0] for i in range(len(node.outputs))]
    gradients = as_gradients(node, node.op.backward(context, *arrived))
    # which memory each gradient looks into: one that nobody else looks into may be added to
    owners = [None if g is None else locks.owner_of(g) for g in gradients]
    others = [id(locks.owner_of(g)) for g in arrived] + [id(owner) for owner in owners]
    for source, gradient, owner in zip(node.sources, gradients, owners, strict=True):
        if source is None or gradient is None or owner is None:
            continue
        fresh = others.count(id(owner)) == 1 and gradient.flags.writeable
        fresh = fresh and not locks.is_locked(owner)
        gradient = checked(node, gradient, *look_of(*source))
        sums.add(*source, gradient, fresh=fresh)
    if not retain_graph:
        context.release()
        node.context, node.recipe, node.sources = None, None, ()


def as_gradients(node: Node, returned: Any) -> list[Array | None]:
    """Hold what a backward returned to its form: a tuple with one part for each input."""
    name = node.op.__name__
    if not isinstance(returned, tuple):
        raise BackwardError(
            f"{name}.backward: must return a tuple with one gradient (or None) for each input; "
            f"got {type(returned).__name__}. Hint: return (gradient,)"
        )
    if len(returned) != len(node.sources):
        raise BackwardError(
            f"{name}.backward: must return one gradient (or None) for each input; "
            f"got {len(returned)} for {len(node.sources)} inputs."
        )
    return [None if g is None else np.asarray(g) for g in returned]  # g may be a scalar


def look_of(vertex: Vertex, index: int) -> tuple[Shape, Any]:
    """Return the shape and dtype of a value, which its gradient must have too."""
    if isinstance(vertex, Node):
        return vertex.outputs[index]
    return vertex.data.shape, vertex.data.dtype


def checked(who: Node | str, gradient: Array, shape: Shape, dtype: Any) -> Array:
    """Hold a gradient to its value's shape, and cast it to its dtype."""
    if gradient.shape != shape:
        name = who if isinstance(who, str) else f"{who.op.__name__}.backward"
        rule = "a gradient must have its input's shape"
        raise shape_error(name, rule, input=shape, gradient=gradient.shape)
    return gradient if gradient.dtype == dtype else gradient.astype(dtype)


class GradientSums:
    """The gradient that has arrived so far at each value.

    Two parts are added in place only where one of them is ours (`fresh`): x + x hands the same
    array to both of its inputs.
    """

    def __init__(self) -> None:
        self._parts: dict[tuple[int, int], tuple[Vertex, Array, bool]] = {}

    def add(self, vertex: Vertex, index: int, gradient: Array, *, fresh: bool) -> None:
        """Add one more part of the gradient of output `index` of `vertex`."""
        key = (id(vertex), index)
        if key in self._parts:
            _, total, ours = self._parts[key]
            out = total if ours else gradient if fresh else np.empty_like(total)
            gradient, fresh = np.add(total, gradient, out=out), True
        self._parts[key] = vertex, gradient, fresh

    def left_over(self) -> list[Any]:
        """List the values whose gradient was not taken: after the walk, the leaves."""
        return [vertex for vertex, _, _ in self._parts.values()]

    def take(self, vertex: Vertex, index: int) -> tuple[Array, bool]:
        """Remove and return the whole gradient, and whether nobody else holds this array.

        It has been through the hooks; it is zeros where nobody used this output.
        """
        part = self._parts.pop((id(vertex), index), None)
        if part is None:
            part = vertex, np.zeros(*look_of(vertex, index)), True
        _, gradient, fresh = part
        if not vertex.hooks:
            return gradient, fresh
        hooks = vertex.hooks.get(index, ()) if isinstance(vertex, Node) else vertex.hooks
        for hook in tuple(hooks):  # a copy, because a hook may remove itself
            changed, fresh = hook(gradient), False  # the hook may keep what it saw
            if changed is not None:
                array = np.asarray(changed)
                gradient = checked("register_hook", array, *look_of(vertex, index))
        return gradient, fresh


def latest_first(root: Vertex) -> list[Node]:
    """List the operations behind `root`, users before sources.

    Operations are numbered as they run. What uses a value runs after what makes it: so from the
    largest number down, every user comes before its sources.
    """
    found: dict[int, Node] = {}
    stack = [root] if isinstance(root, Node) else []
    while stack:  # not a recursion: Python's call stack ends at a depth of about 1,000
        node = stack.pop()
        if node.number in found:
            continue
        if node.context is None:
            raise BackwardError(
                f"backward: the graph through {node.op.__name__} was already walked and freed. "
                "Hint: run the forward again, or pass retain_graph=True the first time."
            )
        found[node.number] = node
        stack += [s[0] for s in node.sources if s is not None and isinstance(s[0], Node)]
    return [found[number] for number in sorted(found, reverse=True)]
