"""Module: a tree of parameters whose names are the attribute paths.

Holds Module and Parameter; the layers are in the other files of nn/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from tinyllm.autograd import locks
from tinyllm.autograd.tensor import Tensor
from tinyllm.errors import DtypeError, OptionError, shape_error
from tinyllm.types import Array


class Parameter(Tensor):
    """A tensor that training changes.

    decay: whether weight decay pulls it towards 0. Matrices of products say yes; norms, biases
           and embeddings do not: their size carries meaning.
    """

    __slots__ = ("decay",)

    def __init__(self, data: Any, *, decay: bool = False) -> None:
        super().__init__(data, requires_grad=True)
        self.decay = decay


class Module:
    """A part of a model: set attributes in `__init__`, compute in `forward`.

    Nothing is registered and nothing is intercepted: parameters are found by walking through
    the attributes, in the order in which `__init__` set them.

    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.factor = Parameter([2.0])
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> Scale()(Tensor([1.0])).data.tolist()
    [2.0]
    >>> [name for name, parameter in Scale().named_parameters()]
    ['factor']
    """

    forward: Callable[..., Any]
    training: bool = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield ("blocks.0.mlp.branch.up.weight", parameter), one that is shared only once."""
        for name, node in walk(self):
            if isinstance(node, Parameter):
                yield name, node

    def parameters(self) -> list[Parameter]:
        """List the parameters in the order of their definition."""
        return [parameter for _, parameter in self.named_parameters()]

    def count_parameters(self) -> int:
        """How many numbers training changes."""
        return sum(p.size for p in self.parameters())

    def zero_grad(self) -> None:
        """Forget all gradients: backward adds to what is there."""
        for p in self.parameters():
            p.grad = None

    def train(self, mode: bool = True) -> Module:
        """Switch this module and all in it to training (dropout is active) or back."""
        for _, node in walk(self):
            if isinstance(node, Module):
                node.training = mode
        return self

    def eval(self) -> Module:
        """Switch to evaluation: no dropout."""
        return self.train(False)

    def state_dict(self) -> dict[str, Array]:
        """Return {name: array}; the arrays are the parameters' own, not copies."""
        return {name: p.data for name, p in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        """Copy `state` into the parameters: all of them, or none.

        Raises:  OptionError if a name is missing or unknown, ShapeError if a shape differs,
                 DtypeError if an array holds no numbers
        """
        own = dict(self.named_parameters())
        missing = [name for name in own if name not in state]
        unknown = [name for name in state if name not in own]
        if missing or unknown:
            raise OptionError(
                f"load_state_dict: names differ; missing: {shortened(missing)}; "
                f"unknown: {shortened(unknown)}. Hint: was it saved by a model of another kind "
                "or with other options?"
            )
        arrays = {name: np.asarray(state[name]) for name in own}
        for name, p in own.items():
            if p.shape != arrays[name].shape:
                rule = f"{name} has another shape"
                raise shape_error("load_state_dict", rule, model=p.shape, state=arrays[name].shape)
            if arrays[name].dtype.kind not in "fiub":
                raise DtypeError(
                    f"load_state_dict: {name} must hold real numbers; got {arrays[name].dtype}."
                )
        for name, p in own.items():
            if locks.is_locked(p.data):  # a graph still needs the old values: leave them to it
                p.data = p.data.copy()
            p.data[...] = arrays[name]


def shortened(names: list[str], most: int = 4) -> str:
    """Write a list of names, or its beginning and how many more there are."""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "none") + rest


def walk(root: Any) -> Iterator[tuple[str, Any]]:
    """Yield (path, node) for every Module and Parameter under `root`, each once."""
    seen: set[int] = set()
    stack = [("", root)]
    while stack:
        path, node = stack.pop()
        is_module = isinstance(node, Module)
        if is_module or isinstance(node, Parameter):
            if id(node) in seen:
                continue
            seen.add(id(node))
            yield path, node
        start = f"{path}." if path else ""
        if is_module:
            children = vars(node).items()
        elif isinstance(node, list | tuple):
            children = enumerate(node)
        else:
            continue
        stack += [(f"{start}{key}", child) for key, child in reversed(list(children))]
