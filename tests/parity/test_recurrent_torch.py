"""RNN, GRU and LSTM against PyTorch's, with copied weights: values, states and all gradients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinyllm
from tinyllm import Tensor, nn
from tinyllm.kernels.backend import BACKENDS

torch = pytest.importorskip("torch")
torch.set_num_threads(1)  # else its threads and ours fight for the cores

KINDS = {
    "RNN": (nn.RNN, torch.nn.RNN),
    "GRU": (nn.GRU, torch.nn.GRU),
    "LSTM": (nn.LSTM, torch.nn.LSTM),
}
NAMES = {
    "input_weight": "weight_ih_l",
    "recurrent_weight": "weight_hh_l",
    "input_bias": "bias_ih_l",
    "recurrent_bias": "bias_hh_l",
}


def twins(kind, dtype, seed, inputs, width, layers):
    """Ours, and PyTorch's with the same weights: its matrices are ours, transposed."""
    ours, theirs = KINDS[kind]
    module = ours(inputs, width, layers=layers, rng=seed)
    for p in module.parameters():
        p.data = p.data.astype(dtype)
    twin = theirs(inputs, width, layers, batch_first=True, dtype=getattr(torch, dtype.__name__))
    with torch.no_grad():
        for name, p in module.named_parameters():
            parameter_of(twin, name).copy_(torch.tensor(p.data.T))
    return module, twin


def parameter_of(twin, name):
    _, layer, own = name.split(".")
    return getattr(twin, NAMES[own] + layer)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-10)])
@settings(max_examples=10)
@given(
    st.integers(0, 99),
    st.sampled_from([1, 3, 7]),
    st.sampled_from([1, 2, 20]),
    st.integers(1, 9),
    st.sampled_from([1, 8, 33]),
    st.integers(1, 2),
)
def test_values_states_and_all_gradients(
    kind, backend, dtype, tolerance, seed, batch, length, inputs, width, layers
):
    rng, carried = np.random.default_rng(seed), 2 if kind == "LSTM" else 1
    module, twin = twins(kind, dtype, seed, inputs, width, layers)
    arrays = [rng.standard_normal((batch, length, inputs)).astype(dtype)]
    arrays += [rng.standard_normal((layers, batch, width)).astype(dtype) for _ in range(carried)]
    x, *starts = (Tensor(a, requires_grad=True) for a in arrays)
    tx, *tstarts = (torch.tensor(a, requires_grad=True) for a in arrays)
    with tinyllm.backend(backend):
        state = [tuple(s[i] for s in starts) for i in range(layers)]
        y, state = module(x, state)
        last = [tinyllm.ops.stack([entry[k] for entry in state]) for k in range(carried)]
    ty, tlast = twin(tx, tuple(tstarts) if carried == 2 else tstarts[0])
    tlast = list(tlast) if carried == 2 else [tlast]

    def agree(found, right, what):
        scale = max(1.0, float(np.abs(right).max()))
        np.testing.assert_allclose(found, right, rtol=0, atol=tolerance * scale, err_msg=what)
        assert found.dtype == dtype

    for found, right in zip([y, *last], [ty, *tlast], strict=True):
        agree(found.data, right.detach().numpy(), "value")
    arriving = [rng.standard_normal(t.shape).astype(dtype) for t in (y, *last)]
    with tinyllm.backend(backend):
        sum((t * a).sum() for t, a in zip((y, *last), arriving, strict=True)).backward()
    sum((t * torch.tensor(a)).sum() for t, a in zip((ty, *tlast), arriving, strict=True)).backward()
    for found, right in zip([x, *starts], [tx, *tstarts], strict=True):
        agree(found.grad, right.grad.numpy(), "input or state")
    for name, p in module.named_parameters():
        agree(p.grad, parameter_of(twin, name).grad.numpy().T, name)


@pytest.mark.parametrize("kind", KINDS)
def test_two_layers_over_a_hundred_steps(kind):
    module, twin = twins(kind, np.float32, 0, 32, 64, 2)
    x = np.random.default_rng(0).standard_normal((12, 100, 32)).astype(np.float32)
    y, _ = module(Tensor(x))
    np.testing.assert_allclose(y.data, twin(torch.tensor(x))[0].detach(), rtol=0, atol=1e-5)
