"""tinyllm: language models from scratch, to be read in a weekend.

Start with `Tensor` and `ops`, then `nn`, then `models`. Names are imported when first used, so
that `import tinyllm` stays fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tinyllm import nn, ops
    from tinyllm.autograd import tape
    from tinyllm.autograd.grad_mode import no_grad
    from tinyllm.autograd.gradcheck import gradcheck
    from tinyllm.autograd.tensor import Tensor
    from tinyllm.kernels.backend import backend

__version__ = "0.1.0"
__all__ = ["Tensor", "backend", "gradcheck", "nn", "no_grad", "ops", "tape"]

_HOMES = {
    "Tensor": "tinyllm.autograd.tensor",
    "backend": "tinyllm.kernels.backend",
    "gradcheck": "tinyllm.autograd.gradcheck",
    "no_grad": "tinyllm.autograd.grad_mode",
}
_MODULES = {"nn": "tinyllm.nn", "ops": "tinyllm.ops", "tape": "tinyllm.autograd.tape"}


def __getattr__(name: str) -> Any:
    """Find a public name in its module: `tinyllm.Tensor` is `tinyllm.autograd.tensor.Tensor`."""
    if name in _MODULES:
        return import_module(_MODULES[name])
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'tinyllm' has no attribute {name!r}")
