"""One text, one model, one budget of arithmetic: only the tokens differ.

    tinyllm experiment tokenizers --quick
    python examples/tokenizers.py

Characters, words, and byte-pair encoding with more and more merges. Losses a token cannot be
compared, so all are turned into bits a byte. docs/experiments/tokenizers.md says what to look at.
"""

import math
import sys
import time
from collections import Counter
from functools import partial

from tinyllm.analysis import training_flops
from tinyllm.bench.experiment import HELD, IN_PART, NOT_HELD, Experiment, Table, Verdict, spread
from tinyllm.decoding import generate
from tinyllm.evaluation import bits_per_byte, mean_loss
from tinyllm.models import DecoderOnly, TransformerConfig
from tinyllm.text import BPETokenizer, CharTokenizer, RandomWindows, WordTokenizer, load_text
from tinyllm.text.words import UNKNOWN, tokens_of
from tinyllm.train import AdamW, cosine_with_warmup, train

BYTES = 256  # tokens that byte-pair encoding has before its first merge
FULL = {
    "text": "tinyshakespeare",
    "model": {"context": 64, "layers": 2, "heads": 4, "width": 96},
    "merges": [256, 512, 1024, 2048, 4096, 8192],
    "batch": 12,
    "flops": 2e12,
    "generated": 200,
}
QUICK = {
    "text": "python-topics",
    "model": {"context": 32, "layers": 1, "heads": 2, "width": 32},
    "merges": [256, 1024],
    "batch": 8,
    "flops": 1e9,
    "generated": 20,
}


def tokenizers(text, settings):
    """Train each tokenizer on the training text: {name: tokenizer}, and the seconds it took."""
    made, seconds = {}, {}
    for name, build in {
        "characters": CharTokenizer.train,
        "words": WordTokenizer.train,
        **{
            f"BPE {merges}": partial(BPETokenizer.train, vocabulary_size=BYTES + merges)
            for merges in settings["merges"]
        },
    }.items():
        start = time.perf_counter()
        made[name] = build(text)
        seconds[name] = time.perf_counter() - start
    return made, seconds


def spelling(training, held_out, tokenizer):
    """Return the bits it takes to spell out the words that a word tokenizer does not know.

    Each letter costs what its frequency in all training words says, and so does the word's end.
    """
    letters = Counter("\0".join(tokens_of(training, "spelling")))
    total = sum(letters.values()) + len(letters)
    ids = tokenizer.encode(held_out)
    unknown = [w for w, i in zip(tokens_of(held_out, "spelling"), ids, strict=True) if i == 0]
    cost = sum(math.log2(total / (letters[c] + 1)) for word in unknown for c in f"{word}\0")
    return cost, len(unknown)


def measure(settings, seed, say):
    """Train a model with each tokenizer, each with the same number of FLOPs."""
    text, _ = load_text(settings["text"])
    cut = int(len(text) * 0.9)
    training, held_out = text[:cut], text[cut:]
    known = set(training)  # a letter that training has not seen has no id
    held_out = "".join(letter for letter in held_out if letter in known)
    made, seconds = tokenizers(training, settings)
    found = {}
    for name, tokenizer in made.items():
        found[name] = one_tokenizer(tokenizer, training, held_out, settings, seed)
        found[name]["training of the tokenizer"] = seconds[name]
        say(f"{name}: {found[name]['bits']:.3f} bits a byte")
    return found


