import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.models.tiny import draw_ids, loss_and_gradients, stirred
from tests.train.parameters import SHAPES, parameters_of, set_gradients
from tinyllm.autograd import locks
from tinyllm.errors import CheckpointError, OptionError, ShapeError
from tinyllm.kernels.backend import BACKENDS
from tinyllm.nn import Parameter
from tinyllm.train import SGD, AdamW

every_backend = pytest.mark.parametrize("backend", BACKENDS)
every_optimiser = pytest.mark.parametrize("kind", [AdamW, SGD])
seeds = st.integers(0, 1 << 32)


def values(parameters):
    return [p.data.copy() for p in parameters]


def adamw_by_hand(value, gradients, *, rates, betas, eps, decay):
    """Loshchilov and Hutter 2019, algorithm 2, for one number."""
    m = v = 0.0
    for t, (g, rate) in enumerate(zip(gradients, rates, strict=True), start=1):
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
        value = value - rate * (m_hat / (math.sqrt(v_hat) + eps) + decay * value)
    return value


# -------------------------------------------------------------------- AdamW
@every_backend
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2e-6), (np.float64, 1e-12)])
@given(
    seed=seeds,
    betas=st.tuples(st.floats(0, 0.95), st.floats(0, 0.999)),
    eps=st.sampled_from([1e-8, 1e-3]),
    decay=st.floats(0, 1),
    rates=st.lists(st.floats(0, 0.1), min_size=1, max_size=6),
)
def test_adamw_is_its_formula_number_by_number(
    backend, dtype, tolerance, seed, betas, eps, decay, rates
):
    rng, parameters = np.random.default_rng(seed), parameters_of(seed, dtype)
    start, gradients = values(parameters), []
    optimiser = AdamW(parameters, 1.0, betas=betas, eps=eps, weight_decay=decay)
    for rate in rates:
        optimiser.learning_rate = rate  # a schedule may change it between steps
        set_gradients(parameters, rng)
        gradients.append([p.grad.copy() for p in parameters])
        with tinyllm.backend(backend):
            optimiser.step()
    for i, p in enumerate(parameters):
        options = {"betas": betas, "eps": eps, "decay": decay if p.decay else 0.0}
        for place in np.ndindex(p.shape):
            history = [float(g[i][place]) for g in gradients]
            by_hand = adamw_by_hand(float(start[i][place]), history, rates=rates, **options)
            # gradients may cancel in the mean: its error is that of a sum without signs
            sizes = [abs(g) for g in history]
            reach = abs(adamw_by_hand(0.0, sizes, rates=rates, **options | {"decay": 0.0}))
            assert abs(float(p.data[place]) - by_hand) <= tolerance * max(1.0, reach)
        assert p.dtype == dtype


def test_norms_biases_and_embeddings_do_not_decay():
    model = stirred()
    before = {name: array.copy() for name, array in model.state_dict().items()}
    optimiser = AdamW(model.parameters(), 0.1, weight_decay=0.5)
    optimiser.step()  # no gradient: only the decay moves something
    moved = [n for n, array in model.state_dict().items() if (array != before[n]).any()]
    parts = ("qkv", "output"), ("up", "down")
    assert moved == [
        f"blocks.{i}.{layer}.branch.{part}.weight"
        for i in (0, 1)
        for layer, names in zip(("attention", "mlp"), parts, strict=True)
        for part in names
    ]
    for name in moved:
        shrunk = before[name] * np.float32(1 - 0.1 * 0.5)
        np.testing.assert_allclose(model.state_dict()[name], shrunk, rtol=1e-6)


def test_all_numbers_lie_in_two_buffers_and_keep_their_values():
    parameters = parameters_of(0, np.float32)
    before = values(parameters)
    optimiser = AdamW(parameters, 0.1)
    assert len({id(p.data.base) for p in parameters}) == len(optimiser.groups) == 2
    for p, old in zip(parameters, before, strict=True):
        np.testing.assert_array_equal(p.data, old)
        assert any(np.shares_memory(p.data, group.values) for group in optimiser.groups)


@given(seeds, st.integers(0, 3))
def test_another_array_given_to_a_parameter_counts_from_then_on(seed, which):
    rng = np.random.default_rng(seed)
    parameters, twins = parameters_of(seed), parameters_of(seed)
    optimisers = AdamW(parameters, 0.1), AdamW(twins, 0.1)
    for step in range(4):
        if step == 2:  # the one by binding a new array, the other in place
            parameters[which].data = np.full(SHAPES[which], 7.0)
            twins[which].data[...] = 7.0
        state = rng.bit_generator.state
        for own, optimiser in zip((parameters, twins), optimisers, strict=True):
            rng.bit_generator.state = state
            set_gradients(own, rng)
            optimiser.step()
    np.testing.assert_equal(values(parameters), values(twins))


def test_another_shape_is_refused():
    parameters = parameters_of(0)
    optimiser = AdamW(parameters, 0.1)
    parameters[0].data = np.zeros((5, 4))
    with pytest.raises(ShapeError) as caught:
        optimiser.step()
    assert "AdamW: a parameter has another shape than when the optimiser" in str(caught.value)
    assert "got before=(3, 4), now=(5, 4). Hint: make a new one" in str(caught.value)


