"""Reading the recorded graph: which operations ran, on what, and which shapes came out.

Leaves out: where a box stands in the picture (tape_svg.py). Who calls it: learners, in notebooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyllm.autograd.engine import latest_first
from tinyllm.autograd.function import Node
from tinyllm.autograd.tape_svg import Box, render
from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import BackwardError, OptionError
from tinyllm.types import Shape


@dataclass(frozen=True)
class Entry:
    """One line of the tape: an operation, or a leaf that it started from.

    number:   its place in the order, from 1
    label:    the operation's name, after the result's where that has one; of a leaf, its name
    shapes:   the shape of each output
    sources:  for each input (number of an entry, which of its outputs), None for a constant
    """

    number: int
    label: str
    shapes: tuple[Shape, ...]
    sources: tuple[tuple[int, int] | None, ...] = ()
    is_leaf: bool = False


@dataclass(frozen=True)
class Drawing:
    """A recorded graph as text and as a picture. It holds no arrays: the graph may be freed."""

    entries: tuple[Entry, ...]

    def __str__(self) -> str:
        rows = [("#", "operation", "shape", "inputs")]
        rows += [(str(e.number), e.label, shapes_of(e), self.inputs_of(e)) for e in self.entries]
        number, label, shape = (max(len(row[i]) for row in rows) for i in range(3))
        return "\n".join(
            f"{n:>{number}}  {name:<{label}}  {size:<{shape}}  {inputs}".rstrip()
            for n, name, size, inputs in rows
        )

    def inputs_of(self, entry: Entry) -> str:
        """The numbers of an operation's inputs; `3[1]` is output 1 of operation 3."""
        if entry.is_leaf:
            return "(leaf)"
        words = []
        for source in entry.sources:
            if source is None:
                words.append("constant")
                continue
            number, output = source
            several = len(self.entries[number - 1].shapes) > 1
            words.append(f"{number}[{output}]" if several else str(number))
        return ", ".join(words)

    @property
    def svg(self) -> str:
        """The picture, as a self-contained SVG: operations are boxes, leaves have round ends."""
        boxes = [
            Box(
                kind="leaf" if e.is_leaf else "result" if e is self.entries[-1] else "operation",
                title=e.label,
                subtitle=shapes_of(e),
                tooltip=f"{e.number}: {e.label}, inputs: {self.inputs_of(e)}",
                sources=tuple((s[0] - 1, s[1]) for s in e.sources if s is not None),
                outputs=len(e.shapes),
            )
            for e in self.entries
        ]
        return render(boxes)

    def _repr_svg_(self) -> str:
        """Show the picture in a notebook."""
        return self.svg

    def save(self, path: str | Path) -> None:
        """Write the picture to a .svg file, or the listing to a .txt file."""
        suffix = Path(path).suffix.lower()
        if suffix not in (".svg", ".txt"):
            raise OptionError(f"tape: saves as .svg or .txt; got {str(path)!r}.")
        text = self.svg if suffix == ".svg" else f"{self}\n"
        Path(path).write_text(text, encoding="utf-8")


def draw(
    tensor: Tensor, *, names: Mapping[str, Tensor] | None = None, max_nodes: int = 60
) -> Drawing:
    """Show how `tensor` was computed: each operation, its inputs, the shape that came out.

    names:      what to call tensors, {"w": w}; leaves without a name are called leaf
    max_nodes:  refuse a larger graph: nobody can read it
    Units:      what needs no gradient was not recorded; it shows as `constant` in the text
    Raises:     BackwardError if there is no graph, or not any more; OptionError if it is too large

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> print(draw((x * x + 1.0).sum(), names={"x": x}))
    #  operation  shape  inputs
    1  x          (2,)   (leaf)
    2  Multiply   (2,)   1, 1
    3  Add        (2,)   2, constant
    4  Sum        ()     3
    """
    vertices = recorded(tensor)
    if len(vertices) > max_nodes:
        raise OptionError(
            f"tape.draw: the graph has {len(vertices)} operations and leaves, more than "
            f"max_nodes={max_nodes}. Hint: draw a smaller part, or pass max_nodes={len(vertices)}."
        )
    called = {place_of(value): name for name, value in (names or {}).items()}
    numbers = {id(vertex): n for n, vertex in enumerate(vertices, 1)}
    return Drawing(tuple(entry_of(vertex, numbers, called) for vertex in vertices))


def recorded(tensor: Tensor) -> list[Any]:
    """List the nodes behind `tensor` as they ran, each leaf before the first that uses it."""
    if tensor.node is None:
        raise BackwardError(
            "tape.draw: no operation was recorded for this tensor. Hint: draw a result, of inputs "
            "with requires_grad=True, computed outside of no_grad()."
        )
    try:
        nodes = latest_first(tensor.node)[::-1]
    except BackwardError:
        raise BackwardError(
            "tape.draw: this graph was already walked by backward() and freed. "
            "Hint: draw first, or pass retain_graph=True to backward."
        ) from None
    vertices: dict[int, Any] = {}
    for node in nodes:
        used = [source[0] for source in node.sources if source is not None]
        for vertex in (*used, node):
            vertices.setdefault(id(vertex), vertex)
    return list(vertices.values())


def place_of(tensor: Tensor) -> tuple[int, int]:
    """Where a tensor stands in the graph: its leaf or node, and which output it is."""
    return id(tensor if tensor.node is None else tensor.node), tensor.output_index


def entry_of(
    vertex: Node | Tensor, numbers: dict[int, int], called: dict[tuple[int, int], str]
) -> Entry:
    """Write down one vertex of the graph."""
    number = numbers[id(vertex)]
    if isinstance(vertex, Tensor):
        return Entry(number, called.get((id(vertex), 0), "leaf"), (vertex.shape,), is_leaf=True)
    results = [
        called[id(vertex), i] for i in range(len(vertex.outputs)) if (id(vertex), i) in called
    ]
    label = " = ".join(
        [", ".join(results), vertex.op.__name__] if results else [vertex.op.__name__]
    )
    sources = tuple(None if s is None else (numbers[id(s[0])], s[1]) for s in vertex.sources)
    return Entry(number, label, tuple(shape for shape, _ in vertex.outputs), sources)


def shapes_of(entry: Entry) -> str:
    """The shapes of an entry's outputs, in words."""
    return " and ".join(str(shape) for shape in entry.shapes)
