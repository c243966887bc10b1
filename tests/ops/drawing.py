"""What the tests of operations draw: shapes, numbers, axes, keys, and how arrays lie in memory.

Leaves out: which operation gets what (cases.py).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from hypothesis.strategies import SearchStrategy

from tinyllm.types import Array, Shape

Inputs = tuple[tuple[Array | None, ...], dict[str, Any]]  # arrays, options

GRID = 100


def shapes(min_dims: int = 0, max_dims: int = 3) -> SearchStrategy[Shape]:
    """Shapes with axes of size 1 to 4: size 1 is where broadcasting goes wrong."""
    return hnp.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=1, max_side=4)


def numbers(
    shape: Shape, low: float = -3, high: float = 3, *, shift: float = 0, unique: bool = False
) -> SearchStrategy[Array]:
    """Float64 numbers, all on a grid of hundredths: two of them are equal or at least 0.01 apart.

    So repeats are common, and no kink is just beside a number by accident. With shift=0.5 all
    lie between the points of the grid: none is 0, and none equals one that is not shifted.
    """
    whole = st.integers(round(low * GRID), round(high * GRID))
    drawn = hnp.arrays(np.int64, shape, elements=whole, unique=unique)
    return drawn.map(lambda array: np.asarray((array + shift) / GRID))


@st.composite
def one(draw: Any, low: float = -3, high: float = 3, shift: float = 0) -> Inputs:
    """One array of any shape."""
    return (draw(numbers(draw(shapes()), low, high, shift=shift)),), {}


@st.composite
def two(draw: Any, low: float = -3, high: float = 3, shift: float = 0) -> Inputs:
    """Two arrays whose shapes broadcast; the second one from `low` to `high`, shifted."""
    drawn = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=4))
    a, b = drawn.input_shapes
    return (draw(numbers(a)), draw(numbers(b, low, high, shift=shift))), {}


def axes(ndim: int) -> SearchStrategy[Any]:
    """What a reduction takes as `axis`: all, one, several, none at all; negative ones too."""
    if ndim == 0:
        return st.sampled_from([None, ()])
    return st.none() | st.integers(-ndim, ndim - 1) | hnp.valid_tuple_axes(ndim)


@st.composite
def reduced(draw: Any, unique: bool = False) -> Inputs:
    """One array, and over which axes it is reduced."""
    shape = draw(shapes())
    options = {"axis": draw(axes(len(shape))), "keepdims": draw(st.booleans())}
    return (draw(numbers(shape, unique=unique)),), options


@st.composite
def along_axis(draw: Any) -> Inputs:
    """One array, and one of its axes."""
    shape = draw(shapes(min_dims=1))
    return (draw(numbers(shape)),), {"axis": draw(st.integers(-len(shape), len(shape) - 1))}


@st.composite
def keys(draw: Any, shape: Shape) -> Any:
    """What may stand in x[...]: slices, integers, new axes, masks, arrays that repeat an index."""
    kinds = [hnp.basic_indices(shape, allow_newaxis=True), hnp.arrays(bool, shape)]
    if shape:
        row, column = (st.integers(-n, n - 1) for n in (shape[0], shape[-1]))
        places = st.lists(column, min_size=1, max_size=4)
        kinds += [
            hnp.integer_array_indices(shape),
            st.lists(row, min_size=1, max_size=4),
            places.map(lambda found: (..., np.array(found))),
        ]
    if len(shape) > 1:
        backward = st.just(slice(None, None, -1))
        kinds += [
            st.tuples(row, st.just(...), places.map(np.array)),
            st.tuples(backward, st.integers(0, shape[1] - 1)),
        ]
    return draw(st.one_of(kinds))


# ------------------------------------------------------------ the same numbers, laid out otherwise
def in_order(x: Array) -> Array:
    return x.copy()


def column_by_column(x: Array) -> Array:
    return x.T.copy().T


def backwards(x: Array) -> Array:
    turn = (..., *[slice(None, None, -1)] * x.ndim)
    return x[turn].copy()[turn]


def every_second(x: Array) -> Array:
    wide = np.zeros([2 * n for n in x.shape], x.dtype)
    view = wide[(..., *[slice(None, None, 2)] * x.ndim)]
    view[...] = x
    return view


def read_only(x: Array) -> Array:
    copy = x.copy()
    copy.flags.writeable = False
    return copy


LAYOUTS: list[Callable[[Array], Array]] = [
    in_order,
    column_by_column,
    backwards,
    every_second,
    read_only,
]
