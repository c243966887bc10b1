"""The boss: a GPT of six blocks whose norms stand first, against one whose norms stand last.

`block_parameters` is called by way of its module: there the learner's stands in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Boss, Points
from tinyllm.course.small import train_small
from tinyllm.nn import blocks

LAYERS, WIDTH, HEADS, STEPS = 6, 32, 2, 150
SIZES: dict[str, Any] = {"layers": LAYERS, "width": WIDTH, "heads": HEADS, "normalisation": "rms"}


def run(say: Callable[[str], None]) -> Points:
    """Return how much higher the second one's loss is, as training goes on."""
    say_how_large(say)
    curves: list[Points] = []
    for name, norm in {"Pre-LN": "pre", "Post-LN": "post"}.items():
        say(f"{name}:")
        curves.append(train_small(say, norm=norm, steps=STEPS, **SIZES))
    return [(step, round(post - pre, 6)) for (step, pre), (_, post) in zip(*curves, strict=True)]


def say_how_large(say: Callable[[str], None]) -> None:
    """Hold the count of a block's parameters to those that a block of the models has."""
    counted = blocks.block_parameters(WIDTH, HEADS)
    rng = np.random.default_rng(0)
    choices: Any = {"norm": "pre", "causal": True, "dropout": 0.0, "normalisation": "rms"}
    block = blocks.TransformerBlock(WIDTH, HEADS, layers=LAYERS, rng=rng, **choices)
    held = block.count_parameters()
    say(f"each of {LAYERS} blocks has {held:,} parameters. You count {counted:,} with layer norms;")
    say(f"RMS norms have no bias: {counted - held} less")


DUEL = Boss(run=run, up="loss of Post-LN - loss of Pre-LN")
