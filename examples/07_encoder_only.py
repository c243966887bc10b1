"""An encoder learns from texts without labels, then from labels: does the first help the second?

First some words are hidden, and it guesses them from both sides, as BERT does. Then it gets a new
head, and says from which of four help topics a line comes. Lines that are held out measure both.
docs/models/three-architectures.md explains the model; docs/tasks.md has the same as commands.
"""

from functools import partial
from pydoc_data.topics import topics

import numpy as np

from tinyllm import ops
from tinyllm.evaluation import accuracy
from tinyllm.evaluation.loss import evaluating, loss_over
from tinyllm.models import EncoderOnly, TransformerConfig
from tinyllm.text import LengthBatches, WordTokenizer, by_length, mask_tokens, pad
from tinyllm.train import AdamW, cosine_with_warmup, train

NAMES = ("compound", "debugger", "formatstrings", "types")  # large topics, and unlike
HELD_OUT, CONTEXT = 80, 32  # lines of each topic that measure; words of a line that are read
HIDING, LABELLING, PEAK = 1500, 400, 2e-3  # steps of both kinds; the highest learning rate
random = np.random.default_rng(0)


def lines_of(topic):
    """Return the lines of a topic that have at least four words, each once."""
    lines = (line.strip() for line in topics[topic].splitlines())
    return list(dict.fromkeys(line for line in lines if len(line.split()) >= 4))


held_out, labelled = [], []
for label, name in enumerate(NAMES):
    pairs = [(line, label) for line in random.permutation(lines_of(name)).tolist()]
    held_out, labelled = held_out + pairs[:HELD_OUT], labelled + pairs[HELD_OUT:]
everything = dict.fromkeys(line for topic in topics for line in lines_of(topic))
secret = dict(held_out)  # not even without its label may such a line train
free = [line for line in everything if line not in secret]

tokenizer = WordTokenizer.train(
    "\n".join(free), special=["<pad>", "<mask>"], minimum_count=8, lower=True
)
PADDING, MASK = tokenizer.special["<pad>"], tokenizer.special["<mask>"]
rows, labelled_rows, held_out_rows = (
    [tokenizer.encode(line)[:CONTEXT] for line in lines]
    for lines in (free, dict(labelled), dict(held_out))
)
labels, held_out_labels = (np.array([*dict(pairs).values()]) for pairs in (labelled, held_out))


def batches(rows, make):
    """Put rows of like length together, without end."""
    for places in LengthBatches([len(row) for row in rows], batch=32, rng=0):
        yield make(places, pad([rows[i] for i in places], PADDING)[0])


def hide(_, ids):
    """Hide 15 % of the words: what is read, and what is to be guessed."""
    special = tokenizer.special.values()
    return mask_tokens(ids, random, vocabulary=len(tokenizer), mask=MASK, special=special)


def steps(logits, model, pairs, count):
    """Train, step by step."""
    schedule = partial(cosine_with_warmup, peak=PEAK, warmup=count // 20, total=count)
    return train(logits, AdamW(model.parameters(), PEAK), pairs, schedule, steps=count)


print(f"{len(free):,} lines, {sum(map(len, rows)):,} words, {len(tokenizer)} different ones")
print("\nWhich words are hidden? Loss on held-out lines, in nats a hidden word:")
groups = by_length([len(row) for row in held_out_rows], batch=64)
measuring = [hide(None, pad([held_out_rows[i] for i in group], PADDING)[0]) for group in groups]
shares = np.bincount(np.concatenate(rows), minlength=len(tokenizer)) / sum(map(len, rows))
hidden = np.concatenate([targets[targets >= 0] for _, targets in measuring])
print(f"  {-np.log(shares[hidden]).mean():.3f} for one who only knows how frequent each word is")

config = TransformerConfig(
    vocabulary=len(tokenizer),
    context=CONTEXT,
    layers=2,
    width=64,
    positions="rotary",
    padding=PADDING,
)
encoder = EncoderOnly(config, rng=0)
for step in steps(encoder, encoder, batches(rows, hide), HIDING):
    if step.number % 300 == 0:
        print(f"  {loss_over(encoder, measuring, encoder):.3f} after {step.number:,} steps")

print("What may stand there? <unk> is any rare word.")
for text in ("a list of <mask>", "the value <mask> the object", "the <mask> of the object"):
    before, after = map(tokenizer.encode, text.split("<mask>"))
    ids = np.concatenate([before, [MASK], after])
    with evaluating(encoder):
        chances = ops.softmax(encoder(ids[None])[0, len(before)]).data
    best = np.argsort(-chances)[:4]
    print(f"  {text}: {', '.join(f'{tokenizer.vocabulary[i]} {chances[i]:.0%}' for i in best)}")

print(f"\nFrom which topic is a line? {len(labels):,} lines teach, {len(held_out_labels)} measure:")
for name, start in (("new weights", EncoderOnly(config, rng=1)), ("after hidden words", encoder)):
    model = start.with_classes(len(NAMES), rng=2, pooling="mean")
    pairs = batches(labelled_rows, lambda places, ids: (ids, labels[places]))
    for _ in steps(model.classify, model, pairs, LABELLING):
        pass
    with evaluating(model):
        guesses = [model.classify(row[None]).data.argmax() for row in held_out_rows]
    print(f"  {accuracy(guesses, held_out_labels):.1%} right: {name}")

counts = np.ones((len(NAMES), len(tokenizer)))  # of each word in each topic, and one more
for row, label in zip(labelled_rows, labels, strict=True):
    np.add.at(counts[label], row, 1)
scores = np.log(counts / counts.sum(axis=1, keepdims=True))
guesses = [scores[:, row].sum(axis=1).argmax() for row in held_out_rows]
print(f"  {accuracy(guesses, held_out_labels):.1%} right: counting words (naive Bayes)")
print("With so few lines to measure, a difference of less than 5 points may be luck.")
