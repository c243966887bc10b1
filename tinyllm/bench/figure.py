"""The figures as a picture: ratios as bars, growth as lines."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from tinyllm.bench import kernels
from tinyllm.bench.compare import Measurement
from tinyllm.bench.growth import curves, power
from tinyllm.bench.peers import OURS
from tinyllm.bench.ratios import ratios, values_of
from tinyllm.files import write_atomically

BLUE, GREY = "#1f6fb4", "#9a9a9a"
PEERS = ("#c44e52", "#55a868", "#8172b2", "#ccb974", "#64b5cd", "#8c613c")


def draw(file: str | os.PathLike[str], subject: str, measurements: Sequence[Measurement]) -> None:
    """Draw the measurements of a subject as PNG."""
    if subject == "kernels":
        return kernels.draw(file, measurements)
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 (slow import)
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(layout="constrained")
    (draw_growth if subject == "growth" else draw_bars)(figure, measurements)
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture)
    write_atomically(file, picture.getvalue())


def draw_bars(figure: Any, measurements: Sequence[Measurement]) -> None:
    """A bar for each ratio, its range across; without peers, tinyllm's own figures."""
    bars: dict[str, list[float]] = {}
    for m in measurements:
        for peer in m["sides"]:
            if peer != OURS:
                bars[f"{m['name']}\n{peer}"] = ratios(m, peer)
    label = "ratio: the peer's over tinyllm's"
    if not bars:
        bars = {m["name"]: sorted(values_of(m, OURS)) for m in measurements}
        label = measurements[0]["unit"]
    middles = [median(values) for values in bars.values()]
    ranges = [
        [middle - values[0] for middle, values in zip(middles, bars.values(), strict=True)],
        [values[-1] - middle for middle, values in zip(middles, bars.values(), strict=True)],
    ]
    figure.set_size_inches(7, 1.2 + 0.45 * len(bars))
    axes = figure.add_subplot()
    axes.barh(list(bars), middles, xerr=ranges, color=BLUE, ecolor=GREY, height=0.6)
    axes.invert_yaxis()
    if label.startswith("ratio"):
        axes.axvline(1, color="black", linewidth=0.8)
    axes.set(xlabel=label)
    axes.grid(alpha=0.25, axis="x")
    axes.spines[["top", "right"]].set_visible(False)


def draw_growth(figure: Any, measurements: Sequence[Measurement]) -> None:
    """A panel for each quantity, a line for each side, both axes logarithmic."""
    found = curves(measurements)
    figure.set_size_inches(3.2 * len(found), 3.6)
    panels = figure.subplots(1, len(found), squeeze=False)[0]
    for axes, (quantity, lines) in zip(panels, found.items(), strict=True):
        peers = iter(PEERS)
        for side, line in lines.items():
            draw_line(axes, side, line, BLUE if side == OURS else next(peers))
        sizes = sorted({size for line in lines.values() for size in line})
        axes.set(xscale="log", yscale="log", xlabel=quantity)
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.minorticks_off()
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8)
    panels[0].set_ylabel("ms a training step")


def draw_line(axes: Any, side: str, line: Mapping[int, float], colour: str) -> None:
    """Draw one side's times; the legend has its exponent."""
    label = f"{side}, exponent {power(dict(line))}"
    axes.plot(list(line), list(line.values()), marker="o", label=label, color=colour)
