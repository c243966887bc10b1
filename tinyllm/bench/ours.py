"""tinyllm's side of each comparison, with the interface of the peers."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from tinyllm import Tensor, backend, ops
from tinyllm.bench.sizes import LAYERS
from tinyllm.decoding import stream
from tinyllm.kernels.matmul import matmul
from tinyllm.models import RNNLM, DecoderOnly, RNNConfig, TransformerConfig
from tinyllm.train import AdamW, train
from tinyllm.types import Array

Step = Callable[[], float]


def make(config: Any) -> DecoderOnly:
    """The model of a config that has vocabulary, context, layers, heads, width."""
    return DecoderOnly(TransformerConfig(**vars(config)), rng=0)


def one_batch(config: Any, batch: int) -> tuple[Array, Array]:
    """Inputs and targets (B, T): the same in every step, and for every peer."""
    ids = np.random.default_rng(0).integers(config.vocabulary, size=(batch, config.context + 1))
    return ids[:, :-1], ids[:, 1:]


def training_step(config: Any, batch: int, kernels: str = "numba") -> Step:
    """A function: one full step, always on the same batch; returns the loss before it."""
    recurrent = hasattr(config, "cell")  # else it has heads
    model = RNNLM(RNNConfig(**vars(config)), rng=0) if recurrent else make(config)
    optimiser, given = AdamW(model.parameters(), 1e-3), one_batch(config, batch)
    same = iter(lambda: given, None)
    steps = train(model, optimiser, same, lambda step: 1e-3, steps=10**9)

    def step() -> float:
        with backend(kernels):
            return next(steps).loss

    return step


def generator(config: Any, prompt: int = 1) -> Callable[[int], tuple[Any, float]]:
    """A function: how many tokens -> ids, tokens a second. Greedy, with a cache."""
    model = make(config)
    first = np.random.default_rng(0).integers(config.vocabulary, size=(1, prompt))

    def run(tokens: int) -> tuple[Any, float]:
        began = time.perf_counter()
        ids = list(stream(model, first, tokens, temperature=0))
        return ids, tokens / (time.perf_counter() - began)

    return run


def both_ways(function: Callable[..., Tensor], *arrays: Any) -> Callable[[], None]:
    """A function that goes forward, backward, and forgets the gradients."""
    leaves = [Tensor(array, requires_grad=True) for array in arrays]
    shape = function(*leaves).shape
    upstream = np.random.default_rng(1).standard_normal(shape).astype(np.float32)

    def run() -> None:
        function(*leaves).backward(upstream)
        for x in leaves:
            x.grad = None

    return run


def operations(T: int, B: int = 12, H: int = 4, D: int = 32, V: int = 65) -> dict[str, Callable]:
    """Forward and backward of each operation at the shapes of a model with context T."""
    N, C, rng = B * T, H * D, np.random.default_rng(0)
    ids, targets = rng.integers(V, size=N), rng.integers(V, size=N)
    model = DecoderOnly(
        TransformerConfig(vocabulary=V, context=T, layers=4, heads=H, width=C), rng=0
    )
    optimiser = AdamW(model.parameters(), 1e-3)
    for p in model.parameters():
        p.grad = rng.standard_normal(p.shape, np.float32)
    table: dict[str, Any] = {
        "softmax": (ops.softmax, (N, T)),
        "layer_norm": (ops.layer_norm, (N, C), (C,), (C,)),
        "cross_entropy": (lambda x: ops.cross_entropy(x, targets), (N, V)),
        "gelu": (partial(ops.gelu, approximate="tanh"), (N, 4 * C)),
        "attention": (partial(ops.scaled_dot_product_attention, causal=True), *[(B, H, T, D)] * 3),
        "embedding": (lambda w: ops.embedding(w, ids), (V, C)),
    }
    runs = {
        name: both_ways(f, *(rng.standard_normal(s, np.float32) for s in shapes))
        for name, (f, *shapes) in table.items()
    }
    return runs | {"adamw": optimiser.step}


def product(side: str, rows: int, layer: str, way: str) -> Callable[[], Array]:
    """A function: one product of a linear layer, by our tiles or by "blas".

    way:  "y" = x W, "dx" = dy W^T, "dW" = x^T dy
    """
    (inputs, outputs), rng = LAYERS[layer], np.random.default_rng(0)
    shapes = (rows, inputs), (inputs, outputs), (rows, outputs)
    x, w, dy = (rng.standard_normal(shape, np.float32) for shape in shapes)
    a, b = {"y": (x, w), "dx": (dy, w.T), "dW": (x.T, dy)}[way]
    return partial(np.matmul if side == "blas" else matmul, a, b)
