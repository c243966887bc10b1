"""StateCache: what one recurrent layer has kept of the text so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinyllm.autograd.tensor import Tensor
from tinyllm.types import Array


class StateCache:
    """The state of one recurrent layer after all that it has read; None before the first token.

    It is kept as arrays, so no gradient flows back through it. In generation it takes the place of
    a KeyValueCache; in training it carries the state from batch to batch, and cuts the gradient.

    Shapes:  h (B, C), of an LSTM h and c
    """

    def __init__(self) -> None:
        self.state: tuple[Array, ...] | None = None
        self.length = 0  # tokens read

    def tensors(self) -> tuple[Tensor, ...] | None:
        """Return the state as leaves of a new graph."""
        return None if self.state is None else tuple(Tensor(array) for array in self.state)

    def select(self, rows: Array) -> None:
        """Go on with these rows of the batch; one may be taken several times."""
        self.state = None if self.state is None else tuple(array[rows] for array in self.state)

    def keep(self, state: Sequence[Tensor], count: int) -> None:
        """Take over the state after `count` tokens more."""
        self.state = tuple(tensor.data for tensor in state)
        self.length += count


def to_arrays(caches: Sequence[StateCache]) -> dict[str, Array]:
    """Return what the layers keep, for a file: {"0.0": h of the first layer, "0.1": c, ...}."""
    return {
        f"{i}.{k}": array
        for i, cache in enumerate(caches)
        for k, array in enumerate(cache.state or ())
    }


def from_arrays(caches: Sequence[StateCache], arrays: Mapping[str, Array]) -> None:
    """Put back what `to_arrays` returned."""
    for i, cache in enumerate(caches):
        names = sorted(name for name in arrays if name.partition(".")[0] == str(i))
        cache.state = tuple(arrays[name] for name in names) or None
