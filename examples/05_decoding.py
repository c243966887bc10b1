"""What each way of decoding does to a distribution, and to the text that comes out.

Writes decoding.png: a context after which the model is sure, and one after which much is possible.
docs/decoding.md explains the methods. Counts are the model, because they are ready in a second.
"""

import matplotlib as mpl
import numpy as np

from tinyllm import decoding
from tinyllm.decoding import beam_search, generate
from tinyllm.models import NGramLM
from tinyllm.text import CharTokenizer, load_text

mpl.use("agg")  # a file, no window
from matplotlib import pyplot as plt

CONTEXTS = ("the value of ", "The ")
FILTERS = {  # title: what it does to logits
    "as they are": lambda logits: logits,
    "temperature 0.5": lambda logits: decoding.temperature(logits, 0.5),
    "temperature 2": lambda logits: decoding.temperature(logits, 2.0),
    "top-k 5": lambda logits: decoding.top_k(logits, 5),
    "top-p 0.8": lambda logits: decoding.top_p(logits, 0.8),
    "min-p 0.2": lambda logits: decoding.min_p(logits, 0.2),
}
SHOWN = 20  # tokens in a plot

text, _ = load_text("python-topics")
tokenizer = CharTokenizer.train(text)
model = NGramLM(6, len(tokenizer)).fit(tokenizer.encode(text))


def softmax(logits):
    """Give the probabilities; a token with -inf has none."""
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


print(f"How many of {len(tokenizer)} characters can be drawn, and how likely the best is")
print(f"{'':<16}", *(f"{context!r:>20}" for context in CONTEXTS))
figure, panels = plt.subplots(
    len(FILTERS), len(CONTEXTS), figsize=(9, 11), sharey="col", layout="constrained"
)
for row, (title, refine) in zip(panels, FILTERS.items(), strict=True):
    cells = []
    for panel, context in zip(row, CONTEXTS, strict=True):
        logits = model.next_scores(tokenizer.encode(context)[None])[0]
        before, after = softmax(logits), softmax(refine(logits))
        best = np.argsort(-before)[:SHOWN]
        names = [repr(tokenizer.vocabulary[i])[1:-1] for i in best]
        panel.bar(range(SHOWN), before[best], color="lightgrey")
        panel.bar(range(SHOWN), after[best], width=0.5, color="tab:blue")
        panel.set_xticks(range(SHOWN), names)
        panel.set_title(f"{title}, after {context!r}", fontsize=9)
        cells.append(f"{(after > 0).sum():>12} {after.max():>7.3f}")
    print(f"{title:<16}", *cells)
figure.supylabel("probability: grey before, blue after")
figure.savefig("decoding.png", dpi=90)

print("\nThe same prompt, the same seed:")
prompt = tokenizer.encode("The ")
WAYS = {
    "sampled": {},
    "temperature 0.5": {"temperature": 0.5},
    "top-p 0.8": {"top_p": 0.8},
    "min-p 0.2": {"min_p": 0.2},
    "greedy": {"temperature": 0},
}
for name, options in WAYS.items():
    print(f"{name:<16} {tokenizer.decode(generate(model, prompt, 60, rng=1, **options))!r}")

print("\nThe likeliest 40 characters that so many beams find, and log P of them:")
for beams in (1, 2, 4, 8, 16, 32):
    (best,) = beam_search(model, prompt, 40, beams=beams, length_penalty=0)
    print(f"{beams:>2} {best.score:>7.2f} nats {tokenizer.decode(best.ids)!r}")
