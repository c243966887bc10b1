"""Scaling laws: how the loss falls with the size of a model and of its text.

Leaves out: what a model costs (cost.py), training. Who calls it: the course, experiments.

N is the number of parameters, D of the tokens that are trained on, C the compute in FLOPs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tinyllm.errors import DataError, OptionError
from tinyllm.types import Array


def scaling_law(
    parameters: ArrayLike,
    tokens: ArrayLike,
    E: float = 1.69,
    A: float = 406.4,
    B: float = 410.7,
    alpha: float = 0.34,
    beta: float = 0.28,
) -> Array:
    """Predict the loss of a model from its size and from how much it has read.

    Forward:   L(N, D) = E + A / N^alpha + B / D^beta
    Shapes:    parameters and tokens broadcast against each other
    Units:     nats a token, of the paper's tokens and text
    Source:    Hoffmann et al. 2022, equation 2; the constants as its appendix D.3 prints them

    Chinchilla itself, 70 billion parameters and 1.4 trillion tokens:

    >>> round(float(scaling_law(70e9, 1.4e12)), 4)
    1.9366
    """
    N, D = np.asarray(parameters, np.float64), np.asarray(tokens, np.float64)
    return np.asarray(E + A / N**alpha + B / D**beta)


def compute_optimal(
    flops: float, A: float = 406.4, B: float = 410.7, alpha: float = 0.34, beta: float = 0.28
) -> tuple[float, float]:
    """Share compute between size and text, so that `scaling_law` is least: (N, D), 6 N D = C.

    Forward:   N = G (C / 6)^(beta / (alpha + beta)),  D = (C / 6)^(alpha / (alpha + beta)) / G
               with G = (alpha A / (beta B))^(1 / (alpha + beta))
    Units:     flops: FLOPs of the whole training -> parameters, tokens
    Raises:    OptionError unless flops is above 0
    Source:    Hoffmann et al. 2022, equation 4

    >>> N, D = compute_optimal(5.76e23)
    >>> f"{N:.3e} parameters, {D / N:.2f} tokens for each"
    '3.219e+10 parameters, 92.65 tokens for each'
    """
    if not flops > 0:
        raise OptionError(f"compute_optimal: flops must be above 0; got {flops}.")
    G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    N = G * (flops / 6) ** (beta / (alpha + beta))
    D = (flops / 6) ** (alpha / (alpha + beta)) / G
    return float(N), float(D)


def power_law(sizes: ArrayLike, critical: float, exponent: float) -> Array:
    """Return (critical / N)^exponent.

    Source:    Kaplan et al. 2020, equation 1.1

    >>> power_law([100, 400], critical=1600, exponent=0.5)
    array([4., 2.])
    """
    return (critical / np.asarray(sizes, np.float64)) ** exponent


def fit_power_law(sizes: ArrayLike, losses: ArrayLike) -> tuple[float, float]:
    """Find (critical, exponent) of L(N) = (critical / N)^exponent, by least squares on logarithms.

    Forward:   log L = exponent log critical - exponent log N: a straight line over log N
    Shapes:    sizes (R,), losses (R,), R >= 2
    Raises:    DataError if there are fewer than two different sizes, or a number is not above 0
    Source:    Kaplan et al. 2020, equation 1.1

    >>> critical, exponent = fit_power_law([100, 400, 1600], [4.0, 2.0, 1.0])
    >>> round(critical, 6), round(exponent, 6)
    (1600.0, 0.5)
    """
    N, L = np.asarray(sizes, np.float64), np.asarray(losses, np.float64)
    if N.shape != L.shape or np.unique(N).size < 2 or not ((N > 0).all() and (L > 0).all()):
        raise DataError(
            "fit_power_law: needs two or more different sizes, a loss for each, all above 0; got "
            f"sizes={sizes}, losses={losses}."
        )
    x, y = np.log(N), np.log(L)
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    intercept = y.mean() - slope * x.mean()
    return float(np.exp(-intercept / slope)), float(-slope)
