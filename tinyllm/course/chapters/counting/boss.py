"""The boss of counting: a real text, counted with orders 1 to 5, and how well each predicts.

The library's functions are called by way of their modules: there the learner's stand in.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tinyllm.course.exercise import Points
from tinyllm.models import counts, full_rows, perplexity
from tinyllm.text import CharTokenizer, load_text, split
from tinyllm.types import Array

ORDERS, K = range(1, 6), 0.1
PREDICTED = 4_000  # characters of the text that was not counted
Grams = dict[tuple[int, ...], int]
Rows = dict[tuple[int, ...], int]  # of each context, its row


def count_text(say: Callable[[str], None]) -> Points:
    """Count Python's help topics; return Kneser-Ney's loss on the rest, for each order."""
    text, _ = load_text("python-topics")
    tokenizer = CharTokenizer.train(text)
    V = len(tokenizer)
    train, validation = split(tokenizer.encode(text))
    validation = validation[: PREDICTED + ORDERS[-1]]
    grams = [counts.count_ngrams(train, order) for order in ORDERS]
    rows = [rows_of(found) for found in grams]
    points = []
    for order in ORDERS:
        asked = ask(validation, order)
        losses = {
            "add-k": loss([add_k(grams, rows, order, V)], rows[order - 1 : order], asked, V),
            "interpolation": interpolated(grams, asked, order, V),
            "Kneser-Ney": loss(kneser_ney(grams, rows, order, V), rows[:order], asked, V),
        }
        told = ", ".join(f"{name} {value:.3f}" for name, value in losses.items())
        say(f"order {order}, {len(grams[order - 1]):>7,} n-grams: {told} nats a character")
        points.append((float(order), round(losses["Kneser-Ney"], 6)))
    return points


def ask(ids: Array, order: int) -> list[tuple[tuple[int, ...], int]]:
    """Cut a text into (context, the token that came); the same tokens for each order."""
    tokens, first = ids.tolist(), ORDERS[-1]
    return [(tuple(tokens[i - order + 1 : i]), tokens[i]) for i in range(first, len(tokens))]


def rows_of(grams: Grams) -> Rows:
    """Give each context that was seen a row, in the order of the text."""
    contexts = dict.fromkeys(gram[:-1] for gram in grams)
    return {context: row for row, context in enumerate(contexts)}


def full(grams: Grams, rows: Rows, V: int) -> Array:
    """Write counts as full rows: (N, V), one for each context."""
    found = np.zeros((len(rows), V), np.int64)
    for gram, count in grams.items():
        found[rows[gram[:-1]], gram[-1]] = count
    return found


def add_k(grams: list[Grams], rows: list[Rows], order: int, V: int) -> Array:
    """P of the next token by add-k: (N, V)."""
    return full_rows.add_k(full(grams[order - 1], rows[order - 1], V), K)


def kneser_ney(grams: list[Grams], rows: list[Rows], order: int, V: int) -> list[Array]:
    """P of the next token by Kneser-Ney, after the contexts of each length."""
    known = [np.full((1, V), 1.0 / V)]
    for length in range(1, order + 1):
        longest = length == order
        found = grams[length - 1] if longest else counts.count_continuations(grams[length])
        below = [rows[length - 2][h[1:]] for h in rows[length - 1]] if length > 1 else [0]
        rows_of_counts = full(found, rows[length - 1], V)
        known.append(full_rows.kneser_ney(rows_of_counts, known[-1][below]))
    return known[1:]


def loss(
    known: list[Array], rows: list[Rows], asked: list[tuple[tuple[int, ...], int]], V: int
) -> float:
    """Log of the perplexity: the longest context that is known says how likely a token is."""
    logs = []
    for context, token in asked:
        likely = 1.0 / V
        for P, row in zip(known[::-1], rows[::-1], strict=True):
            if context in row:
                likely = float(P[row[context], token])
                break
            context = context[1:]
        logs.append(math.log(likely))
    return math.log(perplexity.perplexity(np.array(logs)))


def interpolated(
    grams: list[Grams], asked: list[tuple[tuple[int, ...], int]], order: int, V: int
) -> float:
    """Log of the perplexity by interpolation; each length weighs twice what the shorter does."""
    contexts = list(dict.fromkeys(context for context, _ in asked))
    weights = np.append(0.01, 2.0 ** np.arange(order))
    stacked = np.zeros((order, len(contexts), V), np.int64)
    for n in range(order):
        for i, context in enumerate(contexts):
            h = context[len(context) - n :]
            stacked[n, i] = [grams[n].get((*h, token), 0) for token in range(V)]
    P = full_rows.interpolation(stacked, weights / weights.sum())
    row = {context: i for i, context in enumerate(contexts)}
    logs = np.array([math.log(P[row[context], token]) for context, token in asked])
    return math.log(perplexity.perplexity(logs))
