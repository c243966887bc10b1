"""What the heads of a small Transformer do, and what it loses without each of them.

    tinyllm experiment attention-heads --quick
    python examples/attention_heads.py

First a model of characters: where does each head look, and how much worse is the model without it?
Then texts that repeat: when does a model learn to copy what came next the last time?
docs/experiments/attention-heads.md says what to look at.
"""

import sys
from functools import partial

import numpy as np

from tinyllm import no_grad, ops
from tinyllm.analysis import attention_watched, weight_at_offset, without_head
from tinyllm.analysis.watch import parts_of
from tinyllm.bench.experiment import HELD, IN_PART, NOT_HELD, Experiment, Table, Verdict, spread
from tinyllm.models import DecoderOnly, TransformerConfig
from tinyllm.nn import SelfAttention
from tinyllm.text import CharTokenizer, RandomWindows, load_text, split
from tinyllm.text.corpus import windows
from tinyllm.train import AdamW, cosine_with_warmup, train

FULL = {
    "text": "tinyshakespeare",
    "model": {"context": 64, "layers": 4, "heads": 4, "width": 128},
    "steps": 1000,
    "held_out": 100,  # windows
    "copying": {"vocabulary": 64, "context": 64, "heads": 2, "width": 64},
    "copying_steps": 1000,
}
QUICK = {
    "text": "python-topics",
    "model": {"context": 32, "layers": 2, "heads": 2, "width": 32},
    "steps": 40,
    "held_out": 10,
    "copying": {"vocabulary": 16, "context": 32, "heads": 2, "width": 32},
    "copying_steps": 60,
}
LOOKS = 50  # so many times a run of copying is looked at
PERIODS = (0.15, 0.45)  # a text repeats after this share of the context, drawn for each


