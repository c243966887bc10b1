"""AdamW, SGD and clip_grad_norm against torch.optim, over many steps of one noisy problem."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinyllm
from tests.train.parameters import parameters_of, set_gradients
from tinyllm.kernels.backend import BACKENDS
from tinyllm.train import SGD, AdamW, clip_grad_norm

torch = pytest.importorskip("torch")
torch.set_num_threads(1)  # else its threads and ours fight for the cores

seeds = st.integers(0, 1 << 32)
dtypes = pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-12)])


def twins_of(parameters):
    return [torch.nn.Parameter(torch.tensor(p.data)) for p in parameters]


def walk(parameters, twins, optimiser, other, rng, steps=20):
    """Take steps with both, on the same gradients."""
    for step in range(steps):
        set_gradients(parameters, rng)
        for p, twin in zip(parameters, twins, strict=True):
            twin.grad = torch.tensor(p.grad)
        optimiser.learning_rate = 0.1 / (1 + step)
        for group in other.param_groups:
            group["lr"] = optimiser.learning_rate
        optimiser.step()
        other.step()


def compare(parameters, twins, tolerance):
    for p, twin in zip(parameters, twins, strict=True):
        np.testing.assert_allclose(p.data, twin.detach().numpy(), rtol=0, atol=tolerance)


@dtypes
@pytest.mark.parametrize("backend", BACKENDS)
@settings(max_examples=10)
@given(seeds, st.tuples(st.floats(0, 0.95), st.floats(0.5, 0.999)), st.floats(0, 0.5), st.data())
def test_adamw(backend, dtype, tolerance, seed, betas, decay, data):
    eps = data.draw(st.sampled_from([1e-8, 1e-3]))
    parameters = parameters_of(seed, dtype)
    twins = twins_of(parameters)
    groups = [
        {"params": [twin], "weight_decay": decay if p.decay else 0.0}
        for p, twin in zip(parameters, twins, strict=True)
    ]
    optimiser = AdamW(parameters, 0.1, betas=betas, eps=eps, weight_decay=decay)
    other = torch.optim.AdamW(groups, 0.1, betas=betas, eps=eps)
    with tinyllm.backend(backend):
        walk(parameters, twins, optimiser, other, np.random.default_rng(seed))
    compare(parameters, twins, tolerance)


@dtypes
@settings(max_examples=10)
@given(seeds, st.floats(0, 0.99))
def test_sgd(dtype, tolerance, seed, momentum):
    parameters = parameters_of(seed, dtype)
    twins = twins_of(parameters)
    other = torch.optim.SGD(twins, 0.1, momentum=momentum)
    rng = np.random.default_rng(seed)
    walk(parameters, twins, SGD(parameters, 0.1, momentum=momentum), other, rng)
    compare(parameters, twins, tolerance * 10)  # the steps are longer


@given(seeds, st.floats(0.01, 100))
def test_clip_grad_norm(seed, most):
    """PyTorch divides by the length + 1e-6, and so ends a little shorter."""
    parameters = parameters_of(seed)
    twins = twins_of(parameters)
    set_gradients(parameters, np.random.default_rng(seed))
    for p, twin in zip(parameters, twins, strict=True):
        twin.grad = torch.tensor(p.grad)
    length = clip_grad_norm(parameters, most)
    other = torch.nn.utils.clip_grad_norm_(twins, most)
    np.testing.assert_allclose(length, other.numpy(), rtol=1e-12)
    for p, twin in zip(parameters, twins, strict=True):
        np.testing.assert_allclose(p.grad, twin.grad.numpy(), rtol=1e-6)
