"""The non-linear functions of Transformers: relu, gelu, silu."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyllm.autograd.function import Context, Function
from tinyllm.autograd.tensor import Tensor, floating, record
from tinyllm.errors import OptionError
from tinyllm.kernels import gelu as kernel
from tinyllm.ops.elementwise import logistic
from tinyllm.types import Array


class Relu(Function):
    """y = max(x, 0). Backward: dx = dy where x > 0, else 0; at the kink 0."""

    cheap = True

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save(x)
        return np.maximum(x, 0)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (x,) = ctx.saved
        return (grad * (x > 0),)


class Silu(Function):
    """y = x s(x) with s the sigmoid. Backward: dx = dy s (1 + x (1 - s))."""

    cheap = True

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save(x)
        return x * logistic(x)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (x,) = ctx.saved
        s = logistic(x)
        return (grad * s * (1 + x * (1 - s)),)


class Gelu(Function):
    """y = x Phi(x). Backward: dx = dy (Phi(x) + x phi(x)), phi the normal density."""

    cheap = True

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save(x)
        return kernel.exact_forward(x)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (x,) = ctx.saved
        return (kernel.exact_backward(x, grad),)


class GeluTanh(Function):
    """y = x/2 (1 + tanh u), u = sqrt(2/pi) (x + 0.044715 x^3). Backward: the product rule."""

    cheap = True

    @staticmethod
    def forward(ctx: Context, x: Array) -> Array:
        ctx.save(x)
        return kernel.tanh_forward(x)

    @staticmethod
    def backward(ctx: Context, grad: Array) -> tuple[Array]:
        (x,) = ctx.saved
        return (kernel.tanh_backward(x, grad),)


def relu(x: Any) -> Tensor:
    """Return max(x, 0).

    >>> relu(Tensor([-1.0, 2.0])).data.tolist()
    [0.0, 2.0]
    """
    return record(Relu, floating(x))


def silu(x: Any) -> Tensor:
    """Return x times its sigmoid, also called swish.

    Source:  Elfwing, Uchibe and Doya 2017, section 2
    """
    return record(Silu, floating(x))


def gelu(x: Any, approximate: str = "none") -> Tensor:
    """Weigh each number by the share of a normal distribution that lies below it: x Phi(x).

    Forward:      x Phi(x); with approximate="tanh" GPT-2's form, at most 5e-4 away
    Backward:     dx = dy (Phi(x) + x phi(x))
    approximate:  "none" or "tanh"
    Raises:       OptionError for anything else
    Source:       Hendrycks and Gimpel 2016, section 2

    >>> gelu(Tensor([0.0])).data.tolist()
    [0.0]
    """
    forms = {"none": Gelu, "tanh": GeluTanh}
    if approximate not in forms:
        raise OptionError(f"gelu: approximate must be 'none' or 'tanh'; got {approximate!r}.")
    return record(forms[approximate], floating(x))
