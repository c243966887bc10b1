"""What single operations take: strategies for (arrays, options). Who uses them: cases.py."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from hypothesis.strategies import SearchStrategy

from tests.ops.drawing import GRID, Inputs, axes, keys, numbers, one, shapes, two
from tinyllm.types import Shape

sizes = st.integers(1, 4)


def stretchable(draw: Any, shape: Shape) -> Shape:
    """A shape that broadcasts to `shape`: leading axes are missing, others have size 1."""
    kept = shape[draw(st.integers(0, len(shape))) :]
    return tuple(1 if draw(st.booleans()) else n for n in kept)


# -------------------------------------------------------------------- elementwise
@st.composite
def clipped(draw: Any) -> Inputs:
    (x,), _ = draw(one(shift=0.5))
    low, high = sorted(draw(st.lists(st.integers(-200, 200), min_size=2, max_size=2)))
    return (x,), {"a_min": low / GRID, "a_max": high / GRID}


@st.composite
def chosen(draw: Any) -> Inputs:
    arrays, _ = draw(two())
    shape = np.broadcast_shapes(*(a.shape for a in arrays))
    return arrays, {"condition": draw(hnp.arrays(bool, stretchable(draw, shape)))}


@st.composite
def masked(draw: Any) -> Inputs:
    (x,), _ = draw(one())
    mask = draw(hnp.arrays(bool, stretchable(draw, x.shape)))
    return (x,), {"mask": mask, "value": draw(st.floats(-9, 9))}


@st.composite
def dropped(draw: Any) -> Inputs:
    arrays, _ = draw(one())
    return arrays, {"p": draw(st.floats(0.1, 0.9)), "rng": draw(st.integers(0, 99))}


# -------------------------------------------------------------------- reductions and shapes
@st.composite
def varied(draw: Any) -> Inputs:
    shape = draw(shapes())
    axis = draw(axes(len(shape)))
    x = draw(numbers(shape))
    count = x.size // np.size(x.sum(axis))
    ddof = draw(st.integers(0, min(2, count - 1)))
    return (x,), {"axis": axis, "ddof": ddof, "keepdims": draw(st.booleans())}


@st.composite
def reshaped(draw: Any, min_dims: int = 0) -> Inputs:
    shape = draw(shapes(min_dims))
    others = [(-1,), (1, *shape), (*shape, 1), shape[::-1], (*shape[:-1], -1), (-1, *shape[1:])]
    return (draw(numbers(shape)),), {"shape": draw(st.sampled_from(others))}


@st.composite
def transposed(draw: Any, min_dims: int = 0) -> Inputs:
    shape = draw(shapes(min_dims))
    order = draw(st.permutations(range(len(shape))))
    signed = tuple(a - len(shape) if draw(st.booleans()) else a for a in order)
    return (draw(numbers(shape)),), {"axes": signed}


@st.composite
def swapped(draw: Any) -> Inputs:
    shape = draw(shapes(min_dims=1))
    axis = st.integers(-len(shape), len(shape) - 1)
    return (draw(numbers(shape)),), {"pair": (draw(axis), draw(axis))}


@st.composite
def broadcast(draw: Any) -> Inputs:
    shape = draw(shapes())
    return (draw(numbers(stretchable(draw, shape))),), {"shape": shape}


@st.composite
def indexed(draw: Any) -> Inputs:
    shape = draw(shapes())
    return (draw(numbers(shape)),), {"key": draw(keys(shape))}


@st.composite
def joined(draw: Any) -> Inputs:
    shape = draw(shapes(min_dims=1))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    lengths = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3).filter(any))
    parts = [list(shape) for _ in lengths]
    for part, length in zip(parts, lengths, strict=True):
        part[axis] = length
    return tuple(draw(numbers(tuple(part))) for part in parts), {"axis": axis}


@st.composite
def stacked(draw: Any) -> Inputs:
    shape, count = draw(shapes()), draw(st.integers(1, 3))
    axis = draw(st.integers(-len(shape) - 1, len(shape)))
    return tuple(draw(numbers(shape)) for _ in range(count)), {"axis": axis}


@st.composite
def cut(draw: Any) -> Inputs:
    shape = draw(shapes(min_dims=1))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    size = shape[axis]
    sections = st.sampled_from([n for n in range(1, size + 1) if size % n == 0])
    places = st.lists(st.integers(0, size), max_size=3).map(sorted)
    options = {"indices_or_sections": draw(sections | places), "axis": axis}
    return (draw(numbers(shape)),), options


@st.composite
def taken_apart(draw: Any) -> Inputs:
    shape = draw(shapes(min_dims=1))
    return (draw(numbers(shape)),), {"axis": draw(st.integers(-len(shape), len(shape) - 1))}


@st.composite
def with_heads(draw: Any) -> Inputs:
    heads = draw(st.lists(st.integers(1, 2), min_size=1, max_size=3))
    B, T, D = (draw(st.integers(1, 2)) for _ in range(3))
    return (draw(numbers((B, T, sum(heads) * D))),), {"heads": heads}


@st.composite
def four_axes(draw: Any) -> Inputs:
    return (draw(numbers(tuple(draw(st.integers(1, 3)) for _ in range(4)))),), {}


@st.composite
def looked_up(draw: Any) -> Inputs:
    """Indices repeat, count from the end, and broadcast to x outside of the axis."""
    shape = draw(shapes(min_dims=1))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    lookup = [draw(sizes if n == 1 else st.sampled_from([1, n])) for n in shape]
    lookup[axis] = draw(sizes)
    n = shape[axis]
    indices = draw(hnp.arrays(np.int64, tuple(lookup), elements=st.integers(-n, n - 1)))
    return (draw(numbers(shape)),), {"indices": indices, "axis": axis}


# -------------------------------------------------------------------- products
@st.composite
def multiplied(draw: Any) -> Inputs:
    """Vectors, matrices and batches of them that broadcast."""
    signature = np.matmul.signature
    drawn = draw(hnp.mutually_broadcastable_shapes(signature=signature, max_dims=2, max_side=3))
    return tuple(draw(numbers(shape)) for shape in drawn.input_shapes), {}


@st.composite
def linear(draw: Any) -> Inputs:
    I, O = draw(sizes), draw(sizes)  # noqa: E741
    bias = draw(st.none() | numbers((O,)))
    return (draw(numbers((*draw(shapes(max_dims=2)), I))), draw(numbers((I, O))), bias), {}


SUBSCRIPTS = [
    "ij,jk->ik",
    "bij,bjk->bik",
    "bhtd,bhsd->bhts",
    "i,j->ij",
    "i,i->",
    "ij,ij->i",
    "ij->ji",
    "ij->",
    "ij->j",
    "ij,jk,k->i",
    "ij,jk",
    "ji",
    "...ij,...jk->...ik",
    "...i,i->...",
    "...i->i...",
    "b...,b->...",
]


@st.composite
def summed(draw: Any) -> Inputs:
    subscripts = draw(st.sampled_from(SUBSCRIPTS))
    terms = subscripts.partition("->")[0].split(",")
    dots = draw(shapes(max_dims=2))
    length = {c: draw(st.integers(1, 3)) for c in sorted({*subscripts} - {*"->.,"})}
    arrays = []
    for term in terms:
        before, ellipsis, after = term.partition("...")
        middle = dots if ellipsis else ()
        shape = (*(length[c] for c in before), *middle, *(length[c] for c in after))
        arrays.append(draw(numbers(shape)))
    return tuple(arrays), {"subscripts": subscripts}


# -------------------------------------------------------------------- language models
@st.composite
def embedded(draw: Any) -> Inputs:
    V, C = draw(sizes), draw(sizes)
    ids = draw(hnp.arrays(np.int64, draw(shapes(max_dims=2)), elements=st.integers(0, V - 1)))
    return (draw(numbers((V, C))),), {"ids": ids}


@st.composite
def normalised(draw: Any, parameters: int) -> Inputs:
    """Rows, some of them constant; the parameters are arrays or None.

    eps is not as small as usual: a constant row makes a curve so narrow, sqrt(eps) wide, that
    the finite difference itself would err.
    """
    C = draw(sizes)
    row = st.none() | numbers((C,))
    arrays = (
        draw(numbers((*draw(shapes(max_dims=2)), C))),
        *(draw(row) for _ in range(parameters)),
    )
    return arrays, {"eps": draw(st.sampled_from([0.01, 1.0]))}


@st.composite
def classified(draw: Any) -> Inputs:
    """Logits with targets of which some, or all, are ignored."""
    V, rows = draw(sizes), draw(shapes(max_dims=2))
    ignored = draw(st.sampled_from([-100, -1, 0]))
    target = st.integers(0, V - 1) | st.just(ignored)
    options = {
        "targets": draw(hnp.arrays(np.int64, rows, elements=target)),
        "ignore_index": ignored,
        "label_smoothing": draw(st.sampled_from([0.0, 0.1, 1.0])),
    }
    return (draw(numbers((*rows, V))),), options


@st.composite
def attended(draw: Any, max_length: int = 6) -> Inputs:
    """More queries than keys and fewer, with masks that leave some queries no key."""
    B, H, D = draw(st.integers(1, 2)), draw(st.integers(1, 2)), draw(st.integers(1, 3))
    T, S = draw(st.integers(1, max_length)), draw(st.integers(1, max_length))
    mask: SearchStrategy[Any] = hnp.arrays(bool, stretchable(draw, (B, H, T, S)))
    options = {"mask": draw(st.none() | mask), "causal": draw(st.booleans())}
    arrays = tuple(draw(numbers(shape)) for shape in ((B, H, T, D), (B, H, S, D), (B, H, S, D)))
    return arrays, options


@st.composite
def turned(draw: Any) -> Inputs:
    T, half = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    angles = draw(hnp.arrays(np.float64, (T, half), elements=st.floats(-9, 9)))
    return (draw(numbers((*draw(shapes(max_dims=2)), T, 2 * half))),), {"angles": angles}


@st.composite
def recurred(draw: Any, gates: int, carried: int) -> Inputs:
    """A text of one step and of more; a batch of less than a tile and of more."""
    B, T, C = draw(st.sampled_from([1, 2, 7])), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    shapes = ((B, T, gates * C), (C, gates * C), (gates * C,), *[(B, C)] * carried)
    return tuple(draw(numbers(shape, -1, 1)) for shape in shapes), {}
