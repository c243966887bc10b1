"""CASES: what each kernel is run on, in both of its versions; a new kernel needs an entry here.

A case is a function dtype -> strategy for (arguments, floors). An output may err by a share of
its largest element; where outputs are differences of larger numbers, `floors` names the size of
these, one for each output (of a kernel that writes: one for each array among its arguments).
"""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.ops.drawing import LAYOUTS
from tinyllm.kernels import cross_entropy, decode, gru, layer_norm, lstm, rms_norm, rnn
from tinyllm.kernels.gelu import CHUNK
from tinyllm.kernels.matmul import DEPTH
from tinyllm.kernels.rows import read_only
from tinyllm.types import Array, Shape

Case = Callable[[Any], SearchStrategy[tuple[tuple[Any, ...], tuple[float, ...]]]]

FILLS: dict[str, Callable[[np.random.Generator, Shape], Array]] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "equal": lambda rng, shape: np.zeros(shape) + rng.standard_normal((*shape[:-1], 1)),
    "wide": lambda rng, shape: rng.uniform(-100, 100, shape),
    "huge": lambda rng, shape: rng.standard_normal(shape) * 1e30,
    "masked": lambda rng, shape: np.where(rng.random(shape) < 0.5, -np.inf, 1.0),
    "all -inf": lambda rng, shape: np.full(shape, -np.inf),
    "some NaN": lambda rng, shape: np.where(rng.random(shape) < 0.2, np.nan, 1.0),
}
PLAIN = ("normal", "equal", "some NaN")
SCORES = tuple(FILLS)


def array(draw: Any, shape: Shape, dtype: Any, kinds: tuple[str, ...] = PLAIN) -> Array:
    """Numbers of a drawn kind, in a drawn layout."""
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    values = FILLS[draw(st.sampled_from(kinds))](rng, shape)
    return draw(st.sampled_from(LAYOUTS))(np.asarray(values, dtype))


def row_shape(draw: Any, max_dims: int = 2) -> Shape:
    """Rows of 1 to 130 columns; no row at all, one, or more than a loop has parts."""
    leading = draw(st.lists(st.sampled_from([0, 1, 3, 9]), max_size=max_dims))
    return (*leading, draw(st.sampled_from([1, 2, 5, 130])))


def largest(x: Array) -> float:
    """The largest finite size of an element, for a floor."""
    return float(np.max(np.abs(x), initial=0, where=np.isfinite(x)))


# -------------------------------------------------------------------- softmax and cross-entropy
@st.composite
def scores(draw: Any, dtype: Any) -> Any:
    return (array(draw, row_shape(draw), dtype, SCORES),), (0,)


@st.composite
def shares(draw: Any, dtype: Any) -> Any:
    """Probabilities, or with a logarithm their logs, and the gradient that arrives."""
    shape = row_shape(draw)
    p = np.abs(array(draw, shape, dtype, ("normal",)))
    p = p / p.sum(axis=-1, keepdims=True)
    grad = array(draw, shape, dtype, (*PLAIN, "huge"))
    return (p, grad), (largest(grad),)


@st.composite
def log_shares(draw: Any, dtype: Any) -> Any:
    (p, grad), _ = draw(shares(dtype))
    return (np.log(p), grad), (largest(grad) * grad.shape[-1],)


