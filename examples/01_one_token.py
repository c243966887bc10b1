"""One token on its way through the whole system, from text to text, with the shape of every stage.

The sizes are small and all different, so that each number in a shape can be told from the others.
docs/walk.md goes the same way through the source.
"""

import numpy as np

from tinyllm import no_grad, ops
from tinyllm.decoding import generate, temperature, top_k
from tinyllm.models import DecoderOnly, TransformerConfig
from tinyllm.text import CharTokenizer, RandomWindows
from tinyllm.train import AdamW, clip_grad_norm

TEXT = "the quick brown fox jumps over the lazy dog; " * 4
B, T, H, D, C, CONTEXT = 2, 5, 3, 4, 12, 8  # C = H D


def title(text):
    print(f"\n{text}")


def show(what, value, file=""):
    """Print one line: what there is, its shape or what it says, the file (else: the one above)."""
    shape = str(value.shape) if hasattr(value, "shape") else value
    print(f"  {what:<35} {shape:<16} {file}".rstrip())


title("Text to ids")
tokenizer = CharTokenizer.train(TEXT)
V = len(tokenizer)
ids = tokenizer.encode(TEXT)
show("sizes", f"B={B} T={T} H={H} D={D} C={C} V={V}")
show("the text", f"{len(TEXT)} characters")
show("ids, one a character", ids, "text/characters.py")

title("Ids to a batch")
inputs, targets = next(RandomWindows(ids, context=T, batch=B, rng=1))
show("inputs (B, T)", inputs, "text/corpus.py")
show("targets (B, T): one place further", targets)
token, target = inputs[0, -1], targets[0, -1]  # the one we follow: the last of the first window
before, after = tokenizer.decode(inputs[0]), tokenizer.decode([target])
show("the first window", f"{before!r}, after it comes {after!r}")
show("our token, its last", f"{before[-1]!r} = id {token}")

model = DecoderOnly(
    TransformerConfig(vocabulary=V, context=CONTEXT, layers=1, heads=H, width=C), rng=0
)
optimiser = AdamW(model.parameters(), learning_rate=0.01)
block = model.blocks[0]
attention, mlp = block.attention.branch, block.mlp.branch

title("Ids to vectors")
show("table of tokens (V, C)", model.tokens.weight, "nn/embedding.py")
show("table of positions (CONTEXT, C)", model.positions.weight)
x = model.tokens(inputs) + model.positions(np.arange(T))
show("token + position (B, T, C)", x, "models/decoder_only.py")

title("The block, first half: positions look at each other")
normed = block.attention.norm(x)
show("layer norm (B, T, C)", normed, "nn/norm.py")
qkv = attention.qkv(normed)
show("query, key, value (B, T, 3 C)", qkv, "nn/linear.py")
q, k, v = ops.split_heads(qkv, (attention.heads,) * 3)
show("query in heads (B, H, T, D)", q, "ops/heads.py")
show("key in heads (B, H, T, D)", k)
show("value in heads (B, H, T, D)", v)
mixed = ops.scaled_dot_product_attention(q, k, v, causal=True)
show("mean of the values (B, H, T, D)", mixed, "ops/attention.py")
merged = ops.merge_heads(mixed)
show("heads side by side (B, T, C)", merged, "ops/heads.py")
x = x + attention.output(merged)
show("+ output projection (B, T, C)", x, "nn/residual.py")

title("The block, second half: each position by itself")
hidden = ops.gelu(mlp.up(block.mlp.norm(x)), approximate="tanh")
show("layer norm, up, GELU (B, T, 4 C)", hidden, "nn/mlp.py")
x = x + mlp.down(hidden)
show("+ down again (B, T, C)", x, "nn/residual.py")

title("Vectors to scores")
logits = ops.linear(model.norm(x), model.tokens.weight.T)
show("logits (B, T, V)", logits, "models/decoder_only.py")
show("differ from model(inputs) by", f"{abs(logits.data - model(inputs).data).max():.0e}")

title("Scores to a loss, and back")
logits.retain_grad()  # only parameters keep their gradient otherwise
loss = ops.cross_entropy(logits, targets)
show("cross-entropy, a scalar", loss, "ops/cross_entropy.py")
show("its value; who knows nothing: ln V", f"{loss.item():.3f}; {np.log(V):.3f}")
loss.backward()
show("d loss / d logits (B, T, V)", logits.grad, "autograd/engine.py")
show("d loss / d norm's weight (C)", model.norm.weight.grad)
show("d loss / d down (4 C, C)", mlp.down.weight.grad)
show("d loss / d qkv (C, 3 C)", attention.qkv.weight.grad)
show("d loss / d token table (V, C)", model.tokens.weight.grad)

title("One step of training")
length = clip_grad_norm(model.parameters(), 1.0)
show("length of all gradients together", f"{length:.3f}", "train/optimisers.py")
row = model.tokens.weight.data[token].copy()
optimiser.step()
moved = abs(model.tokens.weight.data[token] - row)
show("our token's row of the table (C)", row, "kernels/adamw.py")
show("each of its numbers moved by", f"{moved.min():.4f} to {moved.max():.4f}")

title("Scores to the next token")
with no_grad():
    scores = model(inputs[:1]).data[:, -1]
show("scores after the window (1, V)", scores, "decoding/generate.py")
better = ops.softmax(scores).data[0, target]
start = ops.softmax(logits).data[0, -1, target]
show(f"probability of {after!r}", f"{start:.3f} -> {better:.3f}", "ops/softmax.py")
kept = top_k(temperature(scores, 0.8), 6)
show("tokens that top_k leaves", f"{np.isfinite(kept).sum()} of {V}", "decoding/filters.py")
new = generate(model, inputs[0], 1, temperature=0.8, top_k=6, rng=0)
show("window, one token drawn (T + 1)", new, "decoding/generate.py")
show("ids to text", f"{tokenizer.decode(new)!r}", "text/characters.py")
