"""TransformerConfig: the sizes and choices that make one Transformer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from tinyllm.errors import OptionError
from tinyllm.nn.residual import RESIDUALS


@dataclass(frozen=True, kw_only=True)
class TransformerConfig:
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
        for name in ("vocabulary", "context", "layers", "heads", "width"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise OptionError(
                    f"config: {name} must be a whole number >= 1; got {value!r}. "
                    "Hint: int(...) makes one of NumPy's numbers, or of 4.0."
                )
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
        if not isinstance(self.dropout, float | int) or not 0 <= self.dropout < 1:
            raise OptionError(
                f"config: dropout must be at least 0 and below 1; got {self.dropout!r}. "
                "Hint: it is a share, 0.1 drops every tenth number."
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TransformerConfig:
        """Build a config from plain values; refuses unknown and missing names.

        Raises:  OptionError
        """
        known = {f.name for f in fields(cls)}
        unknown = sorted(str(name) for name in values.keys() - known)
        missing = sorted({"vocabulary", "context"} - values.keys())
        if unknown or missing:
            raise OptionError(
                f"config: names must be those of the fields; unknown: "
                f"{', '.join(unknown) or 'none'}; missing: {', '.join(missing) or 'none'}. "
                f"Hint: the fields are {', '.join(f.name for f in fields(cls))}."
            )
        return cls(**values)
