"""The training step of ours.py without the engine: the same kernels, called one after the other.

What a framework for one model alone would be: no graph, no tensors, no checks. The difference to
the step through the engine is what the engine costs. As there, what is cheap is computed again and
not kept. A test holds both to the same numbers.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.bench.ours import make, one_batch
from tinyllm.kernels import attention, cross_entropy, embedding, gelu, layer_norm
from tinyllm.kernels.matmul import matmul
from tinyllm.models import DecoderOnly
from tinyllm.train import AdamW, clip_grad_norm
from tinyllm.types import Array

Gradients = dict[str, Array]


def training_step(config: Any, batch: int) -> Callable[[], float]:
    """A function: one full step, always on the same batch; returns the loss before it."""
    model = make(config)
    inputs, targets = one_batch(config, batch)
    optimiser = AdamW(model.parameters(), 1e-3)

    def step() -> float:
        loss, gradients = loss_and_gradients(model, inputs, targets)
        for name, p in model.named_parameters():
            p.grad = gradients[name]
        clip_grad_norm(optimiser.parameters, 1.0)
        optimiser.step()
        return loss

    return step


def loss_and_gradients(model: DecoderOnly, ids: Array, targets: Array) -> tuple[float, Gradients]:
    """Ids, targets (B, T) -> the mean loss, and the gradient of each parameter."""
    w, config = model.state_dict(), model.config
    (B, T), C = ids.shape, config.width
    flat = np.ascontiguousarray(targets.reshape(-1))
    x = (w["tokens.weight"][ids] + w["positions.weight"][:T]).reshape(B * T, C)
    kept = []
    for i in range(config.layers):
        x, *saved = block(w, f"blocks.{i}.", x, (B, T, config.heads))
        kept.append(saved)
    normal, *of_norm = layer_norm.forward(x, w["norm.weight"], w["norm.bias"], 1e-5)
    logits = matmul(normal, w["tokens.weight"].T)
    losses, log_totals = cross_entropy.forward(logits, flat, -100, 0.0)

    g: Gradients = {}
    dlogits = cross_entropy.backward(logits, flat, log_totals, 1 / len(flat), -100, 0.0)
    normal = normed(w, "norm.", x)
    scoring = matmul(normal.T, dlogits).T
    dx = norm_backward(w, g, "norm.", x, of_norm, matmul(dlogits, w["tokens.weight"]))
    for i in reversed(range(config.layers)):
        dx = block_backward(w, g, f"blocks.{i}.", kept[i], dx)
    reading = embedding.backward(np.ascontiguousarray(ids.reshape(-1)), dx, config.vocabulary)
    g["tokens.weight"] = reading + scoring
    g["positions.weight"] = np.zeros_like(w["positions.weight"])
    g["positions.weight"][:T] = dx.reshape(B, T, C).sum(axis=0)
    return float(losses.mean()), g


def block(w: Any, path: str, x: Array, sizes: tuple[int, int, int]) -> tuple[Any, ...]:
    """Return x after a block, as it came in rows of C numbers, and what the way back needs."""
    a, m, (B, T, H) = path + "attention.", path + "mlp.", sizes
    normal1, *norm1 = layer_norm.forward(x, w[a + "norm.weight"], w[a + "norm.bias"], 1e-5)
    qkv = matmul(normal1, w[a + "branch.qkv.weight"], w[a + "branch.qkv.bias"])
    q, k, v = qkv.reshape(B, T, 3, H, -1).transpose(2, 0, 3, 1, 4)  # three of (B, H, T, D)
    mixed = attention.forward(q, k, v, None, True)  # (B, H, T, D)
    merged = mixed.transpose(0, 2, 1, 3).reshape(x.shape)
    x1 = x + matmul(merged, w[a + "branch.output.weight"], w[a + "branch.output.bias"])
    normal2, *norm2 = layer_norm.forward(x1, w[m + "norm.weight"], w[m + "norm.bias"], 1e-5)
    hidden = matmul(normal2, w[m + "branch.up.weight"], w[m + "branch.up.bias"])
    active = gelu.tanh_forward(hidden)
    x2 = x1 + matmul(active, w[m + "branch.down.weight"], w[m + "branch.down.bias"])
    return x2, x, norm1, q, k, v, merged, x1, norm2, hidden


def block_backward(w: Any, g: Gradients, path: str, saved: list[Any], dx2: Array) -> Array:
    """Dx after a block -> dx before it; the parameters' gradients go into g."""
    x, norm1, q, k, v, merged, x1, norm2, hidden = saved
    a, m = path + "attention.", path + "mlp."
    dactive = linear_backward(w, g, m + "branch.down.", gelu.tanh_forward(hidden), dx2)
    dhidden = gelu.tanh_backward(hidden, dactive)
    dnormal2 = linear_backward(w, g, m + "branch.up.", normed(w, m + "norm.", x1), dhidden)
    dx1 = norm_backward(w, g, m + "norm.", x1, norm2, dnormal2)
    dx1 += dx2
    dmerged = linear_backward(w, g, a + "branch.output.", merged, dx1)
    B, H, T, D = q.shape
    dmixed = dmerged.reshape(B, T, H, D).transpose(0, 2, 1, 3)
    parts = attention.backward(q, k, v, None, True, dmixed)
    flat = [part.transpose(0, 2, 1, 3).reshape(x.shape) for part in parts]
    dqkv = np.concatenate(flat, axis=1)
    dnormal1 = linear_backward(w, g, a + "branch.qkv.", normed(w, a + "norm.", x), dqkv)
    dx = norm_backward(w, g, a + "norm.", x, norm1, dnormal1)
    dx += dx1
    return dx


def linear_backward(w: Any, g: Gradients, path: str, x: Array, dy: Array) -> Array:
    """Return dx; dW and db go into g."""
    dx = matmul(dy, w[path + "weight"].T)
    g[path + "weight"], g[path + "bias"] = matmul(x.T, dy), dy.sum(axis=0)
    return dx


def normed(w: Any, path: str, x: Array) -> Array:
    """The output of a layer norm, once more."""
    return layer_norm.forward(x, w[path + "weight"], w[path + "bias"], 1e-5)[0]


def norm_backward(w: Any, g: Gradients, path: str, x: Array, saved: Any, dy: Array) -> Array:
    """Return dx; the gradients of weight and bias go into g."""
    mean, inverse = saved
    dx, dweight, dbias = layer_norm.backward(x, w[path + "weight"], mean, inverse, dy)
    g[path + "weight"], g[path + "bias"] = dweight, dbias
    return dx
