"""Small functions that loops in other files call: an exponential that vectorises, and its kin.

A call of the C library's exp inside a loop costs 2.3 ns an element, because the compiler cannot
do eight or sixteen of them at once. Plain arithmetic it can: this polynomial costs 0.2 ns.
"""

import math

import numpy as np

from tinyllm.kernels.jit import ByDtype, loop
from tinyllm.kernels.simd import LANES, larger, load, top

f32 = np.float32
LOG2_E = f32(1.44269504)
LN_2_HIGH, LN_2_LOW = f32(0.693359375), f32(-2.12194440e-4)  # their sum is ln 2 to 40 bits
LOWEST, HIGHEST = f32(-88), f32(89)  # where n is -127 and 128: one beyond what float32 can be
SHIFT, SHIFT_BITS = f32(1.5 * 2**23), np.int32(0x4B400000)  # a number added to it is rounded to
#                                                             an integer, which its last bits hold
C5, C4, C3 = f32(1.9875691500e-4), f32(1.3981999507e-3), f32(8.3334519073e-3)
C2, C1, C0 = f32(4.1665795894e-2), f32(1.6666665459e-1), f32(5.0000001201e-1)


@loop
def exp_float32(x):
    """e^x as 2^n e^r with |r| <= ln(2)/2, and e^r as a polynomial; relative error 2e-7.

    Source: S. Moshier, Cephes Mathematical Library, expf. Below -87.7 it is 0, above 88.4 inf:
    there the exponent's bits of 2^n are 0, or all set, which means just that. NaN stays NaN.
    """
    inside = LOWEST if x < LOWEST else x
    inside = HIGHEST if inside > HIGHEST else inside
    n = np.int32(f32(inside * LOG2_E + SHIFT).view(np.int32) - SHIFT_BITS)  # rounded
    whole = f32(n)
    r = inside - whole * LN_2_HIGH - whole * LN_2_LOW
    p = ((((C5 * r + C4) * r + C3) * r + C2) * r + C1) * r + C0
    p = p * r * r + r + f32(1)
    return p * np.int32((n + np.int32(127)) << 23).view(
        np.float32
    )  # 2^n: n among the exponent's bits


@loop
def exp_float64(x):
    """e^x from the C library."""
    return np.exp(x)


exp = ByDtype(float32=exp_float32, float64=exp_float64)


@loop
def sigmoid_float32(x):
    """1 / (1 + e^-x); where the exponential is inf, that is 0."""
    return f32(1) / (f32(1) + exp_float32(-x))


@loop
def sigmoid_float64(x):
    """1 / (1 + e^-x)."""
    return 1.0 / (1.0 + np.exp(-x))


sigmoid = ByDtype(float32=sigmoid_float32, float64=sigmoid_float64)


@loop
def tanh_float32(x):
    """1 - 2 / (e^2x + 1); absolute error 2e-7."""
    return f32(1) - f32(2) / (exp_float32(f32(2) * x) + f32(1))


@loop
def tanh_float64(x):
    """The hyperbolic tangent from the C library."""
    return np.tanh(x)


tanh = ByDtype(float32=tanh_float32, float64=tanh_float64)


@loop
def erf_float32(x):
    """Twice the share of a normal distribution between 0 and x sqrt(2); absolute error 5e-7.

    Source: Abramowitz and Stegun 1964, formula 7.1.26.
    """
    z = abs(x)
    t = f32(1) / (f32(1) + f32(0.3275911) * z)
    p = f32(1.061405429) * t - f32(1.453152027)
    p = ((p * t + f32(1.421413741)) * t - f32(0.284496736)) * t + f32(0.254829592)
    y = f32(1) - p * t * exp_float32(-z * z)
    return y if x >= 0 else -y


@loop
def erf_float64(x):
    """The error function from the C library."""
    return math.erf(x)


erf = ByDtype(float32=erf_float32, float64=erf_float64)


@loop
def largest(x):
    """The largest number of a contiguous row; any, or none, where one is not a number.

    A loop with one running maximum waits for it at each element. Eight of them do not wait.
    """
    most = x.dtype.type(-np.inf)
    whole = x.size - x.size % LANES
    if whole:
        tops = load(x, 0)
        for i in range(LANES, whole, LANES):
            tops = larger(load(x, i), tops)
        most = top(tops)
    for i in range(whole, x.size):
        most = max(most, x[i])
    return most
