"""The sizes and choices that make one model: TransformerConfig, RNNConfig."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, Self

from tinyllm.errors import OptionError
from tinyllm.nn.mlp import MLPS
from tinyllm.nn.norm import NORMS
from tinyllm.nn.positions import POSITIONS
from tinyllm.nn.residual import RESIDUALS
from tinyllm.nn.rnn import CELLS


@dataclass(frozen=True, kw_only=True)
class Config:
    """What the configs have in common: how they are checked, written and read."""

    def check_sizes(self, *names: str, least: int = 1) -> None:
        """Refuse what is no whole number of at least 1, or `least`."""
        for name in names:
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise OptionError(
                    f"config: {name} must be a whole number >= {least}; got {value!r}. "
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

    def check_choice(self, name: str, known: Iterable[str]) -> None:
        """Refuse what is no name in a list."""
        value, names = getattr(self, name), list(known)
        if not isinstance(value, str) or value not in names:
            listed = ", ".join(map(repr, names))
            raise OptionError(f"config: {name} must be one of {listed}; got {value!r}.")

    def check_switches(self, *names: str) -> None:
        """Refuse what is neither True nor False."""
        for name in names:
            value = getattr(self, name)
            if not isinstance(value, bool):
                raise OptionError(f"config: {name} must be True or False; got {value!r}.")

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
    norm: str = "pre"  # where the norms stand: "pre" trains easily, "post" is the original
    dropout: float = 0.0  # share of numbers set to 0 in training
    normalisation: str = "layer"  # what a norm is: "layer" or "rms"
    positions: str = "learned"  # or "sinusoidal", "rotary", "alibi": see nn/positions.py
    activation: str = "gelu"  # in the MLP: "gelu", "relu" or "swiglu", which is gated
    kv_heads: int | None = None  # heads of keys and values, shared by several; None: heads
    tied: bool = True  # whether the table that reads tokens also scores them
    biases: bool = True  # whether products and layer norms add a bias
    padding: int | None = None  # the id that fills up short texts; None: none does
    segments: int = 0  # encoder-only: how many kinds of segments a text may have; 0: none
    classes: int = 0  # encoder-only: how many classes a text may belong to; 0: no such head
    pooling: str = "first"  # encoder-only: what stands for the text when it is classified
    source_vocabulary: int | None = None  # encoder-decoder: None: source and target share a table

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
        self.check_choice("normalisation", NORMS)
        self.check_choice("positions", POSITIONS)
        self.check_choice("activation", MLPS)
        self.check_choice("pooling", ("first", "mean"))
        self.check_switches("tied", "biases")
        self.check_sizes("segments", "classes", least=0)
        self.check_heads()
        if self.source_vocabulary is not None:
            self.check_sizes("source_vocabulary")
        if self.padding is not None:
            self.check_sizes("padding", least=0)
            if self.padding >= self.vocabulary:
                raise OptionError(
                    f"config: padding must be an id, 0 to {self.vocabulary - 1}; "
                    f"got {self.padding}."
                )

    def check_unused(self, model: str, *names: str) -> None:
        """Refuse options that a model of this kind would not look at."""
        defaults = {f.name: f.default for f in fields(self)}
        for name in names:
            if getattr(self, name) != defaults[name]:
                raise OptionError(f"config: {model} has no {name}; got {getattr(self, name)!r}.")

    def check_heads(self) -> None:
        """Refuse heads that cannot share keys, or cannot be turned."""
        if self.kv_heads is not None:
            self.check_sizes("kv_heads")
            if self.heads % self.kv_heads:
                raise OptionError(
                    f"config: heads must be divisible by kv_heads; got heads={self.heads}, "
                    f"kv_heads={self.kv_heads}. Hint: kv_heads=1 always fits."
                )
        width = self.width // self.heads
        if self.positions == "rotary" and width % 2:
            raise OptionError(
                f"config: positions='rotary' turns pairs, so width / heads must be even; got "
                f"width={self.width}, heads={self.heads}. "
                f"Hint: try width={self.heads * (width + 1)}."
            )

    @property
    def head_width(self) -> int:
        """D: numbers in a head."""
        return self.width // self.heads


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
        self.check_choice("cell", CELLS)
        self.check_switches("tied")
