"""The sizes and choices that make one model: TransformerConfig, RNNConfig."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, Self

from tinyllm.errors import OptionError
from tinyllm.nn.residual import RESIDUALS
from tinyllm.nn.rnn import CELLS


@dataclass(frozen=True, kw_only=True)
class Config:
    """What the configs have in common: how they are checked, written and read."""

    def check_sizes(self, *names: str) -> None:
        """Refuse what is no whole number of at least 1."""
        for name in names:
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise OptionError(
                    f"config: {name} must be a whole number >= 1; got {value!r}. "
                    "Hint: int(...) makes one of NumPy's numbers, or of 4.0."
                )

    def check_share(self, name: str) -> None:
        """Refuse what is no share of numbers that may be set to 0."""
        value = getattr(self, name)
        if not isinstance(value, float | int) or not 0 <= value < 1:
            raise OptionError(
                f"config: {name} must be at least 0 and below 1; got {value!r}. "
                "Hint: it is a share, 0.1 drops every tenth number."
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build a config from plain values; refuses unknown and missing names.

        Raises:  OptionError
        """
        known = {f.name for f in fields(cls)}
        needed = {f.name for f in fields(cls) if f.default is MISSING}
        unknown = sorted(str(name) for name in values.keys() - known)
        missing = sorted(needed - values.keys())
        if unknown or missing:
            raise OptionError(
                f"config: names must be those of the fields; unknown: "
                f"{', '.join(unknown) or 'none'}; missing: {', '.join(missing) or 'none'}. "
                f"Hint: the fields are {', '.join(f.name for f in fields(cls))}."
            )
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class TransformerConfig(Config):
    """Sizes and choices of a Transformer; refuses what cannot be built.

    >>> TransformerConfig(vocabulary=65, context=64).width
    128
    """

    vocabulary: int  # V: how many different tokens
    context: int  # how many tokens back the model can see; also the number of positions
    layers: int = 4  # L: blocks, one after the other
    heads: int = 4  # H: attention heads in each block
    width: int = 128  # C: numbers a position carries from block to block
    norm: str = "pre"  # where the layer norm stands: "pre" trains easily, "post" is the original
    dropout: float = 0.0  # share of numbers set to 0 in training

    def __post_init__(self) -> None:
        self.check_sizes("vocabulary", "context", "layers", "heads", "width")
        if self.width % self.heads:
            near = self.heads * max(1, round(self.width / self.heads))
            raise OptionError(
                f"config: width must be divisible by heads; got width={self.width}, "
                f"heads={self.heads}. Hint: try width={near}."
            )
        if not isinstance(self.norm, str) or self.norm not in RESIDUALS:
            raise OptionError(
                f"config: norm must be 'pre' or 'post'; got {self.norm!r}. "
                "Hint: 'pre' trains easily, 'post' is the original."
            )
        self.check_share("dropout")


@dataclass(frozen=True, kw_only=True)
class RNNConfig(Config):
    """Sizes and choices of a recurrent language model; refuses what cannot be built.

    >>> RNNConfig(vocabulary=65, context=64).cell
    'lstm'
    """

    vocabulary: int  # V: how many different tokens
    context: int  # how many tokens back a gradient flows in training; the state goes on from there
    cell: str = "lstm"  # "rnn", "gru" or "lstm"
    layers: int = 2  # L: one above the other
    width: int = 128  # C: numbers in the state of a layer
    dropout: float = 0.0  # share of numbers set to 0 in training, between layers and around them
    tied: bool = True  # whether the table that reads tokens also scores them

    def __post_init__(self) -> None:
        self.check_sizes("vocabulary", "context", "layers", "width")
        self.check_share("dropout")
        if not isinstance(self.cell, str) or self.cell not in CELLS:
            raise OptionError(f"config: cell must be one of {', '.join(CELLS)}; got {self.cell!r}.")
        if not isinstance(self.tied, bool):
            raise OptionError(f"config: tied must be True or False; got {self.tied!r}.")