@st.composite
def logits(draw: Any, dtype: Any) -> Any:
    R, V = draw(st.sampled_from([0, 1, 9])), draw(st.sampled_from([1, 2, 5, 130]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = array(draw, (R, V), dtype, (*PLAIN, "wide", "huge"))
    targets = np.where(rng.random(R) < 0.3, -100, rng.integers(0, V, R))
    return (x, targets, -100, draw(st.sampled_from([0.0, 0.1, 1.0]))), (largest(x), 0)


@st.composite
def logits_and_totals(draw: Any, dtype: Any) -> Any:
    """Floor: where a model is sure and right, the gradient is 1 - 1, times the scale."""
    (x, targets, ignored, smoothing), _ = draw(logits(dtype))
    _, totals = cross_entropy.forward.numpy(x, targets, ignored, smoothing)
    scale = draw(st.sampled_from([1.0, 0.125]))
    return (x, targets, totals, scale, ignored, smoothing), (scale,)


# -------------------------------------------------------------------- attention
@st.composite
def heads(draw: Any, dtype: Any, kinds: tuple[str, ...] = (*PLAIN, "huge")) -> Any:
    """Lengths and widths below and above one register, two, and what a tile takes."""
    B, H = draw(st.integers(0, 2)), draw(st.integers(1, 2))
    D = draw(st.sampled_from([1, 2, 5, 8, 16, 35]))
    lengths = st.integers(1, 9) | st.sampled_from([16, 18, 37])
    T, S = draw(lengths), draw(lengths)
    q = array(draw, (B, H, T, D), dtype, kinds)
    k = array(draw, (B, H, S, D), dtype, ("normal",))
    v = array(draw, (B, H, S, D), dtype, ("normal", "equal"))
    mask = draw(st.none() | st.sampled_from([(T, S), (B, 1, 1, S), (B, H, T, S), (S,), (T, 1)]))
    if mask is not None:
        mask = np.random.default_rng(draw(st.integers(0, 99))).random(mask) < 0.6
    return (q, k, v, mask, draw(st.booleans())), (largest(v),)


@st.composite
def heads_and_gradient(draw: Any, dtype: Any) -> Any:
    (q, k, v, mask, causal), _ = draw(heads(dtype, kinds=("normal", "equal", "huge")))
    grad = array(draw, q.shape, dtype, ("normal", "equal"))
    size = largest(grad) * largest(v)
    floors = (size * largest(k), size * largest(q), largest(grad))
    return (q, k, v, mask, causal, grad), floors


# -------------------------------------------------------------------- norms
@st.composite
def rows(draw: Any, dtype: Any, kernel: Any, parameters: int, kinds: tuple[str, ...]) -> Any:
    """Floor: a row that is nearly constant is divided by nearly nothing, and so is its rounding."""
    shape = row_shape(draw)
    x = array(draw, shape, dtype, kinds)
    given = tuple(array(draw, shape[-1:], dtype, ("normal", "equal")) for _ in range(parameters))
    eps = draw(st.sampled_from([1e-5, 1e-2]))
    inverse = kernel.forward.numpy(x, *given, eps)[-1]
    floor = largest(x) * largest(inverse) * largest(given[0])
    return (x, *given, eps), (floor, largest(x), 0) if parameters == 2 else (floor, 0)


@st.composite
def rows_and_gradient(draw: Any, dtype: Any, kernel: Any, parameters: int) -> Any:
    (x, *given, eps), _ = draw(rows(dtype, kernel, parameters, ("normal", "equal")))
    saved = kernel.forward.numpy(x, *given, eps)[1:]
    grad = array(draw, x.shape, dtype, ("normal", "equal"))
    count, inverse = x.size // x.shape[-1], largest(saved[-1])
    dx = largest(grad) * largest(given[0]) * inverse * max(1, largest(x) * inverse)
    dweight = count * largest(grad) * largest(x) * inverse
    floors = (dx, dweight, count * largest(grad))[: parameters + 1]
    return (x, given[0], *saved, grad), floors


# -------------------------------------------------------------------- one number at a time
@st.composite
def elements(draw: Any, dtype: Any, arrays: int) -> Any:
    """Any shape; a length around the chunks that threads take; the tails, where gelu is flat.

    Floor: gelu is x times a share, 1 - a number near 1 on the left, and errs by a share of x.
    """
    size = draw(st.sampled_from([0, 1, 7, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 5]))
    shape = draw(st.sampled_from([(size,), (size, 1), (1, size, 1)]))
    given = tuple(array(draw, shape, dtype, (*PLAIN, "wide")) for _ in range(arrays))
    return given, (float(np.prod([largest(a) for a in given])),)


@st.composite
def looked_up(draw: Any, dtype: Any) -> Any:
    R, V, C = (draw(st.sampled_from(sizes)) for sizes in ([0, 1, 50], [1, 3], [1, 63, 64, 130]))
    ids = np.random.default_rng(draw(st.integers(0, 99))).integers(0, V, R)
    grad = array(draw, (R, C), dtype)
    return (ids, grad, V), (R * largest(grad),)


@st.composite
def steps(draw: Any, dtype: Any, gates: int, carried: int) -> Any:
    """A text of one step and of more, batches that fill tiles and others, widths around panels.

    Weights are so small that errors do not grow from step to step. Floors: the sums are about 3.
    """
    B, T, C = (draw(st.sampled_from(n)) for n in ([1, 5, 6, 13], [1, 2, 4], [1, 7, 16, 33]))
    x = array(draw, (B, T, gates * C), dtype)
    weight = array(draw, (C, gates * C), dtype, ("normal",)) / dtype.type(2 * np.sqrt(C))
    bias = array(draw, (gates * C,), dtype)
    state = tuple(array(draw, (B, C), dtype) for _ in range(carried))
    return (x, weight, bias, *state), (4.0,) * (1 if gates == 1 else 3)


@st.composite
def steps_and_gradients(draw: Any, dtype: Any, kernel: Any, gates: int, carried: int) -> Any:
    (x, weight, bias, *state), _ = draw(steps(dtype, gates, carried))
    given = (np.where(np.isnan(a), 0, a).astype(dtype) for a in (x, weight, bias, *state))
    x, weight, bias, *state = given
    saved = kernel.forward.numpy(x, weight, bias, *state)
    saved = saved if isinstance(saved, tuple) else (saved,)
    kept = saved[1:] if gates == 4 else saved  # an LSTM's backward does not need h
    grad = array(draw, saved[0][:, 1:].shape, dtype, ("normal", "equal"))
    last = tuple(array(draw, s.shape, dtype, ("normal", "equal")) for s in state)
    floor = 10 * max(largest(grad), *map(largest, last))
    return (weight, *kept, grad, *last), (floor,) * (2 if gates == 1 else 3)


@st.composite
def factors(draw: Any, dtype: Any) -> Any:
    M, K, N = (draw(st.sampled_from([1, 3, 20, DEPTH + 5])) for _ in range(3))
    a, b, bias = (array(draw, shape, dtype) for shape in ((M, K), (K, N), (N,)))
    given = (a, b, bias) if draw(st.booleans()) else (a, b)
    return given, (K * largest(a) * largest(b) + largest(bias),)


@st.composite
def optimiser_state(draw: Any, dtype: Any) -> Any:
    """Floors: old and new are added, and may cancel."""
    size = draw(st.sampled_from([1, 7, CHUNK, CHUNK + 1]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    values, grad, mean = (rng.standard_normal(size).astype(dtype) for _ in range(3))
    square = np.abs(rng.standard_normal(size)).astype(dtype)
    step, decay = draw(st.sampled_from([1, 2, 1000])), draw(st.sampled_from([0.0, 0.1]))
    if step == 1:
        mean, square = np.zeros_like(mean), np.zeros_like(square)
    floors = (largest(values), 0, largest(mean) + largest(grad), 0)
    return (values, grad, mean, square, step, 1e-2, decay, (0.9, 0.99), 1e-8), floors


@st.composite
def one_token(draw: Any, dtype: Any) -> Any:
    """A token after `length` others. The norms divide: floors are what they multiply up again."""
    H, D, S = draw(st.integers(1, 2)), draw(st.sampled_from([1, 4, 9, 130])), 6  # 130: shared
    C, F = H * D, 4 * H * D
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    shapes = [(C,), (C,), (C, 3 * C), (3 * C,), (C, C), (C,)]
    shapes += [(C,), (C,), (C, F), (F,), (F, C), (C,)]
    L = draw(st.integers(1, 2))
    arrays = [rng.standard_normal((L, *s)).astype(dtype) for s in shapes]
    weights = decode.BlockWeights(*(read_only(a) for a in arrays))
    x, room = (rng.standard_normal(s).astype(dtype) for s in ((C,), (L, 2, H, S, D)))
    arguments = (x, weights, room, draw(st.integers(0, S - 1)), draw(st.booleans()), 0.1)
    y = decode.token.numpy(*copy.deepcopy(arguments))
    return arguments, (10 * C * largest(y), 0, 10 * C)


@st.composite
def scored(draw: Any, dtype: Any) -> Any:
    V, C = draw(st.sampled_from([(1, 1), (7, 5), (5000, 64)]))  # the last one: shared by threads
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    table = rng.standard_normal((V, C)).astype(dtype)
    x, weight, bias = rng.standard_normal((3, C)).astype(dtype)
    norm = draw(st.sampled_from([None, (weight, bias, 1e-2)]))
    return (x, norm, table), (10 * largest(table) * max(largest(x), largest(weight)),)


CASES: dict[str, Case] = {
    "adamw.step": optimiser_state,
    "attention.forward": heads,
    "attention.backward": heads_and_gradient,
    "cross_entropy.forward": logits,
    "cross_entropy.backward": logits_and_totals,
    "decode.scores": scored,
    "decode.token": one_token,
    "embedding.backward": looked_up,
    "gelu.exact_forward": lambda dtype: elements(dtype, arrays=1),
    "gelu.exact_backward": lambda dtype: elements(dtype, arrays=2),
    "gelu.tanh_forward": lambda dtype: elements(dtype, arrays=1),
    "gelu.tanh_backward": lambda dtype: elements(dtype, arrays=2),
    "gru.forward": lambda dtype: steps(np.dtype(dtype), 3, 1),
    "gru.backward": lambda dtype: steps_and_gradients(np.dtype(dtype), gru, 3, 1),
    "layer_norm.forward": lambda dtype: rows(dtype, layer_norm, 2, PLAIN),
    "layer_norm.backward": lambda dtype: rows_and_gradient(dtype, layer_norm, 2),
    "lstm.forward": lambda dtype: steps(np.dtype(dtype), 4, 2),
    "lstm.backward": lambda dtype: steps_and_gradients(np.dtype(dtype), lstm, 4, 2),
    "matmul.loops": factors,
    "matmul.matmul": factors,
    "matmul.tiles": factors,
    "rms_norm.forward": lambda dtype: rows(dtype, rms_norm, 1, PLAIN),
    "rms_norm.backward": lambda dtype: rows_and_gradient(dtype, rms_norm, 1),
    "rnn.forward": lambda dtype: steps(np.dtype(dtype), 1, 1),
    "rnn.backward": lambda dtype: steps_and_gradients(np.dtype(dtype), rnn, 1, 1),
    "softmax.forward": scores,
    "softmax.backward": shares,
    "softmax.log_forward": scores,
    "softmax.log_backward": log_shares,
}

WRITES = {"adamw.step", "decode.token"}  # kernels that change their arguments; all others must not
