"""DecoderOnly against the same model in PyTorch: logits, loss, and all gradients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinyllm
from tests.models.tiny import draw_ids, loss_and_gradients, stirred
from tinyllm.kernels.backend import BACKENDS
from tinyllm.nn.residual import RESIDUALS

torch = pytest.importorskip("torch")
F = torch.nn.functional

torch.set_num_threads(1)  # else its threads and ours fight for the cores


def gpt(weights, config, ids):
    """A GPT in plain PyTorch, weights by tinyllm's names: a second reading of the same papers."""
    (B, T), C, H = ids.shape, config.width, config.heads

    def linear(x, name):
        return x @ weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def norm(x, name):
        return F.layer_norm(x, (C,), weights[f"{name}.weight"], weights[f"{name}.bias"])

    def attention(x, name):
        q, k, v = (
            part.reshape(B, T, H, C // H).transpose(1, 2)
            for part in linear(x, f"{name}.qkv").split(C, dim=-1)
        )
        scores = q @ k.transpose(-1, -2) / (C // H) ** 0.5
        future = torch.ones(T, T).triu(1).bool()
        mixed = scores.masked_fill(future, float("-inf")).softmax(-1) @ v
        return linear(mixed.transpose(1, 2).reshape(B, T, C), f"{name}.output")

    def mlp(x, name):
        return linear(F.gelu(linear(x, f"{name}.up"), approximate="tanh"), f"{name}.down")

    x = weights["tokens.weight"][ids] + weights["positions.weight"][:T]
    for i in range(config.layers):
        for name, branch in ((f"blocks.{i}.attention", attention), (f"blocks.{i}.mlp", mlp)):
            if config.norm == "pre":
                x = x + branch(norm(x, f"{name}.norm"), f"{name}.branch")
            else:
                x = norm(x + branch(x, f"{name}.branch"), f"{name}.norm")
    if config.norm == "pre":
        x = norm(x, "norm")
    return x @ weights["tokens.weight"].T


def torch_loss_and_gradients(model, ids, targets):
    weights = {
        name: torch.tensor(p.data, requires_grad=True) for name, p in model.named_parameters()
    }
    logits = gpt(weights, model.config, torch.tensor(ids))
    loss = F.cross_entropy(logits.flatten(0, 1), torch.tensor(targets).flatten())
    loss.backward()
    gradients = {name: w.grad.numpy() for name, w in weights.items()}
    return logits.detach().numpy(), {"loss": loss.detach().numpy()} | gradients


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("norm", RESIDUALS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2e-5), (np.float64, 1e-12)])
@settings(max_examples=10)
@given(st.integers(0, 1000), st.integers(1, 3), st.integers(1, 8), st.sampled_from([1, 2, 4]))
def test_logits_loss_and_all_gradients(norm, backend, dtype, tolerance, seed, batch, length, heads):
    model = stirred(seed, norm=norm, heads=heads)
    for p in model.parameters():
        p.data = p.data.astype(dtype)
    ids, targets = draw_ids(seed, 2, batch, length)
    logits, expected = torch_loss_and_gradients(model, ids, targets)
    with tinyllm.backend(backend):
        found = loss_and_gradients(model, ids, targets)
        np.testing.assert_allclose(model(ids).data, logits, rtol=0, atol=tolerance * 10)
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        scale = max(1e-3, np.abs(array).max())
        np.testing.assert_allclose(found[name], array, rtol=0, atol=tolerance * scale, err_msg=name)
        assert found[name].dtype == dtype
