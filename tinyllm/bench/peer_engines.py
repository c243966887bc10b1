"""MyGrad, tinygrad and JAX: training steps of the same GPT, by name in `PEERS`.

    pip install mygrad tinygrad jax optax        (tinygrad also calls a C compiler, `clang`)

Each in a process of its own; bound to two cores (`taskset -c 0,1`) they take two threads.
MyGrad has no layer norm, GELU, clipping or AdamW: they are made of its operations and of NumPy.
tinygrad can search for faster loops (BEAM=1 or 2 in the environment), which takes many minutes.
"""

import math
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

RATE, BETAS, EPS, DECAY = 1e-3, (0.9, 0.99), 1e-8, 0.1
Step = Callable[[], float]  # one step, always on the same batch; returns the loss before it
Weights = dict[str, Any]  # tinyllm's names; NumPy arrays, then each library's own


def need(name: str) -> Any:
    """Import a peer's module when it is asked for."""
    try:
        return import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise ImportError(f"this peer needs {package}: pip install {package} ({error})") from error


def initial_weights(config: Any) -> Weights:
    """Weights as GPT-2 starts with; linear ones are (in, out)."""
    rng, C = np.random.default_rng(0), config.width
    shapes = {"tokens": (config.vocabulary, C), "positions": (config.context, C), "norm": (C,)}
    for block in (f"blocks.{i}" for i in range(config.layers)):
        shapes |= {f"{block}.attention.norm": (C,), f"{block}.attention.branch.qkv": (C, 3 * C)}
        shapes |= {f"{block}.attention.branch.output": (C, C), f"{block}.mlp.norm": (C,)}
        shapes |= {f"{block}.mlp.branch.up": (C, 4 * C), f"{block}.mlp.branch.down": (4 * C, C)}
    weights = {}
    for name, shape in shapes.items():
        std = 0.02 / math.sqrt(2 * config.layers) if name.endswith(("output", "down")) else 0.02
        values = rng.standard_normal(shape) * std if len(shape) == 2 else np.ones(shape)
        weights[f"{name}.weight"] = values.astype(np.float32)
        if name not in ("tokens", "positions"):
            weights[f"{name}.bias"] = np.zeros(shape[-1], np.float32)
    return weights


def decays(name: str) -> bool:
    return name.endswith(("qkv.weight", "output.weight", "up.weight", "down.weight"))