def one_tokenizer(tokenizer, training, held_out, settings, seed):
    """Train a model on one kind of tokens, and measure it."""
    start = time.perf_counter()
    ids = tokenizer.encode(training)
    encoding = time.perf_counter() - start
    sizes, batch = settings["model"], settings["batch"]
    context = sizes["context"]
    config = TransformerConfig(vocabulary=len(tokenizer), **sizes)
    model = DecoderOnly(config, rng=seed)
    each = training_flops(
        batch * context, len(tokenizer), context, layers=sizes["layers"], width=sizes["width"]
    )
    steps = max(20, round(settings["flops"] / each))
    optimiser = AdamW(model.parameters(), learning_rate=4e-3)
    schedule = partial(cosine_with_warmup, peak=4e-3, warmup=steps // 20, total=steps)
    start = time.perf_counter()
    for _ in train(
        model, optimiser, RandomWindows(ids, context, batch, seed), schedule, steps=steps
    ):
        pass
    took = time.perf_counter() - start
    tests = tokenizer.encode(held_out)
    loss = mean_loss(model, tests)
    size = len(held_out.encode())
    bits = bits_per_byte(loss, len(tests) - 1, held_out)
    spelled, unknown = (0.0, 0)
    if isinstance(tokenizer, WordTokenizer):
        spelled, unknown = spelling(training, held_out, tokenizer)
    generate(model, tests[:8], 2)  # compiles what is not compiled yet
    start = time.perf_counter()
    written = generate(model, tests[:8], settings["generated"], temperature=0.8, rng=seed)
    writing = time.perf_counter() - start
    letters = len(tokenizer.decode(written[8:]).replace(UNKNOWN, "").encode())
    return {
        "vocabulary": len(tokenizer),
        "parameters": model.count_parameters(),
        "bytes a token": size / len(tests),
        "steps": steps,
        "epochs": steps * batch * context / len(ids),
        "loss": loss,
        "bits": bits + spelled / size,
        "bits without spelling": bits,
        "unknown": unknown / len(tests),
        "seconds": took,
        "encoding": len(training.encode()) / encoding / 1e6,
        "writing": letters / writing,
    }


def column(found, name, key):
    """One figure of one tokenizer, for each seed."""
    return [one[name][key] for one in found]


def tables(found):
    """What each tokenizer is, what it reaches, and how fast it is."""
    quality = Table(
        (
            "tokens",
            "vocabulary",
            "bytes a token",
            "parameters",
            "epochs",
            "nats a token",
            "bits a byte",
        )
    )
    speed = Table(
        ("tokens", "training the tokenizer: s", "encoding: MB/s", "training: s", "writing: bytes/s")
    )
    for name, first in found[0].items():
        of = partial(column, found, name)
        quality.rows.append(
            (
                name,
                f"{first['vocabulary']:,}",
                f"{first['bytes a token']:.2f}",
                f"{first['parameters']:,}",
                f"{first['epochs']:.2f}",
                spread(of("loss")),
                spread(of("bits")),
            )
        )
        speed.rows.append(
            (
                name,
                spread(of("training of the tokenizer"), 2),
                spread(of("encoding"), 1),
                spread(of("seconds"), 1),
                spread(of("writing"), 0),
            )
        )
    return [quality, speed]


def draw(figure, found):
    """Draw bits a byte over the size of the vocabulary."""
    axes = figure.subplots()
    for i, name in enumerate(("characters", "words")):
        axes.scatter(
            column(found, name, "vocabulary"),
            column(found, name, "bits"),
            marker="s^"[i],
            color=f"C{i + 1}",
            label=name if name == "characters" else "words, unknown ones spelled out",
        )
    names = [name for name in found[0] if name.startswith("BPE")]
    sizes = [found[0][name]["vocabulary"] for name in names]
    bits = [column(found, name, "bits") for name in names]
    axes.plot(sizes, [sum(b) / len(b) for b in bits], color="C0", marker="o", label="BPE")
    axes.fill_between(sizes, [min(b) for b in bits], [max(b) for b in bits], color="C0", alpha=0.2)
    axes.set(xscale="log", xlabel="tokens in the vocabulary", ylabel="bits a byte")
    axes.legend()


def verdict(found):
    """Subwords must beat characters and words in each seed; see docs/experiments/tokenizers.md."""
    names = [name for name in found[0] if name.startswith("BPE")]
    best = min(names, key=lambda name: sum(column(found, name, "bits")))
    bpe, characters, words = (column(found, n, "bits") for n in (best, "characters", "words"))
    wins = [
        all(b < other for b, other in zip(bpe, others, strict=True))
        for others in (characters, words)
    ]
    largest = column(found, names[-1], "bits")
    return Verdict(
        HELD if all(wins) else IN_PART if any(wins) else NOT_HELD,
        f"The best subwords, {best}, need {spread(bpe)} bits a byte, characters "
        f"{spread(characters)}, words {spread(words)} with unknown ones spelled out. With the most "
        f"merges, {names[-1]}, it is {spread(largest)}.",
    )


EXPERIMENT = Experiment(
    name="tokenizers",
    claim="Subwords lie between characters and words, and are better than both.",
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
