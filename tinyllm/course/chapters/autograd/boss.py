"""The boss of chapter 1: three uses of what the chapter wrote.

Values learn XOR; finite differences are held to a network's backward; and that network, made of
+, * and @ for the most part, learns to guess the next character of a real text.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import tinyllm
from tinyllm import Tensor, no_grad, ops
from tinyllm.autograd import finite_difference, small
from tinyllm.course.exercise import Points
from tinyllm.nn import Parameter
from tinyllm.text import CharTokenizer, RandomWindows, load_text, split
from tinyllm.train import AdamW
from tinyllm.types import FLOAT, Array

CONTEXT, EMBEDDING, HIDDEN = 8, 16, 128
STEPS, BATCH = 2000, 64


def run(say: Callable[[str], None]) -> Points:
    """Run all three; the points are the third one's validation loss."""
    learn_xor(say)
    text, _ = load_text("python-topics")
    tokenizer = CharTokenizer.train(text)
    train_ids, validation_ids = split(tokenizer.encode(text))
    with tinyllm.backend("numpy"):
        compare_with_differences(say)
        return learn_text(
            Network(len(tokenizer), EMBEDDING, HIDDEN), train_ids, validation_ids, say
        )


# -------------------------------------------------------------------- numbers: the small engine
def learn_xor(say: Callable[[str], None], hidden: int = 4, steps: int = 1000) -> float:
    """Train a network of single numbers on XOR, by plain gradient descent."""
    random = np.random.default_rng(1)
    first = [[small.Value(x) for x in row] for row in random.normal(size=(hidden, 3))]
    second = [small.Value(x) for x in random.normal(size=hidden + 1)]
    examples = [(x, y, float(x != y)) for x in (0, 1) for y in (0, 1)]
    loss = small.Value(0.0)
    for step in range(1, steps + 1):
        loss = small.Value(0.0)
        for x, y, target in examples:
            output = second[-1]
            for (to_x, to_y, bias), weight in zip(first, second, strict=False):
                output = output + weight * (to_x * x + to_y * y + bias).tanh()
            loss = loss + (output + -target) ** 2
        loss.backward()
        for value in [value for row in (*first, second) for value in row]:
            value.data -= 0.1 * value.grad
        if step in (1, steps):
            say(f"XOR, single numbers: step {step:>4}, squared error {loss.data:.4f}")
    return loss.data


# -------------------------------------------------------------------- arrays: a network on text
class Network:
    """The characters before -> scores of the next one. A gate lets products through, or not.

    Source:  without the gate: Bengio et al. 2003, A Neural Probabilistic Language Model
    """

    def __init__(self, vocabulary: int, embedding: int, hidden: int) -> None:
        random = np.random.default_rng(0)
        inputs = CONTEXT * embedding

        def drawn(rows: int, columns: int) -> Parameter:
            return Parameter((random.normal(size=(rows, columns)) / rows**0.5).astype(FLOAT))

        self.table = Parameter(random.normal(size=(vocabulary, embedding)).astype(FLOAT))
        self.content, self.gate = drawn(inputs, hidden), drawn(inputs, hidden)
        self.scores = drawn(hidden, vocabulary)
        self.biases = [Parameter(np.zeros(n, FLOAT)) for n in (hidden, hidden, vocabulary)]

    @property
    def parameters(self) -> list[Parameter]:
        """All that is trained."""
        return [self.table, self.content, self.gate, self.scores, *self.biases]

    def loss(self, ids: Array, targets: Array) -> Tensor:
        """ids (B, T), targets (B) -> mean loss."""
        x = ops.embedding(self.table, ids).reshape(len(ids), -1)
        content = ops.tanh(x @ self.content + self.biases[0])
        gate = ops.sigmoid(x @ self.gate + self.biases[1])
        return ops.cross_entropy(content * gate @ self.scores + self.biases[2], targets)


def compare_with_differences(say: Callable[[str], None]) -> float:
    """Hold the gradient of a small network's matrix to finite differences."""
    network, random = Network(5, 2, 3), np.random.default_rng(2)
    ids, targets = random.integers(0, 5, (4, CONTEXT)), random.integers(0, 5, 4)
    start = network.scores.data.astype(np.float64)
    for p in network.parameters:
        p.data = p.data.astype(np.float64)

    def loss_at(x: Array) -> float:
        network.scores.data = x
        return network.loss(ids, targets).item()

    slopes = finite_difference.central_differences(loss_at, start)
    network.scores.data = start
    network.loss(ids, targets).backward()
    assert network.scores.grad is not None
    apart = float(np.abs(network.scores.grad - slopes).max())
    say(f"backward and finite differences: at most {apart:.1e} apart")
    return apart


def learn_text(
    network: Network,
    train_ids: Array,
    validation_ids: Array,
    say: Callable[[str], None],
    steps: int = STEPS,
) -> Points:
    """Train; return the validation loss after each tenth of the steps."""
    optimiser = AdamW(network.parameters, 3e-3)
    batches = RandomWindows(train_ids, CONTEXT, BATCH, rng=0)
    held_out, answers = next(RandomWindows(validation_ids, CONTEXT, 2000, rng=0))
    points = []
    for step in range(1, steps + 1):
        ids, targets = next(batches)
        optimiser.learning_rate = 3e-3 * (1 - step / (steps + 1))
        optimiser.zero_grad()
        network.loss(ids, targets[:, -1]).backward()
        optimiser.step()
        if step % max(1, steps // 10) == 0:
            with no_grad():
                loss = network.loss(held_out, answers[:, -1]).item()
            points.append((float(step), float(np.round(loss, 6))))
            say(f"step {step:>4} of {steps}: {loss:.3f} nats a character")
    return points
