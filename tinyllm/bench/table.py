"""A table of text: for a terminal, and for a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


def number(x: float) -> str:
    """Write a figure with three digits, or all of them before the point.

    >>> number(0.04321), number(35.12), number(2130.4)
    ('0.0432', '35.1', '2,130')
    """
    return f"{x:,.0f}" if abs(x) >= 1000 else f"{x:.3g}"


@dataclass
class Table:
    """A heading, and rows of cells.

    >>> print(Table(("side", "ms"), [("torch", "35.1"), ("by_hand", "9")]).text())
    side     ms
    torch    35.1
    by_hand  9
    """

    head: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)

    def text(self) -> str:
        """Columns side by side."""
        lines = [self.head, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def markdown(self) -> str:
        """A table for a page."""
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)
