import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinyllm import gradcheck
from tinyllm.autograd.function import Function
from tinyllm.autograd.tensor import record
from tinyllm.errors import GradientError, OptionError

seeds = st.integers(0, 2**32 - 1)
shapes = hnp.array_shapes(min_dims=0, max_dims=3, max_side=4)


def normal(shape, seed):
    return np.random.default_rng(seed).standard_normal(shape)


# -------------------------------------------------------------------- right gradients pass
SMOOTH = {
    "sum": lambda x: x.sum(),
    "mean of the last axis": lambda x: x.reshape(-1, 1).mean(axis=-1),
    "square": lambda x: x * x,
    "quotient": lambda x: 1.0 / (x * x + 1.0),
    "power": lambda x: (x * x + 1.0) ** -0.5,
    "the input itself": lambda x: x,
    "used twice": lambda x: (x + x) * x.sum(),
    "two results": lambda x: (x * 2.0, x.sum()),
}


@pytest.mark.parametrize("function", SMOOTH.values(), ids=SMOOTH)
@given(shapes, seeds)
def test_right_gradients_pass(function, shape, seed):
    report = gradcheck(function, normal(shape, seed), rng=seed)
    assert report.checked == np.prod(shape)
    assert report.absolute_error <= 1e-7 + 1e-5 * abs(report.difference)


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3), seeds)
def test_two_inputs_that_broadcast(drawn, seed):
    a, b = (normal(shape, seed + i) for i, shape in enumerate(drawn.input_shapes))
    assert gradcheck(lambda x, y: x * y - y / 3.0, a, b).checked == a.size + b.size


@given(shapes, seeds, st.integers(1, 5))
def test_directions_cost_two_evaluations_each(shape, seed, count):
    calls = []

    def function(x):
        calls.append(x.shape)
        return x * x * x

    report = gradcheck(function, normal(shape, seed), directions=count, rng=seed)
    assert (report.checked, report.unit, len(calls)) == (count, "directions", 2 + 2 * count)


def test_a_random_generator_may_be_given():
    assert gradcheck(lambda x: x * x, [1.0], rng=np.random.default_rng(3)).checked == 1


# -------------------------------------------------------------------- wrong gradients are caught
class NoBroadcastSum(Function):
    """a + b, whose backward forgets to sum over what broadcasting copied."""

    @staticmethod
    def forward(ctx, a, b):
        return a + b

    @staticmethod
    def backward(ctx, grad):
        return grad, grad


class WrongAxis(Function):
    """The sum of each row, whose backward hands a row's gradient to a column."""

    @staticmethod
    def forward(ctx, x):
        ctx.save(x.shape)
        return x.sum(axis=1)

    @staticmethod
    def backward(ctx, grad):
        return (np.broadcast_to(grad[None, :], ctx.saved[0]),)  # right: grad[:, None]


class Overwritten(Function):
    """weight[ids], whose backward keeps the last gradient of an id instead of their sum."""

    @staticmethod
    def forward(ctx, weight, ids):
        ctx.save(weight.shape, ids)
        return weight[ids]

    @staticmethod
    def backward(ctx, grad):
        shape, ids = ctx.saved
        dw = np.zeros(shape)
        dw[ids] = grad  # right: np.add.at(dw, ids, grad)
        return (dw,)


class NotDivided(Function):
    """The mean, whose backward forgets 1/n."""

    @staticmethod
    def forward(ctx, x):
        ctx.save(x.shape)
        return x.mean()

    @staticmethod
    def backward(ctx, grad):
        return (np.broadcast_to(grad, ctx.saved[0]),)  # right: grad / n


class NotTransposed(Function):
    """a @ b, whose backward forgets to transpose b."""

    @staticmethod
    def forward(ctx, a, b):
        ctx.save(a, b)
        return a @ b

    @staticmethod
    def backward(ctx, grad):
        a, b = ctx.saved
        return grad @ b, a.T @ grad  # right: grad @ b.T


