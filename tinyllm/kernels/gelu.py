"""GELU, x Phi(x): exact, with the normal distribution's Phi, and GPT-2's form with tanh.

Reached from: ops/activations.py. Source: Hendrycks and Gimpel 2016, section 2.
"""

import math

import numpy as np

from tinyllm.kernels.backend import Kernel
from tinyllm.kernels.elementary import erf, exp
from tinyllm.kernels.jit import parallel_loop, prange
from tinyllm.kernels.rows import CHUNK, as_flat
from tinyllm.types import Array

ROOT = math.sqrt(2 / math.pi)
CUBIC = 0.044715


# -------------------------------------------------------------------- x/2 (1 + tanh(...))
def tanh_forward_numpy(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(ROOT * (x + CUBIC * x * x * x)))


@parallel_loop
def _tanh_forward(x, y):  # (N), (N)
    one, two = x.dtype.type(1), x.dtype.type(2)
    root, cubic = x.dtype.type(ROOT), x.dtype.type(CUBIC)
    for chunk in prange((x.size + CHUNK - 1) // CHUNK):
        v = x[chunk * CHUNK : (chunk + 1) * CHUNK]
        out = y[chunk * CHUNK : (chunk + 1) * CHUNK]
        for i in range(v.size):
            u = root * (v[i] + cubic * v[i] * v[i] * v[i])
            out[i] = v[i] * (one - one / (exp(two * u) + one))  # (1 + tanh u) / 2 = 1 - 1/(e^2u+1)


def tanh_forward_numba(x: Array) -> Array:
    flat = as_flat(x)
    y = np.empty(flat.shape, x.dtype)
    _tanh_forward(flat, y)
    return y.reshape(x.shape)


def tanh_backward_numpy(x: Array, grad: Array) -> Array:
    t = np.tanh(ROOT * (x + CUBIC * x * x * x))
    slope = 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * ROOT * (1 + 3 * CUBIC * x * x)
    return grad * slope


@parallel_loop
def _tanh_backward(x, grad, dx):  # (N) each
    one, two, three = x.dtype.type(1), x.dtype.type(2), x.dtype.type(3)
    root, cubic = x.dtype.type(ROOT), x.dtype.type(CUBIC)
    for chunk in prange((x.size + CHUNK - 1) // CHUNK):
        v = x[chunk * CHUNK : (chunk + 1) * CHUNK]
        g = grad[chunk * CHUNK : (chunk + 1) * CHUNK]
        out = dx[chunk * CHUNK : (chunk + 1) * CHUNK]
        for i in range(v.size):
            square = v[i] * v[i]
            share = one - one / (exp(two * root * v[i] * (one + cubic * square)) + one)
            inner = two * root * v[i] * (one + three * cubic * square)
            out[i] = g[i] * share * (one + inner * (one - share))


def tanh_backward_numba(x: Array, grad: Array) -> Array:
    flat = as_flat(x)
    dx = np.empty(flat.shape, x.dtype)
    _tanh_backward(flat, as_flat(grad), dx)
    return dx.reshape(x.shape)


tanh_forward = Kernel(numpy=tanh_forward_numpy, numba=tanh_forward_numba)
tanh_backward = Kernel(numpy=tanh_backward_numpy, numba=tanh_backward_numba)


# -------------------------------------------------------------------- x Phi(x), exact
def phi_numpy(x: Array) -> Array:
    """Phi(x), the share of a normal distribution that lies below x. NumPy itself has no erf."""
    share = np.frompyfunc(lambda v: 0.5 * (1 + math.erf(v / math.sqrt(2))), 1, 1)(x)
    return np.asarray(share, dtype=x.dtype)


def exact_forward_numpy(x: Array) -> Array:
    return x * phi_numpy(x)


@parallel_loop
def _exact_forward(x, y):  # (N), (N)
    half, one = x.dtype.type(0.5), x.dtype.type(1)
    root = x.dtype.type(math.sqrt(0.5))
    for chunk in prange((x.size + CHUNK - 1) // CHUNK):
        v = x[chunk * CHUNK : (chunk + 1) * CHUNK]
        out = y[chunk * CHUNK : (chunk + 1) * CHUNK]
        for i in range(v.size):
            out[i] = v[i] * half * (one + erf(v[i] * root))


def exact_forward_numba(x: Array) -> Array:
    flat = as_flat(x)
    y = np.empty(flat.shape, x.dtype)
    _exact_forward(flat, y)
    return y.reshape(x.shape)


def exact_backward_numpy(x: Array, grad: Array) -> Array:
    density = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return grad * (phi_numpy(x) + x * density)


@parallel_loop
def _exact_backward(x, grad, dx):  # (N) each
    half, one = x.dtype.type(0.5), x.dtype.type(1)
    root, height = x.dtype.type(math.sqrt(0.5)), x.dtype.type(1 / math.sqrt(2 * math.pi))
    for chunk in prange((x.size + CHUNK - 1) // CHUNK):
        v = x[chunk * CHUNK : (chunk + 1) * CHUNK]
        g = grad[chunk * CHUNK : (chunk + 1) * CHUNK]
        out = dx[chunk * CHUNK : (chunk + 1) * CHUNK]
        for i in range(v.size):
            phi = half * (one + erf(v[i] * root))
            out[i] = g[i] * (phi + v[i] * height * exp(-half * v[i] * v[i]))


def exact_backward_numba(x: Array, grad: Array) -> Array:
    flat = as_flat(x)
    dx = np.empty(flat.shape, x.dtype)
    _exact_backward(flat, as_flat(grad), dx)
    return dx.reshape(x.shape)


exact_forward = Kernel(numpy=exact_forward_numpy, numba=exact_forward_numba)
exact_backward = Kernel(numpy=exact_backward_numpy, numba=exact_backward_numba)
