"""The boss of scaling: three small models say what a larger one will reach, before it is trained.

The library's functions are called by way of their modules: there the learner's stand in.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinyllm.analysis import cost, scaling
from tinyllm.course.exercise import Points
from tinyllm.course.small import SIZES, train_small
from tinyllm.text import CharTokenizer, load_text

WIDTHS = (8, 16, 32, 64)  # the last is foretold
STEPS, BATCH = 500, 16
RATE = 0.03  # of learning, for a width of 1: wider models take smaller steps
DRAWN = 25  # points of the law


def foretell(say: Callable[[str], None]) -> Points:
    """Train four widths on Python's help topics; return the law that the first three make.

    Its last point is what it foretells for the fourth.
    """
    text, _ = load_text("python-topics")
    V, T, L = len(CharTokenizer.train(text)), SIZES["context"], SIZES["layers"]
    tokens = STEPS * BATCH * T
    sizes, losses, law, foretold = [], [], (1.0, 0.0), 0.0
    for width in WIDTHS:
        sizes.append(float(cost.count_parameters(V, T, L, width)))
        flops = cost.training_flops(tokens, V, T, L, width)
        if width == WIDTHS[-1]:
            law = scaling.fit_power_law(sizes[:-1], losses)
            foretold = float(scaling.power_law(sizes[-1], *law))
            say(f"the law: ({law[0]:.3g} / N)^{law[1]:.4f}; width {width}: {foretold:.3f} foretold")
        curve = train_small(
            lambda line: None,
            backend="numba",
            steps=STEPS,
            batch=BATCH,
            width=width,
            learning_rate=RATE / width**0.5,
        )
        losses.append(curve[-1][1])
        what = f"width {width:>2}: {sizes[-1]:>8,.0f} parameters, {flops:.2e} FLOPs"
        say(f"{what}: {losses[-1]:.3f} nats a character")
    flops = cost.training_flops(tokens, V, T, L, WIDTHS[-1])
    N, D = scaling.compute_optimal(flops)
    told = float(scaling.scaling_law(N, D))
    say(f"for as many FLOPs, Chinchilla's law takes {N:,.0f} parameters and {D:,.0f} tokens")
    say(f"(here: {tokens:,}), and foretells {told:.1f} nats: a law holds where it was fitted")
    off = losses[-1] - foretold
    where = f"{abs(off):.3f} {'above' if off > 0 else 'below'} the law"
    say(f"width {WIDTHS[-1]}: {foretold:.3f} foretold, {losses[-1]:.3f} measured, {where}")
    return [
        (float(N), round(float(scaling.power_law(N, *law)), 6))
        for N in np.geomspace(sizes[0], sizes[-1], DRAWN)
    ]
