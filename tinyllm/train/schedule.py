"""How the learning rate goes up and down over a run."""

from __future__ import annotations

import math


def cosine_with_warmup(
    step: int, *, peak: float, warmup: int, total: int, final: float = 0.0
) -> float:
    """Learning rate of step 0, 1, ..., total - 1: up in a line, down along half a cosine.

    The first steps are short because Adam knows too little about the gradients yet; the last
    ones are short so that the weights settle.

    Units:   peak and final in the units of the learning rate; the rest in steps
    Source:  Loshchilov and Hutter 2017, SGDR, equation 5 (the cosine)

    >>> [round(cosine_with_warmup(s, peak=1.0, warmup=2, total=6), 2) for s in range(6)]
    [0.5, 1.0, 1.0, 0.85, 0.5, 0.15]
    """
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = (step - warmup) / max(1, total - warmup)
    return final + (peak - final) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
