"""Three recurrent cells learn the same text: what each has learnt, and how far back it reaches.

The state is carried from batch to batch: each row of a batch goes on where it ended before.
docs/models/recurrent.md explains what a state is, and why there are gates.
"""

from functools import partial

import numpy as np

from tinyllm import ops
from tinyllm.decoding import generate
from tinyllm.evaluation import mean_loss
from tinyllm.models import RNNLM, RNNConfig
from tinyllm.text import CharTokenizer, Streams, load_text, split
from tinyllm.train import AdamW, cosine_with_warmup, train

STEPS, BATCH, CONTEXT, WIDTH = 200, 12, 32, 96

text, _ = load_text("python-topics")
tokenizer = CharTokenizer.train(text)
train_ids, validation_ids = split(tokenizer.encode(text))
schedule = partial(cosine_with_warmup, peak=0.01, warmup=10, total=STEPS)


def learn(cell):
    """Train a model for a few seconds."""
    config = RNNConfig(vocabulary=len(tokenizer), context=CONTEXT, cell=cell, layers=1, width=WIDTH)
    model = RNNLM(config, rng=0)
    read = partial(model, caches=model.new_caches())  # the caches carry the state
    optimiser = AdamW(model.parameters(), learning_rate=0.01)
    batches = Streams(train_ids, context=CONTEXT, batch=BATCH)
    for _ in train(read, optimiser, batches, schedule, steps=STEPS):
        pass
    return model


def reach(model, distance):
    """How long the gradient is that a loss at the last place sends to the vector so far back."""
    ids = validation_ids[None, : distance + 1]
    x = model.tokens(ids)
    x.retain_grad()  # else only parameters keep theirs
    states, _ = model.recurrent(x)
    logits = ops.linear(states[:, -1], model.tokens.weight.T, model.bias)
    ops.cross_entropy(logits, validation_ids[None, distance + 1]).backward()
    return np.linalg.norm(x.grad[0, 0])


print("cell  parameters  nats a character  gradient that reaches 1, 10 and 30 steps back")
for cell in ("rnn", "gru", "lstm"):
    model = learn(cell)
    loss = mean_loss(model, validation_ids, most=20_000)
    lengths = "  ".join(f"{reach(model, distance):.0e}" for distance in (1, 10, 30))
    print(f"{cell:<4}  {model.count_parameters():>10,}  {loss:>16.3f}  {lengths}")

print("\nThe LSTM goes on with a text; its state is all that it knows of what came before:")
ids = generate(model, tokenizer.encode("The "), 120, temperature=0.6, rng=1)
print(tokenizer.decode(ids))
