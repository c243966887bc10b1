"""Counting as a language model: what it sees, what each method makes of it, and what it writes.

The text is one that every Python carries. docs/models/ngram.md explains the methods.
"""

import numpy as np

from tinyllm.decoding import generate
from tinyllm.models import NGramLM
from tinyllm.models.counts import count_ngrams
from tinyllm.text import CharTokenizer, load_text, split

METHODS = {  # name: options
    "maximum-likelihood": {},
    "add-k": {"k": 0.1},
    "stupid-backoff": {},
    "interpolation": {},
    "kneser-ney": {},
}
ORDERS = (1, 2, 3, 4, 5, 6)

text, _ = load_text("python-topics")
text = text[:200_000]
tokenizer = CharTokenizer.train(text)
V = len(tokenizer)
train, validation = split(tokenizer.encode(text))
print(f"{len(train):,} characters to count, {len(validation):,} to predict, {V} different ones\n")

print("After 'th', how often each character stands, and how likely Kneser-Ney finds it:")
before = tokenizer.encode("th")
grams = count_ngrams(train, length=3)
counts = np.array([grams.get((*before.tolist(), token), 0) for token in range(V)])
likely = NGramLM(3, V).fit(train).probabilities(before)
for token in np.argsort(-counts)[:5]:
    print(f"  {tokenizer.decode([token])!r:<5} {counts[token]:>6,} {likely[token]:>8.4f}")
print(f"  {np.sum(counts == 0)} never {likely[counts == 0].sum():>8.4f} together\n")

print("Loss in nats a character, on text that was not counted; inf: something got probability 0")
print(f"{'order':<20}", *(f"{order:>6}" for order in ORDERS))
for method, options in METHODS.items():
    models = [NGramLM(order, V, method, **options).fit(train) for order in ORDERS]
    losses = [model.loss(validation, context_before=train) for model in models]
    print(f"{method:<20}", *(f"{loss:>6.3f}" for loss in losses))

print("\nWhat counts write, one more character of context each time:")
for order in ORDERS:
    model = NGramLM(order, V).fit(train)
    ids = generate(model, tokenizer.encode("The "), 60, temperature=0.8, rng=1)
    print(f"{order}: {tokenizer.decode(ids)!r}")
