"""An encoder-decoder puts the vowels back: it reads "rtrns th", and writes "returns the".

The texts are pairs of words from Python's help. Source and target differ in length, and where a
vowel belongs depends on all of the word. So one model reads, and another writes what it has read.
docs/models/three-architectures.md explains both; docs/tasks.md has the commands for translations.
"""

import re
from collections import Counter
from functools import partial

import numpy as np

from tinyllm.decoding import translate
from tinyllm.evaluation.loss import loss_over
from tinyllm.models import EncoderDecoder, TransformerConfig
from tinyllm.models.encoder_decoder import shift_right
from tinyllm.text import CharTokenizer, LengthBatches, by_length, load_text, pad, padding_share
from tinyllm.train import AdamW, cosine_with_warmup, train
from tinyllm.types import NO_TARGET

STEPS, BATCH, HELD_OUT, PEAK = 1500, 32, 300, 6e-3


def without_vowels(text):
    """Take a, e, i, o, u away: "returns the" -> "rtrns th"."""
    return re.sub("[aeiou]", "", text)


text, _ = load_text("python-topics")
texts = list(dict.fromkeys(re.findall(r"\b[a-z]{2,} [a-z]{2,}\b", text)))  # each one once
texts = [texts[i] for i in np.random.default_rng(0).permutation(len(texts))]
held_out, texts = texts[:HELD_OUT], texts[HELD_OUT:]

tokenizer = CharTokenizer.train("\n".join(texts), special=["<pad>", "<s>", "</s>"])
PADDING, BEGIN, END = (tokenizer.special[name] for name in ("<pad>", "<s>", "</s>"))


def pairs_of(targets):
    """Make ids of sources and targets; each ends with </s>, which says that all is said."""
    sides = map(without_vowels, targets), targets
    return [[np.append(tokenizer.encode(text), END) for text in side] for side in sides]


def batch_of(pairs, places):
    """Make one batch: what the encoder reads, what the decoder is given, what it has to say."""
    sources, _ = pad([pairs[0][i] for i in places], PADDING)
    targets, mask = pad([pairs[1][i] for i in places], PADDING)
    given = shift_right(targets, BEGIN)  # teacher forcing: the right token before each place
    return (sources, given), np.where(mask, targets, NO_TARGET)


def show(row):
    """Write ids as tokens with blanks between; a blank of the text is an underscore."""
    names = ["" if i == NO_TARGET else tokenizer.vocabulary[i] for i in row]
    return " ".join("_" if name == " " else name for name in names)


pairs, held_out_pairs = pairs_of(texts), pairs_of(held_out)
(sources, given), targets = batch_of(pairs, [0])
print(f"{len(texts):,} texts train, {HELD_OUT} are held out. One of them:")
print(f"  the encoder reads    {show(sources[0])}")
print(f"  the decoder is given {show(given[0])}")
print(f"  and has to say       {show(targets[0])}")

lengths = np.array([[len(source), len(target)] for source, target in zip(*pairs, strict=True)])
batches = LengthBatches(lengths, BATCH, rng=0)
cuts = range(BATCH, len(lengths), BATCH)
shuffled = np.split(np.random.default_rng(0).permutation(len(lengths)), cuts)
print(
    f"Padding in batches of {BATCH}: {padding_share(lengths, shuffled):.1%} at random, "
    f"{padding_share(lengths, by_length(lengths, BATCH)):.1%} by length"
)

config = TransformerConfig(
    vocabulary=len(tokenizer),
    context=int(max(map(len, pairs[1] + held_out_pairs[1]))),
    layers=1,
    heads=4,
    width=64,
    positions="rotary",
    padding=PADDING,
)
model = EncoderDecoder(config, rng=0)
held_out_batches = [
    batch_of(held_out_pairs, places) for places in by_length([*map(len, held_out_pairs[1])], 64)
]
print(f"\n{model.count_parameters():,} parameters; loss on held-out texts, in nats a character:")
for step in train(
    lambda inputs: model(*inputs),
    AdamW(model.parameters(), PEAK),
    (batch_of(pairs, places) for places in batches),
    partial(cosine_with_warmup, peak=PEAK, warmup=STEPS // 10, total=STEPS),
    steps=STEPS,
    label_smoothing=0.1,  # a tenth of each target is spread over all characters
):
    if step.number == 1 or step.number % (STEPS // 6) == 0:
        loss = loss_over(model, held_out_batches, lambda inputs: model(*inputs))
        print(f"  step {step.number:>4}: {loss:.3f}")

read = [without_vowels(text) for text in held_out]
written = translate(model, tokenizer, read)
print(f"\n{'read':<16} {'written':<20} right")
for row in list(zip(read, written, held_out, strict=True))[:8]:
    print("{:<16} {:<20} {}".format(*row))

counts = Counter(word for text in texts for word in text.split())
table = {without_vowels(word): word for word, _ in reversed(counts.most_common())}
right = {"words": [], "words that were never seen": []}
for text, ours in zip(held_out, written, strict=True):
    said = dict(enumerate(ours.split()))
    for place, word in enumerate(text.split()):
        verdict = said.get(place) == word, table.get(without_vowels(word)) == word
        right["words"].append(verdict)
        if word not in counts:
            right["words that were never seen"].append(verdict)
print("\nRight words: by the model, and by a table of words, the most frequent one first:")
for name, verdicts in right.items():
    ours, tables = np.mean(verdicts, axis=0)
    print(f"  {ours:.0%} and {tables:.0%} of {len(verdicts)} {name}")
kept = np.mean([given == without_vowels(ours) for given, ours in zip(read, written, strict=True)])
print(f"In {kept:.0%} of the texts all consonants are there, in their order, and nothing more.")