def trained(model, batches, steps, peak, watch=lambda step: None):
    """Train a model, and call `watch` after each step."""
    optimiser = AdamW(model.parameters(), learning_rate=peak)
    schedule = partial(cosine_with_warmup, peak=peak, warmup=steps // 20, total=steps)
    for step in train(model, optimiser, batches, schedule, steps=steps):
        watch(step.number)
    return model


# -------------------------------------------------------------------- what heads do
def heads_of_characters(settings, seed, say):
    """Train on text; note for each head where it looks, and the loss without it."""
    text, _ = load_text(settings["text"])
    tokenizer = CharTokenizer.train(text)
    training, rest = split(tokenizer.encode(text))
    context = settings["model"]["context"]
    config = TransformerConfig(vocabulary=len(tokenizer), **settings["model"])
    model = DecoderOnly(config, rng=seed)
    trained(model, RandomWindows(training, context, 12, seed), settings["steps"], 4e-3)
    inputs, targets = windows(rest, context, settings["held_out"])[0]

    def loss():
        return ops.cross_entropy(model(inputs), targets).item()

    with no_grad():
        with attention_watched(model) as seen:
            whole = loss()
        say(f"characters: loss {whole:.3f}")
        heads = []
        for layer, (name, part) in enumerate(parts_of(model, SelfAttention).items()):
            (weights,) = seen[name]
            looks = {"itself": weight_at_offset(weights, 0), "before": weight_at_offset(weights, 1)}
            looks["first"] = weights[:, :, context // 4 :, 0].mean(axis=(0, 2))
            for head in range(part.heads):
                with without_head(part, head):
                    worse = loss() - whole
                shares = {where: round(float(share[head]), 4) for where, share in looks.items()}
                heads.append({"layer": layer, "head": head, "worse": round(worse, 4), **shares})
    return {"loss": round(whole, 4), "heads": heads}


# -------------------------------------------------------------------- copying
def repeating(vocabulary, context, batch, rng):
    """Yield texts of random tokens that begin again after a while, and their targets.

    How long that takes differs from text to text, so no place can be learnt by heart. Targets that
    nobody can know, those of the first time, do not count.
    """
    least, most = (int(share * context) for share in PERIODS)
    while True:
        texts = rng.integers(0, vocabulary, (batch, context + 1))
        periods = rng.integers(least, most + 1, batch)
        for text, period in zip(texts, periods, strict=True):
            text[:] = text[np.arange(context + 1) % period]
        known = np.arange(1, context + 1) >= periods[:, None]
        yield texts[:, :-1], np.where(known, texts[:, 1:], -100)


def copying(settings, layers, seed, say):
    """Train a model on texts that repeat; note its loss and its best induction head on the way."""
    options = settings["copying"]
    vocabulary, context = options["vocabulary"], options["context"]
    model = DecoderOnly(TransformerConfig(layers=layers, **options), rng=seed)
    batches = repeating(vocabulary, context, 32, np.random.default_rng(seed))
    inputs, targets = next(repeating(vocabulary, context, 100, np.random.default_rng(10_000)))
    period = int(sum(PERIODS) / 2 * context)
    same = np.random.default_rng(seed).integers(0, vocabulary, (20, period))
    same = np.tile(same, context // period + 1)[:, :context]
    steps, curve = settings["copying_steps"], []

    def look(step):
        if step % max(1, steps // LOOKS) == 0:
            with no_grad():
                loss = ops.cross_entropy(model(inputs), targets).item()
                with attention_watched(model) as seen:
                    model(same)
            best = max(weight_at_offset(w[0], period - 1).max() for w in seen.values())
            curve.append([step, round(loss, 4), round(float(best), 4)])

    trained(model, batches, steps, 2e-3, look)
    say(f"copying, {layers} layers: loss {curve[-1][1]:.3f}, induction {curve[-1][2]:.2f}")
    return curve


def measure(settings, seed, say):
    """Both parts, with one seed."""
    return {
        "characters": heads_of_characters(settings, seed, say),
        "copying": {str(layers): copying(settings, layers, seed, say) for layers in (1, 2)},
        "chance": float(np.log(settings["copying"]["vocabulary"])),
    }


def turn(one):
    """Return in how many steps two layers learn to copy, and how the induction head grows in them.

    They begin when the loss is last above three quarters of what one layer ends with, and end when
    it is first below one quarter. None: that never happened.
    """
    level = one["copying"]["1"][-1][1]
    steps, losses, best = (np.array(column) for column in zip(*one["copying"]["2"], strict=True))
    above, below = np.flatnonzero(losses > 0.75 * level), np.flatnonzero(losses < 0.25 * level)
    if not above.size or not below.size:
        return None
    start, end = above[-1], below[0]
    grown = (best[end] - best[start]) / best.max()
    return {"steps": int(steps[end] - steps[start]), "grown": float(grown)}


def tables(found):
    """The heads of the first seed; the extremes of all seeds; how copying went."""
    heads = Table(("layer", "head", "itself", "the one before", "the first", "loss without it"))
    for head in found[0]["characters"]["heads"]:
        shares = (f"{head[where]:.2f}" for where in ("itself", "before", "first"))
        heads.rows.append((str(head["layer"]), str(head["head"]), *shares, f"{head['worse']:+.3f}"))
    copies = Table(("layers", "loss of a repeated token", "weight of the best induction head"))
    for layers in ("1", "2"):
        curves = [one["copying"][layers] for one in found]
        last = spread([curve[-1][1] for curve in curves])
        copies.rows.append((layers, last, spread([curve[-1][2] for curve in curves], 2)))
    return [heads, copies]


def draw(figure, found):
    """Left: each head of each seed, what it does and what it is worth. Right: copying is learnt."""
    left, right = figure.subplots(1, 2)
    for i, one in enumerate(found):
        heads = one["characters"]["heads"]
        before, worse = ([head[key] for head in heads] for key in ("before", "worse"))
        left.scatter(before, worse, color=f"C{i}", label=f"seed {i + 1}")
    left.set(xlabel="weight on the token before", ylabel="loss without the head, minus with it")
    left.set_yscale("symlog", linthresh=0.01)
    left.legend()
    for layers, colour in (("1", "C7"), ("2", "C0")):
        for i, one in enumerate(found):
            steps, losses, best = zip(*one["copying"][layers], strict=True)
            label = f"{layers} layer{'s' * (layers == '2')}: loss" if i == 0 else None
            right.plot(steps, losses, color=colour, label=label)
            if layers == "2":
                label = "2 layers: best induction head" if i == 0 else None
                right.plot(steps, best, color="C1", linestyle="--", label=label)
    right.set_xscale("log")
    right.axhline(found[0]["chance"], color="black", linewidth=0.8, linestyle=":")
    right.set(xlabel="step", ylabel="loss of a repeated token (nats); weight")
    right.legend(loc=(0.02, 0.4), fontsize=8)


def verdict(found):
    """Each part must show in every seed; docs/experiments/attention-heads.md has the rule."""
    before = [max(h["before"] for h in one["characters"]["heads"]) for one in found]
    worth = [max(h["worse"] for h in one["characters"]["heads"]) for one in found]
    least = [min(h["worse"] for h in one["characters"]["heads"]) for one in found]
    one_layer, two_layers = ([o["copying"][n][-1][1] for o in found] for n in ("1", "2"))
    turns = [turn(one) for one in found]
    steps = found[0]["copying"]["2"][-1][0]
    sudden = all(t is not None and t["steps"] <= steps / 5 and t["grown"] > 0.5 for t in turns)
    parts = (
        min(before) > 0.5,
        all(two < one / 2 for one, two in zip(one_layer, two_layers, strict=True)),
        sudden,
    )
    how = "Not every seed learnt to copy."
    if all(turns):
        how = (
            f"That was learnt in {spread([t['steps'] for t in turns], 0)} of {steps:,} steps, in "
            f"which the induction head gained {spread([t['grown'] for t in turns], 2)} of its "
            "weight."
        )
    return Verdict(
        HELD if all(parts) else IN_PART if any(parts) else NOT_HELD,
        f"In the model of characters, the head that looks most at the token before does so with "
        f"{spread(before, 2)} of its weight. Without its most important head a model loses "
        f"{spread(worth, 2)} nats, without its least important one {spread(least)}. Of a "
        f"repeated token, one layer has {spread(one_layer, 2)} nats and two have "
        f"{spread(two_layers, 2)}. {how}",
    )


EXPERIMENT = Experiment(
    name="attention-heads",
    claim="Heads have jobs: some look at the token before, and a pair of them in two layers copies "
    "what came next the last time; that is learnt within a few steps.",
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
