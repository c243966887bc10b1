"""The matrix of who may look at whom, as a picture."""

from __future__ import annotations

import io
import os

import numpy as np

from tinyllm.files import write_atomically
from tinyllm.types import Array

COLOURS = ("#f2f2f2", "#1f6fb4", "#c44e52")  # not allowed, attention, cross-attention


def draw_allowed(
    file: str | os.PathLike[str], words: list[str], allowed: Array, title: str, crossing: int = 0
) -> None:
    """Draw the matrix as PNG: a row for each word that looks, a column for each one it may look at.

    crossing:  how many words are the source; what the others see of them is cross-attention
    Shapes:    allowed (T, T) for T words
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (slow import)
    from matplotlib.colors import ListedColormap  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    kinds = allowed.astype(int)
    kinds[crossing:, :crossing] *= 2
    T = len(words)
    size = 1.6 + 0.42 * T
    figure = Figure(figsize=(max(size, 4.5), size), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(kinds, cmap=ListedColormap(COLOURS), vmin=0, vmax=2)
    axes.set_xticks(np.arange(T), words, rotation=60, ha="left", rotation_mode="anchor")
    axes.set_yticks(np.arange(T), words)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.set_xticks(np.arange(T + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(T + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="minor", length=0)
    axes.spines[:].set_visible(False)
    axes.set_ylabel("who looks")
    axes.set_xlabel(wrapped(title), fontsize=9)
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture)
    write_atomically(file, picture.getvalue())


def wrapped(title: str) -> str:
    """Break a title into lines, where its parts end."""
    return title.replace(": ", ":\n").replace("; ", ";\n")