def fixed_batch(config: Any, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets, (B, T) each: the same as peer_torch.py's."""
    ids = np.random.default_rng(0).integers(config.vocabulary, size=(batch, config.context + 1))
    return ids[:, :-1], ids[:, 1:]


def gpt(w: Weights, ids: Any, layers: int, norm: Any, attend: Any, gelu: Any) -> Any:
    """ids (B, T) -> logits (B T, V), in operators that all three libraries have."""

    def linear(x: Any, name: str) -> Any:
        return x @ w[f"{name}.weight"] + w[f"{name}.bias"]

    def normed(x: Any, name: str) -> Any:
        return norm(x) * w[f"{name}.weight"] + w[f"{name}.bias"]

    x = w["tokens.weight"][ids] + w["positions.weight"]  # (B, T, C)
    x = x.reshape(-1, x.shape[-1])  # (B T, C)
    for i in range(layers):
        name = f"blocks.{i}.attention"
        qkv = linear(normed(x, f"{name}.norm"), f"{name}.branch.qkv")  # (B T, 3 C)
        x = x + linear(attend(qkv), f"{name}.branch.output")
        name = f"blocks.{i}.mlp"
        hidden = gelu(linear(normed(x, f"{name}.norm"), f"{name}.branch.up"))  # (B T, 4 C)
        x = x + linear(hidden, f"{name}.branch.down")
    return normed(x, "norm") @ w["tokens.weight"].T


def mygrad_step(config: Any, batch: int, weights: Weights | None = None) -> Step:
    """MyGrad: NumPy's operations with a tape."""
    mg, nnet = need("mygrad"), need("mygrad.nnet")
    mg.turn_memory_guarding_off()
    B, T, L, H, C = batch, config.context, config.layers, config.heads, config.width
    inputs, targets = fixed_batch(config, batch)
    future = np.triu(np.full((T, T), -np.inf, np.float32), 1)
    half, one, a, b = (np.float32(x) for x in (0.5, 1, math.sqrt(2 / math.pi), 0.044715))
    scale, eps = np.float32((C // H) ** -0.5), np.float32(1e-5)  # a plain float makes float64

    def norm(x: Any) -> Any:
        centred = x - mg.mean(x, axis=-1, keepdims=True)
        return centred / mg.sqrt(mg.mean(centred * centred, axis=-1, keepdims=True) + eps)

    def attend(qkv: Any) -> Any:
        q, k, v = mg.transpose(qkv.reshape(B, T, 3, H, C // H), (2, 0, 3, 1, 4))
        scores = mg.matmul(q * scale, mg.transpose(k, (0, 1, 3, 2))) + future  # (B, H, T, T)
        mixed = mg.matmul(nnet.softmax(scores, axis=-1), v)  # (B, H, T, D)
        return mg.transpose(mixed, (0, 2, 1, 3)).reshape(B * T, C)

    def gelu(x: Any) -> Any:
        return half * x * (one + mg.tanh(a * x * (one + b * x * x)))

    start = weights or initial_weights(config)
    names = sorted(start, key=decays)  # those that decay come last
    flat = np.concatenate([np.ravel(start[name]) for name in names])  # one loop updates all
    parts = np.split(flat, np.cumsum([start[name].size for name in names])[:-1])
    named = zip(names, parts, strict=True)
    w = {name: mg.tensor(part.reshape(start[name].shape), copy=False) for name, part in named}
    decaying = flat[-sum(start[name].size for name in names if decays(name)) :]
    means, squares, steps = np.zeros_like(flat), np.zeros_like(flat), 0

    def step() -> float:
        nonlocal steps
        logits = gpt(w, inputs, L, norm, attend, gelu)
        loss = nnet.softmax_crossentropy(logits, targets.ravel())
        loss.backward()
        g = np.concatenate([np.ravel(w[name].grad) for name in names])
        g *= min(1.0, 1.0 / math.sqrt(np.vdot(g, g)))  # clipped to length 1, then AdamW
        steps += 1
        means[...] = BETAS[0] * means + (1 - BETAS[0]) * g
        squares[...] = BETAS[1] * squares + (1 - BETAS[1]) * g * g
        root = np.sqrt(squares / (1 - BETAS[1] ** steps))
        decaying[...] *= 1 - RATE * DECAY
        flat[...] -= RATE / (1 - BETAS[0] ** steps) * means / (root + EPS)
        return loss.item()

    return step


def tinygrad_step(config: Any, batch: int, weights: Weights | None = None) -> Step:
    """Tinygrad: lazy tensors, compiled kernels, the whole step replayed by TinyJit."""
    tg, optim = need("tinygrad"), need("tinygrad.nn.optim")
    B, T, L, H, C = batch, config.context, config.layers, config.heads, config.width
    inputs, targets = (tg.Tensor(x.astype(np.int32)) for x in fixed_batch(config, batch))
    arrays = (weights or initial_weights(config)).items()
    w = {name: tg.Tensor(np.ascontiguousarray(array)).is_param_() for name, array in arrays}
    past = tg.Tensor(np.tri(T, dtype=bool))

    def attend(qkv: Any) -> Any:
        q, k, v = qkv.reshape(B, T, 3, H, C // H).permute(2, 0, 3, 1, 4)
        scores = past.where(q @ k.transpose(-2, -1) * (C // H) ** -0.5, -math.inf)
        mixed = scores.softmax().contiguous() @ v  # contiguous: kept, not made anew at each use
        return mixed.transpose(1, 2).reshape(B * T, C)

    groups = [w[n] for n in w if decays(n)], [w[n] for n in w if not decays(n)]
    adamw = [optim.AdamW(g, RATE, *BETAS, EPS, d) for g, d in zip(groups, (DECAY, 0), strict=True)]
    optimiser = optim.OptimizerGroup(*adamw)

    @tg.TinyJit
    def compiled() -> Any:
        optimiser.zero_grad()
        logits = gpt(w, inputs, L, tg.Tensor.layernorm, attend, lambda x: x.gelu().contiguous())
        loss = logits.sparse_categorical_crossentropy(targets.flatten()).backward()
        squares: Any = sum(p.grad.square().sum() for p in w.values())
        length = squares.sqrt()
        for p in w.values():
            p.grad = p.grad * (1 / length).minimum(1)
        return loss.realize(*optimiser.schedule_step())

    def step() -> float:
        with tg.Context(TRAINING=1):
            return compiled().item()

    return step


def jax_step(config: Any, batch: int, weights: Weights | None = None) -> Step:
    """JAX: the whole step as one program, compiled by XLA; Optax's AdamW."""
    jax, optax = need("jax"), need("optax")
    B, T, L, H, C = batch, config.context, config.layers, config.heads, config.width
    inputs, targets = fixed_batch(config, batch)

    def attend(qkv: Any) -> Any:
        q, k, v = qkv.reshape(B, T, 3, H, C // H).transpose(2, 0, 1, 3, 4)
        return jax.nn.dot_product_attention(q, k, v, is_causal=True).reshape(B * T, C)

    def loss_of(w: Weights) -> Any:
        logits = gpt(w, inputs, L, jax.nn.standardize, attend, jax.nn.gelu)
        return optax.softmax_cross_entropy_with_integer_labels(logits, targets.ravel()).mean()

    w = jax.tree.map(jax.numpy.array, weights or initial_weights(config))
    adamw = optax.adamw(RATE, *BETAS, EPS, weight_decay=DECAY, mask={n: decays(n) for n in w})
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), adamw)

    def update(w: Weights, state: Any) -> Any:
        loss, gradients = jax.value_and_grad(loss_of)(w)
        changes, state = optimiser.update(gradients, state, w)
        return optax.apply_updates(w, changes), state, loss

    compiled, state = jax.jit(update, donate_argnums=(0, 1)), optimiser.init(w)

    def step() -> float:
        nonlocal w, state
        w, state, loss = compiled(w, state)
        return loss.item()

    return step


PEERS = {"mygrad": mygrad_step, "tinygrad": tinygrad_step, "jax": jax_step}
