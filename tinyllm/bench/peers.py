"""Whom tinyllm is measured against: what each needs, whether it is there, which are meant."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from tinyllm.errors import OptionError

OURS = "tinyllm"
PACKAGES = {
    "torch": ("torch",),  # PyTorch, eager; generates with a cache
    "numpy": (),  # tinyllm itself, with the definitions in place of the compiled loops
    "by_hand": (),  # the same kernels, called without the engine: what it costs
    "blas": (),  # NumPy's matrix product
    "jax": ("jax", "optax"),
    "mygrad": ("mygrad",),
    "tinygrad": ("tinygrad",),  # also calls a C compiler, clang
    "uncached": ("torch",),  # nanoGPT's generate: the whole window for each token
}


def missing(peer: str) -> list[str]:
    """Return the packages that a peer needs and that are not installed."""
    return [package for package in PACKAGES[peer] if find_spec(package) is None]


def choose(asked: str | None, subject: str, possible: Sequence[str]) -> list[str]:
    """Return the peers of a comparison: those asked for, else all that are installed.

    asked:   names with commas between them, or None
    Raises:  OptionError for a peer that is unknown or not installed
    """
    if asked is None:
        return [peer for peer in possible if not missing(peer)]
    names = list(dict.fromkeys(name for name in asked.replace(" ", "").split(",") if name))
    for name in names:
        if name not in possible:
            can = f"of {', '.join(possible)}" if possible else "left out: it has no peers"
            raise OptionError(f"bench {subject}: --against must be {can}; got {name!r}.")
        if lacking := missing(name):
            raise OptionError(
                f"bench {subject}: --against {name} needs packages that are not installed: "
                f"{', '.join(lacking)}. Hint: pip install {' '.join(lacking)}; "
                "all peers: pip install 'tinyllm-edu[bench]'."
            )
    return names
