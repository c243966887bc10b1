"""Boxes and arrows: an SVG of a graph whose edges all point down, layer below layer.

Leaves out: what the boxes mean. Who calls it: tape.Drawing.svg. The steps are those of Sugiyama,
Tagawa and Toda 1981: give each box a layer; pull the boxes sideways to where few edges cross; draw.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

# All sizes are in pixels.
FONT, LETTER = 13, 8.1  # a monospaced letter is at most 0.62 of its height wide
LONGEST = 32  # letters in a box; the tooltip has the rest
HEIGHT, PADDING, BETWEEN_BOXES, BETWEEN_LAYERS, MARGIN = 44, 14, 26, 40, 16
PORT = 16  # from one arrow to the next at the same box
SWEEPS = 12  # more do not change small graphs
# One palette for light and dark pages: boxes bring their own paper, and lines are mid-grey.
FILL = {"operation": "#dbeafe", "leaf": "#fef3c7", "result": "#dcfce7"}
EDGE = {"operation": "#3b82f6", "leaf": "#d97706", "result": "#16a34a"}
INK, FAINT, LINE = "#111827", "#4b5563", "#858d99"


@dataclass(frozen=True)
class Box:
    """What one box says, and (position in the list, output) of the boxes its arrows come from."""

    kind: str  # operation, leaf or result
    title: str
    subtitle: str
    tooltip: str
    sources: tuple[tuple[int, int], ...] = ()
    outputs: int = 1


@dataclass(eq=False)
class Slot:
    """A place in a layer: of a box, or (width 0) of a long edge on its way past other boxes.

    above, below:  the slots at the other ends of its edges, and how far from their middle
    """

    layer: int
    width: float = 0.0
    x: float = 0.0
    above: list[tuple[Slot, float]] = field(default_factory=list)
    below: list[tuple[Slot, float]] = field(default_factory=list)

    @property
    def top(self) -> float:
        """Where arrows end."""
        return MARGIN + self.layer * (HEIGHT + BETWEEN_LAYERS)

    @property
    def weight(self) -> float:
        """How hard it pulls: the operations make a straight line, and leaves stand beside it."""
        return 1.0 if self.above else 0.05

    def wanted(self, downwards: bool) -> float:
        """The middle of the neighbours in the layer just passed.

        Of the distance of their ports only a tenth counts: enough to put the boxes in order.
        """
        ends = self.above if downwards else self.below
        weights = [slot.weight for slot, _ in ends]
        pulls = [slot.weight * (slot.x + away / 10) for slot, away in ends]
        return sum(pulls) / sum(weights) if ends else self.x


Way = tuple[list[Slot], float, float]
"""An edge: the slots it passes, where it leaves the first, where it enters the last."""


def render(boxes: list[Box]) -> str:
    """Draw the boxes; each comes after those that its arrows come from."""
    slots = [Slot(layer, width_of(box)) for layer, box in zip(layers_of(boxes), boxes, strict=True)]
    ways = [
        connect(slots[source], slots[i], port(output, boxes[source].outputs), port(k, len(sources)))
        for i, sources in enumerate(box.sources for box in boxes)
        for k, (source, output) in enumerate(sources)
    ]
    passed = [slot for way, _, _ in ways for slot in way[1:-1]]
    arrange([*slots, *passed])
    shapes = [arrow(way) for way in ways]
    shapes += [drawn(box, slot) for box, slot in zip(boxes, slots, strict=True)]
    width = max(slot.x + slot.width / 2 for slot in [*slots, *passed]) + MARGIN
    height = max(slot.top for slot in slots) + HEIGHT + MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" style="max-width:100%;height:auto" '
        f'font-family="ui-monospace,Menlo,Consolas,DejaVu Sans Mono,monospace" '
        f'font-size="{FONT}" text-anchor="middle" role="img" aria-label="recorded graph">\n'
        + "\n".join(shapes)
        + "\n</svg>\n"
    )


# -------------------------------------------------------------------- where things stand
def layers_of(boxes: list[Box]) -> list[int]:
    """Put each box below all of its sources, and each leaf right above its first user."""
    layers: list[int] = []
    for box in boxes:
        layers.append(1 + max((layers[source] for source, _ in box.sources), default=-1))
    for i, box in enumerate(boxes):
        if not box.sources:
            users = [n for n, b in enumerate(boxes) if any(source == i for source, _ in b.sources)]
            layers[i] = min((layers[n] for n in users), default=1) - 1
    return layers


def connect(source: Slot, target: Slot, leaves: float, enters: float) -> Way:
    """Lead an edge through every layer between its ends, with a slot of its own in each."""
    way = [source, *(Slot(n) for n in range(source.layer + 1, target.layer)), target]
    for upper, lower in pairwise(way):
        upper.below.append((lower, enters if lower is target else 0.0))
        lower.above.append((upper, leaves if upper is source else 0.0))
    return way, leaves, enters


def arrange(slots: list[Slot]) -> None:
    """Pull each slot towards its neighbours, layer by layer, down and up; keep the best picture."""
    layers = [[s for s in slots if s.layer == n] for n in range(max(s.layer for s in slots) + 1)]
    best, best_cost = [], (0, 0.0)
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        for layer in layers if downwards else reversed(layers):
            for slot, wanted in [(slot, slot.wanted(downwards)) for slot in layer]:
                slot.x = wanted
            layer.sort(key=lambda slot: slot.x)
            push_apart(layer)
        if not best or cost(slots) < best_cost:
            best, best_cost = [slot.x for slot in slots], cost(slots)
    left = min(x - slot.width / 2 for slot, x in zip(slots, best, strict=True))
    for slot, x in zip(slots, best, strict=True):
        slot.x = x - left + MARGIN


def push_apart(layer: list[Slot]) -> None:
    """Make room between neighbours, with the least squared distance to where they want to be.

    Those that would overlap are joined to a block, which takes the mean of their wishes.
    """
    offsets = [0.0]
    for a, b in pairwise(layer):
        offsets.append(offsets[-1] + (a.width + b.width) / 2 + BETWEEN_BOXES)
    blocks: list[tuple[float, float, int]] = []  # weight, sum of weighted wishes, how many slots
    for slot, offset in zip(layer, offsets, strict=True):
        block = (slot.weight, slot.weight * (slot.x - offset), 1)
        while blocks and blocks[-1][1] / blocks[-1][0] > block[1] / block[0]:
            weight, total, count = blocks.pop()
            block = (weight + block[0], total + block[1], count + block[2])
        blocks.append(block)
    starts = [total / weight for weight, total, count in blocks for _ in range(count)]
    for slot, start, offset in zip(layer, starts, offsets, strict=True):
        slot.x = start + offset


def cost(slots: list[Slot]) -> tuple[int, float]:
    """Return how many edges cross, and how far they lead sideways."""
    edges: dict[int, list[tuple[float, float]]] = {}
    for slot in slots:
        for lower, port in slot.below:
            edges.setdefault(slot.layer, []).append((slot.x, lower.x + port))
    crossings = sum(
        (a[0] - b[0]) * (a[1] - b[1]) < 0
        for layer in edges.values()
        for i, a in enumerate(layer)
        for b in layer[:i]
    )
    return crossings, sum(abs(top - end) for layer in edges.values() for top, end in layer)


# -------------------------------------------------------------------- what they look like
def port(k: int, count: int) -> float:
    """Where the k-th of `count` arrows meets a box, from its middle."""
    return (k - (count - 1) / 2) * PORT


def short(text: str) -> str:
    """Cut what is too long for a box."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def width_of(box: Box) -> float:
    """Return a width in which both lines and all arrows fit."""
    letters = max(len(short(box.title)), len(short(box.subtitle)))
    return max(letters * LETTER, (max(len(box.sources), box.outputs) - 1) * PORT) + 2 * PADDING


