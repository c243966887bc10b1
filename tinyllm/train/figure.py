"""loss.png: the loss of a run over its steps, beside the lines it has to beat."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from typing import Any

from tinyllm.files import write_atomically


def draw_losses(
    file: str | os.PathLike[str],
    metrics: Sequence[Mapping[str, Any]],
    rivals: Mapping[str, float] | None = None,
    unit: str = "token",
) -> None:
    """Draw training and validation loss as PNG.

    metrics:  what metrics.jsonl holds: step, train_loss, val_loss
    rivals:   {name: validation loss} of other models, drawn as level lines
    unit:     what the loss is a mean over
    Units:    nats a `unit`
    """
    figure, axes = empty()
    steps = [m["step"] for m in metrics]
    axes.plot(steps, [m["train_loss"] for m in metrics], color="#9a9a9a", label="training")
    axes.plot(
        steps, [m["val_loss"] for m in metrics], color="#1f6fb4", marker="o", label="validation"
    )
    for name, loss in (rivals or {}).items():
        axes.axhline(loss, color="#c44e52", linewidth=0.8, linestyle="--")
        axes.text(1.01, loss, name, transform=axes.get_yaxis_transform(), va="center", fontsize=8)
    axes.set(xlabel="step", ylabel=f"loss (nats a {unit})")
    write_png(file, figure, axes)


def draw_comparison(
    file: str | os.PathLike[str],
    curves: Mapping[str, Sequence[tuple[float, float]]],
    across: str,
    up: str,
) -> None:
    """Draw the losses of several runs as PNG. A run with a single point is a level line.

    curves:      {run: its points}
    across, up:  what the axes are called
    """
    figure, axes = empty()
    for i, (name, points) in enumerate(curves.items()):
        if len(points) == 1:
            axes.axhline(points[0][1], color=f"C{i}", linestyle="--", label=name)
        else:
            axes.plot(*zip(*points, strict=True), color=f"C{i}", marker=".", label=name)
    axes.set(xlabel=across, ylabel=f"validation: {up}")
    write_png(file, figure, axes)


def empty() -> tuple[Any, Any]:
    """Return a figure without a curve, and its axes."""
    from matplotlib.figure import Figure  # noqa: PLC0415 (slow import)

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    return figure, figure.add_subplot()


def write_png(file: str | os.PathLike[str], figure: Any, axes: Any) -> None:
    """Add a grid and a legend, and write the picture, whole or not at all."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415

    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture)
    write_atomically(file, picture.getvalue())
