"""One Transformer, three architectures: each learns its own task on the same texts.

The texts are places in a row that goes round: 7 8 9 3 4. docs/models/three-architectures.md says
what differs. All three have the same configuration; it takes some seconds.
"""

import numpy as np

from tinyllm import no_grad, ops
from tinyllm.decoding import generate
from tinyllm.models import DecoderOnly, EncoderDecoder, EncoderOnly, TransformerConfig
from tinyllm.models.masks import ARCHITECTURES
from tinyllm.train import AdamW, clip_grad_norm

MASK, BEGIN, FIRST, LAST, LENGTH = 1, 2, 3, 9, 5  # 0 is padding; tokens are 3 to 9
CONFIG = TransformerConfig(
    vocabulary=LAST + 1, context=8, layers=2, heads=2, width=32, norm="post", padding=0
)
random = np.random.default_rng(0)


def texts(count=32):
    """Rows like 7 8 9 3 4."""
    start = random.integers(0, LAST - FIRST + 1, (count, 1))
    return (start + np.arange(LENGTH)) % (LAST - FIRST + 1) + FIRST


def learn(model, loss_of, steps=120):
    """Train for a second or two, and say how it went."""
    optimiser = AdamW(model.parameters(), learning_rate=5e-3)
    for step in range(steps):
        optimiser.zero_grad()
        loss = loss_of(texts())
        loss.backward()
        clip_grad_norm(model.parameters(), 1.0)
        optimiser.step()
        if step in (0, steps - 1):
            print(f"  step {step + 1:>3}: loss {loss.item():.3f}")


print("Who may look at whom, for 3 + 2 tokens: rows look at columns")
for name, architecture in ARCHITECTURES.items():
    rows = ["".join("■" if may else "·" for may in row) for row in architecture.allowed(5, 3)]
    print(f"  {'  '.join(rows)}  {name}")

print("\nEncoder-only fills a gap: it needs what stands before, or what stands behind")
encoder = EncoderOnly(CONFIG, rng=0)


def loss_of_gap(ids):
    gap = random.random(ids.shape) < 0.4
    targets = np.where(gap, ids, -100)  # cross_entropy leaves out -100
    return ops.cross_entropy(encoder(np.where(gap, MASK, ids)), targets)


learn(encoder, loss_of_gap, steps=300)
gaps = np.array([[MASK, MASK, 5, 6, 7], [3, 4, 5, MASK, MASK], [8, MASK, MASK, MASK, 5]])
with no_grad():
    guesses = encoder(gaps).data.argmax(axis=-1)
for row, guess in zip(gaps, guesses, strict=True):
    filled = np.where(row == MASK, guess, row)
    print(f"  {' '.join('?' if token == MASK else str(token) for token in row)} -> {filled}")

print("\nDecoder-only goes on")
decoder = DecoderOnly(CONFIG, rng=0)
learn(decoder, lambda ids: ops.cross_entropy(decoder(ids[:, :-1]), ids[:, 1:]))
print(f"  7 8 -> {generate(decoder, [7, 8], 3, temperature=0)}")

print("\nEncoder-decoder turns a text round: it reads all of it, then writes")
both = EncoderDecoder(CONFIG, rng=0)
learn(both, lambda ids: both.loss(ids, ids[:, ::-1], begin=BEGIN))
source = np.array([[7, 8, 9, 3, 4]])
print(f"  7 8 9 3 4 -> {generate(both.bind(source), [BEGIN], LENGTH, temperature=0)[1:]}")
