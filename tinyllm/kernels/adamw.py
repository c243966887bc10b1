"""One step of AdamW over a flat buffer that holds many parameters.

Reached from: train/optimisers.py. Source: Loshchilov and Hutter 2019, algorithm 2.
"""

import numpy as np

from tinyllm.kernels.backend import Kernel
from tinyllm.kernels.jit import exact_loop, prange
from tinyllm.kernels.rows import CHUNK, as_flat
from tinyllm.types import Array


def step_numpy(
    values: Array,
    grad: Array,
    mean: Array,
    square: Array,
    step: int,
    rate: float,
    decay: float,
    betas: tuple[float, float],
    eps: float,
) -> None:
    """Update values, mean and square, each (N), in place; `step` counts from 1."""
    beta1, beta2 = betas
    mean *= beta1
    mean += (1 - beta1) * grad
    square *= beta2
    square += (1 - beta2) * grad * grad
    unbiased = mean / (1 - beta1**step)
    deviation = np.sqrt(square / (1 - beta2**step)) + eps
    values *= 1 - rate * decay
    values -= rate * unbiased / deviation


@exact_loop
def _step(values, grad, mean, square, numbers):
    beta1, beta2, keep, rate, correction, eps = numbers
    one = values.dtype.type(1)
    for chunk in prange((values.size + CHUNK - 1) // CHUNK):
        start, stop = chunk * CHUNK, min(values.size, (chunk + 1) * CHUNK)
        p, g, m, s = values[start:stop], grad[start:stop], mean[start:stop], square[start:stop]
        for i in range(p.size):
            m[i] = beta1 * m[i] + (one - beta1) * g[i]
            s[i] = beta2 * s[i] + (one - beta2) * g[i] * g[i]
            p[i] = p[i] * keep - rate * m[i] / (np.sqrt(s[i] * correction) + eps)


def step_numba(
    values: Array,
    grad: Array,
    mean: Array,
    square: Array,
    step: int,
    rate: float,
    decay: float,
    betas: tuple[float, float],
    eps: float,
) -> None:
    beta1, beta2 = betas
    numbers = (
        beta1,
        beta2,
        1 - rate * decay,
        rate / (1 - beta1**step),
        1 / (1 - beta2**step),
        eps,
    )
    _step(values, as_flat(grad), mean, square, tuple(values.dtype.type(n) for n in numbers))


step = Kernel(numpy=step_numpy, numba=step_numba)