PLACE = r"input 0 at \[\d(, \d)*\]: backward gives \S+, the finite difference is \S+\. Hint: "
BROKEN = {
    "missing broadcast sum": (
        lambda x, y: record(NoBroadcastSum, x, y),
        [(2, 3), (3,)],
        r"NoBroadcastSum\.backward: .*input=\(3,\), gradient=\(2, 3\).*Hint: .*unbroadcast",
    ),
    "wrong axis": (lambda x: record(WrongAxis, x), [(3, 3)], PLACE + "this is the transpose"),
    "overwritten": (
        lambda x: record(Overwritten, x, ids=np.array([2, 0, 2])),
        [(3, 2)],
        "2 of 6 elements disagree; worst: " + PLACE.replace(r"\[\d", r"\[2") + "4 elements .*parts",
    ),
    "missing 1/n": (
        lambda x: record(NotDivided, x),
        [(2, 3)],
        "6 of 6 .*" + PLACE + "all are 6 times too large: a missing 1/n",
    ),
    "transposed": (
        lambda x, y: record(NotTransposed, x, y),
        [(3, 3), (3, 3)],
        "9 of 18 .*" + PLACE + "no element of this input agrees",
    ),
}


@pytest.mark.parametrize(("function", "sizes", "message"), BROKEN.values(), ids=BROKEN)
@given(seed=seeds)
def test_broken_gradients_are_caught(function, sizes, message, seed):
    arrays = [normal(shape, seed + i) for i, shape in enumerate(sizes)]
    with pytest.raises(GradientError, match=message):
        gradcheck(function, *arrays, rng=seed)
    with pytest.raises(GradientError, match=r"along direction|unbroadcast"):
        gradcheck(function, *arrays, rng=seed, directions=2)


class OffAt(Function):
    """3 x, whose backward is wrong by `amount` at one index."""

    @staticmethod
    def forward(ctx, x, index, amount):
        ctx.save(index, amount)
        return 3 * x

    @staticmethod
    def backward(ctx, grad):
        index, amount = ctx.saved
        dx = np.asarray(3 * grad)
        dx[index] += amount
        return (dx,)


@given(shapes, seeds, st.data())
def test_the_message_names_the_worst_element(shape, seed, data):
    index = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    amount = data.draw(st.sampled_from([1e-3, -2.0, 100.0]))
    with pytest.raises(GradientError) as caught:
        gradcheck(lambda x: record(OffAt, x, index=index, amount=amount), normal(shape, seed))
    message = str(caught.value)
    assert f"1 of {int(np.prod(shape))} elements disagree" in message
    assert f"input 0 at {list(index)}: " in message
    wrong, right = map(float, re.findall(r"(?:gives|is) (-?[\d.e+-]+\d)", message)[:2])
    np.testing.assert_allclose(wrong - right, amount, rtol=1e-6)


# -------------------------------------------------------------------- hints
class Returns(Function):
    """x, whose backward is the function given as an option."""

    @staticmethod
    def forward(ctx, x, gradient):
        ctx.save(gradient)
        return x * 1

    @staticmethod
    def backward(ctx, grad):
        return (ctx.saved[0](grad),)


@pytest.mark.parametrize(
    ("gradient", "hint"),
    [
        (lambda g: -g, "all have the wrong sign"),
        (lambda g: g / 2, "all are off by the same factor, 0.5"),
        (lambda g: 0 * g, "no gradient arrives at this input"),
        (lambda g: None, "no gradient arrives at this input"),
        (lambda g: g[::-1], "the right numbers in the wrong places"),
        (lambda g: g * np.nan, r"backward's gradient of input 0 is nan at \[0\]"),
        (lambda g: g[:2], r"must have its input's shape; got input=\(3,\), gradient=\(2,\)"),
    ],
)
def test_hints(gradient, hint):
    with pytest.raises(GradientError, match=hint):
        gradcheck(lambda x: record(Returns, x, gradient=gradient), [1.0, 2.0, 3.0])


def test_a_kink_is_called_a_kink():
    with pytest.raises(GradientError, match=r"a kink, the slopes beside it are .*another point"):
        gradcheck(lambda x: abs(x) + record(Returns, x, gradient=lambda g: 2 * g), [0.0])


def test_directions_must_be_positive():
    with pytest.raises(OptionError, match="directions must be at least 1; got 0"):
        gradcheck(lambda x: x, [1.0], directions=0)


def test_the_report_reads_well():
    text = str(gradcheck(lambda x: x * x, [2.0]))
    pair = r"worst: input 0 at \[0\]: backward gives \S+, the finite difference is \S+"
    errors = r"\(absolute error \S+, relative \S+\)"
    assert re.fullmatch(rf"gradcheck: 1 of 1 elements agree; {pair} {errors}", text)