def drawn(box: Box, slot: Slot) -> str:
    """Return one box: its name, its shape, and a tooltip."""
    left, middle = slot.x - slot.width / 2, f"{slot.x:.1f}"
    return (
        f"<g><title>{escape(box.tooltip)}</title>"
        f'<rect x="{left:.1f}" y="{slot.top}" width="{slot.width:.1f}" height="{HEIGHT}" '
        f'rx="{HEIGHT // 2 if box.kind == "leaf" else 7}" fill="{FILL[box.kind]}" '
        f'stroke="{EDGE[box.kind]}" stroke-width="1.5"/>'
        f'<text x="{middle}" y="{slot.top + 19}" fill="{INK}" font-weight="600">'
        f"{escape(short(box.title))}</text>"
        f'<text x="{middle}" y="{slot.top + 35}" fill="{FAINT}">{escape(short(box.subtitle))}'
        "</text></g>"
    )


def arrow(way: Way) -> str:
    """Return one edge: vertical past each layer, an S between two layers, and a head."""
    slots, leaves, enters = way
    x, y = slots[0].x + leaves, slots[0].top + HEIGHT
    path = f"M{x:.1f} {y}"
    for slot in slots[1:]:
        last = slot is slots[-1]
        end, top = (slot.x + enters, slot.top - 7) if last else (slot.x, slot.top)
        bend = (y + top) / 2
        path += f" C{x:.1f} {bend} {end:.1f} {bend} {end:.1f} {top}"
        x, y = end, slot.top + HEIGHT
        path += "" if last else f" V{y}"
    head = f"M{x:.1f} {slots[-1].top - 1} l-4.5 -8 h9 z"
    return (
        f'<path d="{path}" fill="none" stroke="{LINE}" stroke-width="1.5"/>'
        f'<path d="{head}" fill="{LINE}"/>'
    )