@every_backend
@given(seeds, st.integers(0, 4))
def test_a_saved_state_continues_exactly(backend, seed, first):
    rng, parameters = np.random.default_rng(seed), parameters_of(seed, np.float32)
    optimiser = AdamW(parameters, 0.05)
    with tinyllm.backend(backend):
        for _ in range(first):
            set_gradients(parameters, rng)
            optimiser.step()
        saved = {name: array.copy() for name, array in optimiser.state_dict().items()}
        twins = [Parameter(p.data.copy(), decay=p.decay) for p in parameters]
        resumed = AdamW(twins, 0.05)
        resumed.load_state_dict(saved)
        for _ in range(3):
            set_gradients(parameters, rng)
            for p, twin in zip(parameters, twins, strict=True):
                twin.grad = p.grad.copy()
            optimiser.step()
            resumed.step()
    np.testing.assert_equal(values(twins), values(parameters))
    np.testing.assert_equal(resumed.state_dict(), optimiser.state_dict())


def test_a_state_of_other_parameters_is_refused():
    optimiser = AdamW(parameters_of(0), 0.1)
    state = optimiser.state_dict()
    for wrong in ({}, {**state, "2.means": state["0.means"]}, {**state, "0.means": np.zeros(3)}):
        with pytest.raises(CheckpointError, match="AdamW: the saved state belongs to a model of"):
            optimiser.load_state_dict(wrong)


# -------------------------------------------------------------------- SGD
@given(seeds, st.floats(0, 0.99), st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_sgd_is_its_formula(seed, momentum, rates):
    rng, parameters = np.random.default_rng(seed), parameters_of(seed)
    expected, velocities = values(parameters), [0.0] * len(parameters)
    optimiser = SGD(parameters, 1.0, momentum=momentum)
    for rate in rates:
        optimiser.learning_rate = rate
        set_gradients(parameters, rng)
        for i, p in enumerate(parameters):
            velocities[i] = momentum * velocities[i] + p.grad
            expected[i] = expected[i] - rate * velocities[i]
        optimiser.step()
    for p, value in zip(parameters, expected, strict=True):
        np.testing.assert_allclose(p.data, value, rtol=1e-12, atol=1e-12)


def test_sgd_leaves_a_parameter_without_gradient_where_it_is():
    parameters = parameters_of(0)
    before = values(parameters)
    optimiser = SGD(parameters, 0.1, momentum=0.9)
    parameters[1].grad = np.ones(4)
    optimiser.step()
    moved = [(p.data != old).any() for p, old in zip(parameters, before, strict=True)]
    assert moved == [False, True, False, False]


# -------------------------------------------------------------------- both
@every_optimiser
@every_backend
def test_a_living_graph_keeps_its_values_while_the_step_moves_on(kind, backend):
    ids, targets = draw_ids(0, 2, 3, 8)
    model, reference = stirred(), stirred()
    optimiser = kind(model.parameters(), 0.1)
    with tinyllm.backend(backend):
        expected = loss_and_gradients(reference, ids, targets)
        loss_and_gradients(model, ids, targets)
        graph = tinyllm.ops.cross_entropy(model(ids), targets)  # made before the step
        optimiser.step()
        optimiser.zero_grad()
        graph.backward()
    for name, p in model.named_parameters():
        np.testing.assert_array_equal(p.grad, expected[name], err_msg=name)
        assert (p.data != reference.state_dict()[name]).any(), name
        assert not locks.is_locked(p.data)


@every_optimiser
def test_float32_stays_float32_whatever_a_schedule_returns(kind):
    parameters = parameters_of(0, np.float32)
    optimiser = kind(parameters, 0.1)
    optimiser.learning_rate = np.float64(0.05)
    set_gradients(parameters, np.random.default_rng(0))
    optimiser.step()
    assert [p.dtype for p in parameters] == [np.float32] * 4


@every_optimiser
def test_zero_grad_forgets_the_gradients(kind):
    parameters = parameters_of(0)
    set_gradients(parameters, np.random.default_rng(0))
    kind(parameters, 0.1).zero_grad()
    assert all(p.grad is None for p in parameters)


@every_optimiser
def test_no_parameters_or_a_negative_learning_rate_are_refused(kind):
    with pytest.raises(OptionError, match="optimiser: needs at least one parameter; got none"):
        kind([], 0.1)
    for wrong in (-0.1, math.nan):
        with pytest.raises(OptionError, match=f"learning_rate must be >= 0; got {wrong}"):
            kind(parameters_of(0), wrong)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: AdamW(p, 0.1, betas=(0.9, 1.0)), "betas must be at least 0 and below 1; got"),
        (lambda p: AdamW(p, 0.1, betas=(-0.1, 0.9)), "betas must be at least 0 and below 1; got"),
        (lambda p: AdamW(p, 0.1, eps=0.0), "eps must be above 0 .* got eps=0.0, weight_decay=0.1"),
        (lambda p: AdamW(p, 0.1, weight_decay=-1.0), "weight_decay at least 0; .* weight_decay=-1"),
        (lambda p: SGD(p, 0.1, momentum=1.0), "SGD: momentum must be at least 0 and below 1; got"),
    ],
)
def test_other_options_out_of_range_are_refused(make, message):
    with pytest.raises(OptionError, match=message):
        make(parameters_of(0))
