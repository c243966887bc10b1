"""Look into a model while it runs: a hook takes the place of a part's forward, for a while.

It needs nothing from the model, so it works on any Module.

Leaves out: what is made of what was seen (attention.py, collapse.py). Who calls it: experiments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from tinyllm.errors import OptionError
from tinyllm.nn.module import Module, walk
from tinyllm.types import Array

Hook = Callable[..., Any]


@contextmanager
def hooked(part: Module, hook: Hook) -> Iterator[None]:
    """While this is open, calling `part` calls `hook(forward, *its arguments)` in its stead.

    hook:  gets the part's own forward first. It may look at the arguments, change them, change the
           result, or leave the part out

    >>> from tinyllm import Tensor, nn
    >>> layer = nn.Linear(2, 3, rng=0)
    >>> with hooked(layer, lambda forward, x: x + 1):  # leave it out, and add 1
    ...     layer(Tensor([[1.0, 2.0]])).data.tolist()
    [[2.0, 3.0]]
    """
    before = vars(part).get("forward")  # another hook, perhaps
    forward = part.forward

    def in_its_stead(*arguments: Any, **options: Any) -> Any:
        return hook(forward, *arguments, **options)

    part.forward = in_its_stead
    try:
        yield
    finally:
        if before is None:
            del part.forward
        else:
            part.forward = before


@dataclass(frozen=True)
class Call:
    """What went into a part, and what came out."""

    part: Module
    input: Array  # the first argument
    output: Array


@contextmanager
def watched(model: Module, *kinds: type[Module]) -> Iterator[dict[str, list[Call]]]:
    """Write down each call of all parts of some kinds, under their names in the model.

    Raises:    OptionError if the model has no such part

    >>> from tinyllm import nn
    >>> from tinyllm.models import DecoderOnly, TransformerConfig
    >>> config = TransformerConfig(vocabulary=5, context=8, layers=2, heads=2, width=4)
    >>> model = DecoderOnly(config, rng=0)
    >>> with watched(model, nn.TransformerBlock) as seen:
    ...     scores = model([[0, 3, 1]])
    >>> {name: calls[0].output.shape for name, calls in seen.items()}
    {'blocks.0': (1, 3, 4), 'blocks.1': (1, 3, 4)}
    """
    seen: dict[str, list[Call]] = {}
    with ExitStack() as hooks:
        for name, part in parts_of(model, *kinds).items():
            calls = seen[name] = []
            hooks.enter_context(hooked(part, noting(part, calls)))
        yield seen


def noting(part: Module, calls: list[Call]) -> Hook:
    """Return a hook that changes nothing and notes what it sees."""

    def hook(forward: Hook, x: Any, *arguments: Any, **options: Any) -> Any:
        y = forward(x, *arguments, **options)
        calls.append(Call(part, getattr(x, "data", x), getattr(y, "data", y)))
        return y

    return hook


def parts_of(model: Module, *kinds: type[Module]) -> dict[str, Any]:
    """List the parts of some kinds by their names, in the order of their definition.

    Raises:    OptionError if there is none
    """
    found = {name: part for name, part in walk(model) if isinstance(part, kinds)}
    if not found:
        names = ", ".join(kind.__name__ for kind in kinds)
        raise OptionError(f"analysis: this {type(model).__name__} has no part of the kind {names}.")
    return found
