"""The boss: a GPT of six blocks whose norms stand first, against one whose norms stand last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinyllm.course.exercise import Boss, Points
from tinyllm.course.small import train_small

SIZES: dict[str, Any] = {"layers": 6, "width": 32, "normalisation": "rms", "steps": 150}


def run(say: Callable[[str], None]) -> Points:
    """Return how much higher the second one's loss is, as training goes on."""
    curves: list[Points] = []
    for name, norm in {"Pre-LN": "pre", "Post-LN": "post"}.items():
        say(f"{name}:")
        curves.append(train_small(say, norm=norm, **SIZES))
    return [(step, round(post - pre, 6)) for (step, pre), (_, post) in zip(*curves, strict=True)]


DUEL = Boss(run=run, up="loss of Post-LN - loss of Pre-LN")
