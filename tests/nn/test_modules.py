"""Every module of the package: gradients, shapes, dtypes. The cases are in cases.py."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.discovery import modules
from tests.nn.cases import CASES, output
from tests.nn.functional import replaced, to_float64
from tinyllm import Tensor
from tinyllm.errors import GradientError, OptionError
from tinyllm.kernels.backend import BACKENDS
from tinyllm.models.encoder_decoder import Decoder
from tinyllm.models.transformer import Transformer
from tinyllm.nn import Linear, Module, Parameter, SelfAttention
from tinyllm.nn.rnn import Recurrent

every_case = pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{kind.__name__}-{i}")
        for kind, cases in CASES.items()
        for i, case in enumerate(cases)
    ],
)
every_backend = pytest.mark.parametrize("backend", BACKENDS)
seeds = st.integers(0, 1 << 32)


def module_classes():
    return {
        value
        for module in modules()
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Module)
        if not value.__module__.startswith("tinyllm.course")  # what exercises are tried with
    } - {Module, Recurrent, Transformer, Decoder}  # what others are built on


def check_gradients(case, module, x, rng, directions):
    """Compare the gradients of all parameters, and of the input where it holds numbers."""
    names = [name for name, _ in module.named_parameters()]
    state = rng.bit_generator.state

    def run(x, *values):
        rng.bit_generator.state = state  # the same dropout in each evaluation
        with replaced(module, dict(zip(names, values, strict=True))):
            return output(case, module, x)

    parameters = [p.data for p in module.parameters()]
    return tinyllm.gradcheck(run, x, *parameters, directions=directions)


def test_every_module_has_a_case():
    missing = sorted(kind.__name__ for kind in module_classes() - CASES.keys())
    assert not missing, f"no test case for {missing}: add an entry to CASES in tests/nn/cases.py"


def test_a_case_builds_the_module_it_stands_for():
    for kind, cases in CASES.items():
        for case in cases:
            assert type(case.build(np.random.default_rng(0))) is kind


@every_backend
@every_case
def test_gradients_of_all_parameters_and_of_the_input(case, backend):
    rng = np.random.default_rng(0)
    module, x = case.build(rng), case.input(rng)
    to_float64(module, rng)
    with tinyllm.backend(backend):
        report = check_gradients(case, module, x, rng, None if case.elements else 3)
    inputs = module.count_parameters() + (0 if case.ids else x.size)
    arrays = len(module.parameters()) + (not case.ids)
    assert report.checked == (inputs if case.elements else 3 * arrays)


@every_backend
@every_case
def test_shapes_and_float32_are_kept(case, backend):
    rng = np.random.default_rng(1)
    module, x = case.build(rng), case.input(rng)
    given_x = x if case.ids else Tensor(x.astype(np.float32), requires_grad=True)
    with tinyllm.backend(backend):
        y = output(case, module, given_x)
        y.backward(np.ones(y.shape))
    assert y.shape == case.gives
    assert y.dtype == np.float32
    tensors = [*module.parameters(), *([] if case.ids else [given_x])]
    assert [t.grad.dtype for t in tensors] == [np.float32] * len(tensors)
    assert [t.grad.shape for t in tensors] == [t.shape for t in tensors]


@every_case
@given(seed=seeds)
def test_without_dropout_the_same_input_gives_the_same_output(case, seed):
    rng = np.random.default_rng(seed)
    module, x = case.build(rng), case.input(rng)
    module.eval()
    np.testing.assert_array_equal(output(case, module, x).data, output(case, module, x).data)


@every_case
def test_the_seed_makes_the_weights(case):
    one, same, other = (case.build(np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_equal(one.state_dict(), same.state_dict())
    drawn = [name for name, array in one.state_dict().items() if array.std() > 0]
    assert all((one.state_dict()[name] != other.state_dict()[name]).any() for name in drawn)


@every_case
def test_a_copied_module_is_independent(case):
    module = case.build(np.random.default_rng(0))
    twin = copy.deepcopy(module)
    for p in twin.parameters():
        p.data[...] = 9.0
    assert all((p.data != 9).any() for p in module.parameters())
    assert [n for n, _ in twin.named_parameters()] == [n for n, _ in module.named_parameters()]


def test_a_wrong_gradient_would_be_noticed():
    class Half(Module):
        def __init__(self):
            self.weight = Parameter([0.5, -1.0])

        def forward(self, x):
            return x * self.weight + Tensor(self.weight.data) * 0.5  # a part without a graph

    rng = np.random.default_rng(0)
    module = Half()
    to_float64(module, rng)
    with pytest.raises(GradientError):
        check_gradients(CASES[Linear][0], module, rng.standard_normal(2), rng, None)


@given(st.integers(1, 40), st.integers(1, 40))
def test_linear_starts_as_it_says(inputs, outputs):
    layer = Linear(inputs, outputs, std=0.1, rng=0)
    assert layer.weight.shape == (inputs, outputs)
    assert layer.weight.decay
    assert not layer.bias.data.any()
    assert np.abs(layer.weight.data).max() < 0.1 * 6


def test_products_decay_and_nothing_else_does():
    models = [case.build(np.random.default_rng(0)) for cases in CASES.values() for case in cases]
    decays = {name for m in models for name, p in m.named_parameters() if p.decay}
    not_decaying = {name for m in models for name, p in m.named_parameters() if not p.decay}
    products = ("qkv.weight", "output.weight", "up.weight", "down.weight")
    products += ("input_weight", "recurrent_weight", "gate.weight", "dense.weight")
    products += ("query.weight", "kv.weight")
    assert {name for name in decays if name != "weight"}  # "weight" alone: Linear itself
    assert all(name.endswith(products) for name in decays - {"weight"})
    assert not any(name.endswith(products) for name in not_decaying)
    assert not any("norm" in name or "tokens" in name or "bias" in name for name in decays)


def test_a_width_that_heads_cannot_share_is_refused():
    with pytest.raises(OptionError) as caught:
        SelfAttention(10, 4, causal=True, rng=np.random.default_rng(0))
    assert "width must be divisible by heads; got width=10, heads=4." in str(caught.value)
    assert "try width=8." in str(caught.value)
