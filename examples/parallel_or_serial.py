"""Known tokens go through a Transformer side by side, new ones one after the other.

    tinyllm experiment parallel-or-serial --quick
    python examples/parallel_or_serial.py

The same text is read in one pass; token by token with a cache of keys and values, as `generate`
does it and by the model's own layers; and token by token, each time from the start.
docs/experiments/parallel-or-serial.md says what to look at.
"""

import sys
import time

import numpy as np

from tinyllm import no_grad
from tinyllm.analysis import forward_flops
from tinyllm.bench.experiment import HELD, NOT_HELD, Experiment, Table, Verdict, spread
from tinyllm.models import DecoderOnly, TransformerConfig

WAYS = ("one pass", "compiled cache", "cache", "from the start")
FULL = {"lengths": [32, 64, 128, 256, 512], "layers": 4, "heads": 4, "width": 128, "seconds": 1.0}
QUICK = {"lengths": [16, 32, 64], "layers": 2, "heads": 2, "width": 32, "seconds": 0.02}
VOCABULARY = 256


def read(way, model, ids):
    """Compute the scores after each token of a text (T) in one of the ways: (T, V)."""
    T = len(ids)
    if way == "one pass":
        return model(ids[None]).data[0]
    if way == "from the start":
        return np.stack([model(ids[None, : t + 1]).data[0, -1] for t in range(T)])
    caches = model.new_caches()
    if way == "compiled cache":
        return np.stack([model.token_scores(int(token), caches).copy() for token in ids])
    return np.stack([model(ids[None, t : t + 1], caches=caches).data[0, 0] for t in range(T)])


def flops(way, T, settings):
    """Count the products of reading T tokens so. The T x T of attention is counted whole."""

    def passes(tokens, context):
        L, C = settings["layers"], settings["width"]
        return forward_flops(tokens, vocabulary=VOCABULARY, context=context, layers=L, width=C)

    if way == "one pass":
        return passes(T, T)
    if way == "from the start":
        return sum(passes(t, t) for t in range(1, T + 1))
    return sum(passes(1, t) for t in range(1, T + 1))


def measure(settings, seed, say):
    """Read texts of several lengths in all ways; note seconds, and how far the scores are apart."""
    lengths = settings["lengths"]
    sizes = {name: settings[name] for name in ("layers", "heads", "width")}
    config = TransformerConfig(vocabulary=VOCABULARY, context=lengths[-1], **sizes)
    model = DecoderOnly(config, rng=seed)
    ids = np.random.default_rng(seed).integers(0, VOCABULARY, lengths[-1])
    seconds = {way: [] for way in WAYS}
    with no_grad():
        scores = {way: read(way, model, ids) for way in WAYS}  # compiles the loops, too
        apart = {way: float(np.abs(scores[way] - scores["one pass"]).max()) for way in WAYS[1:]}
        for T in lengths:
            for way in WAYS:
                seconds[way].append(fastest(lambda w=way, t=T: read(w, model, ids[:t]), settings))
            say(f"{T} tokens: " + ", ".join(f"{way} {seconds[way][-1]:.4f} s" for way in WAYS))
    return {
        "lengths": lengths,
        "seconds": seconds,
        "flops": {way: [flops(way, T, settings) for T in lengths] for way in WAYS},
        "largest difference": apart,
        "largest score": float(np.abs(scores["one pass"]).max()),
    }


def fastest(work, settings):
    """Time a piece of work again and again; what is not the fastest was disturbed."""
    times = []
    while sum(times) < settings["seconds"]:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def tables(found):
    """Seconds and FLOPs for each length, and how far the scores are apart."""
    lengths = found[0]["lengths"]
    counted = [way for way in WAYS if way != "compiled cache"]  # that has the cache's arithmetic
    head = (*(f"{way}: ms" for way in WAYS), *(f"{way}: MFLOP" for way in counted))
    by_length = Table(("tokens", *head))
    for i, T in enumerate(lengths):
        times = [spread([1000 * one["seconds"][way][i] for one in found], 1) for way in WAYS]
        counts = [f"{found[0]['flops'][way][i] / 1e6:,.0f}" for way in counted]
        by_length.rows.append((f"{T}", *times, *counts))
    last = Table(("at the greatest length", "tokens a second", "largest difference of a score"))
    for way in WAYS:
        speeds = [lengths[-1] / one["seconds"][way][-1] for one in found]
        apart = [one["largest difference"].get(way, 0.0) for one in found]
        last.rows.append((way, spread(speeds, 0), f"{max(apart):.1e}"))
    return [by_length, last]


def draw(figure, found):
    """Draw seconds and FLOPs over the length."""
    lengths = found[0]["lengths"]
    time_axes, flop_axes = figure.subplots(1, 2)
    for way in WAYS:
        runs = np.array([one["seconds"][way] for one in found])  # (seeds, lengths)
        (line,) = time_axes.plot(lengths, runs.mean(axis=0), marker="o", label=way)
        time_axes.fill_between(
            lengths, runs.min(axis=0), runs.max(axis=0), color=line.get_color(), alpha=0.2
        )
        flop_axes.plot(lengths, found[0]["flops"][way], marker="o", color=line.get_color())
    for axes, up in ((time_axes, "seconds"), (flop_axes, "FLOPs")):
        axes.set(xscale="log", yscale="log", xlabel="tokens", ylabel=up)
        axes.set_xticks(lengths, labels=lengths, minor=False)
        axes.minorticks_off()
    time_axes.legend()


def verdict(found):
    """The scores must be the same up to rounding; one pass must be the fastest way to read."""
    apart = max(max(one["largest difference"].values()) for one in found)
    largest = max(one["largest score"] for one in found)
    at_last = {way: [one["seconds"][way][-1] for one in found] for way in WAYS}
    ratios = times_as_fast(at_last["one pass"], at_last["compiled cache"])
    saved = times_as_fast(at_last["cache"], at_last["from the start"])
    right = apart < 1e-3 * largest
    return Verdict(
        HELD if right and min(ratios) > 1 else NOT_HELD,
        f"The scores of the four ways differ by {apart:.1e} at most, where the largest is "
        f"{largest:.2f}. For {found[0]['lengths'][-1]} tokens, one pass is {spread(ratios, 1)} "
        "times as fast as token by token with a cache, as `generate` does it. With the model's "
        f"layers, the cache is {spread(saved, 1)} times as fast as beginning anew for each token.",
    )


def times_as_fast(this, other):
    """Divide the seconds of another way by those of this way, seed by seed."""
    return [slow / fast for fast, slow in zip(this, other, strict=True)]


EXPERIMENT = Experiment(
    name="parallel-or-serial",
    claim="Known tokens are processed side by side, in one pass; new ones only one by one.",
    measure=measure,
    tables=tables,
    draw=draw,
    verdict=verdict,
    full=FULL,
    quick=QUICK,
)

if __name__ == "__main__":
    from tinyllm.cli.main import main

    sys.exit(main(["experiment", __file__, *sys.argv[1:]]))
