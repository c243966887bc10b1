import re
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.autograd.tape_svg import LONGEST, Box, Slot, layers_of, push_apart, render

SVG = "{http://www.w3.org/2000/svg}"


@st.composite
def graphs(draw):
    """Boxes in an order in which each comes after its sources; each leaf has a user."""
    count = draw(st.integers(1, 5))
    boxes = [Box("leaf", draw(st.text("wW.<&é", max_size=40)), "()", "") for _ in range(count)]
    for _ in range(draw(st.integers(1, 12))):
        places = st.tuples(st.integers(0, len(boxes) - 1), st.just(0))
        sources = tuple(draw(st.lists(places, min_size=1, max_size=4)))
        boxes.append(Box("operation", "Multiply", "(2, 3)", "", sources))
    used = {source for box in boxes for source, _ in box.sources}
    loose = tuple((i, 0) for i in range(count) if i not in used)
    return [*boxes, Box("result", "Sum", "()", "", (*loose, (len(boxes) - 1, 0)))]


def parts(svg):
    """The boxes as (left, top, right, bottom), the ends of the arrows, the size of the picture."""
    root = ElementTree.fromstring(svg)
    frames = []
    for rect in root.iter(f"{SVG}rect"):
        x, y, width, height = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
        frames.append((x, y, x + width, y + height))
    lines = [path.get("d") for path in root.iter(f"{SVG}path") if path.get("fill") == "none"]
    arrows = []
    for line in lines:
        start, end = re.match(r"M(\S+) (\S+)", line), re.search(r"(\S+) (\S+)$", line)
        arrows.append(tuple(float(n) for n in (*start.groups(), *end.groups())))
    return frames, arrows, (float(root.get("width")), float(root.get("height")))


@given(graphs())
def test_boxes_never_overlap_and_stay_inside(boxes):
    frames, _, (width, height) = parts(render(boxes))
    assert len(frames) == len(boxes)
    for left, top, right, bottom in frames:
        assert left >= 0
        assert top >= 0
        assert right <= width
        assert bottom <= height
    for a, b in combinations(frames, 2):
        assert a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]


@given(graphs())
def test_arrows_lead_down_from_box_to_box(boxes):
    frames, arrows, _ = parts(render(boxes))
    ends = [(source, i) for i, box in enumerate(boxes) for source, _ in box.sources]
    for (source, target), (x, y, end_x, end_y) in zip(ends, arrows, strict=True):
        assert frames[source][0] <= x <= frames[source][2]
        assert frames[target][0] <= end_x <= frames[target][2]
        assert y == frames[source][3]
        assert y < end_y < frames[target][1]


@given(graphs())
def test_text_fits_its_box(boxes):
    """A letter of the usual monospaced fonts is at most 0.602 of the font's size wide."""
    root = ElementTree.fromstring(render(boxes))
    size = float(root.get("font-size"))
    for group in root.iter(f"{SVG}g"):
        width = float(group.find(f"{SVG}rect").get("width"))
        for text in group.iter(f"{SVG}text"):
            assert len(text.text or "") <= LONGEST
            assert len(text.text or "") * 0.602 * size < width


@given(graphs())
def test_each_box_is_below_its_sources_and_leaves_are_near_their_users(boxes):
    layers = layers_of(boxes)
    for i, box in enumerate(boxes):
        assert all(layers[source] < layers[i] for source, _ in box.sources)
        if not box.sources:
            users = [layers[n] for n, b in enumerate(boxes) if (i, 0) in b.sources]
            assert layers[i] == min(users) - 1


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(0, 50)), min_size=1, max_size=6))
def test_push_apart_keeps_the_order_and_the_gaps(drawn):
    drawn.sort()
    layer = [Slot(0, width, x) for x, width in drawn]
    push_apart(layer)
    for a, b in combinations(layer, 2):
        assert a.x + a.width / 2 + 20 < b.x - b.width / 2


def test_push_apart_leaves_those_alone_that_have_room():
    layer = [Slot(0, 10, x) for x in (0.0, 100.0, 300.0)]
    push_apart(layer)
    assert [slot.x for slot in layer] == [0, 100, 300]


def test_crossed_sources_are_put_in_order():
    """Drawn in the given order, a -> second and b -> first would cross."""
    leaves = [Box("leaf", name, "()", "") for name in "ab"]
    users = [Box("operation", name, "()", "", ((i, 0),)) for name, i in (("x", 1), ("y", 0))]
    frames, *_ = parts(render([*leaves, *users, Box("result", "z", "()", "", ((2, 0), (3, 0)))]))
    a, b, x, y, _ = (left for left, *_ in frames)
    assert (a < b) == (y < x)


@pytest.mark.parametrize("text", ["<script>", "a & b", '"quoted"'])
def test_names_are_escaped(text):
    svg = render([Box("leaf", text, "()", text), Box("result", "Sum", "()", "", ((0, 0),))])
    words = [t.text for t in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert words[0] == text
