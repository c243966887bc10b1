"""What an encoder says about a text: its label, or which words were hidden.

Who calls it: `tinyllm generate`.
"""

from __future__ import annotations

import numpy as np

from tinyllm.autograd.grad_mode import no_grad
from tinyllm.errors import DataError
from tinyllm.kernels import softmax
from tinyllm.models import EncoderOnly
from tinyllm.text import Tokenizer
from tinyllm.text.special import MASK
from tinyllm.types import Array

MOST = 5  # guesses for each hidden word


def label_of(model: EncoderOnly, tokenizer: Tokenizer, text: str, names: list[str]) -> list[str]:
    """Return a line for each label, the likeliest first: "93.1 %  location"."""
    ids = checked(model, tokenizer.encode(text))
    model.eval()
    with no_grad():
        shares = softmax.forward_numpy(model.classify(ids).data)[0]  # (K,)
    return [f"{shares[k]:6.1%}  {names[k]}" for k in np.argsort(-shares)]


def hidden_words(model: EncoderOnly, tokenizer: Tokenizer, text: str) -> list[str]:
    """Return a line for each <mask> in the text: what may stand there, and how likely it is.

    Raises:    DataError if there is no <mask>
    """
    if MASK not in text:
        raise DataError(
            f"generate: an encoder guesses hidden words; the prompt needs {MASK} where one is. "
            f'Hint: --prompt "the film was {MASK} ."'
        )
    mask = tokenizer.special[MASK]
    parts = [tokenizer.encode(part) for part in text.split(MASK)]
    ids = parts[0]
    for part in parts[1:]:
        ids = np.concatenate([ids, [mask], part])
    model.eval()
    with no_grad():
        scores = model(checked(model, ids)).data[0]  # (T, V)
    scores[:, list(tokenizer.special.values())] = -np.inf  # none of them is ever a target
    shares = softmax.forward_numpy(scores)  # (T, V)
    lines = []
    for place in np.flatnonzero(ids == mask):
        best = np.argsort(-shares[place])[:MOST]
        lines.append(", ".join(f"{tokenizer.decode([i])!r} {shares[place, i]:.0%}" for i in best))
    return lines


def checked(model: EncoderOnly, ids: Array) -> Array:
    """Make a batch of one text (1, T).

    Raises:    DataError if it has no token, or more than the context
    """
    if not 1 <= len(ids) <= model.config.context:
        raise DataError(
            f"generate: the prompt must have 1 to {model.config.context} tokens; got {len(ids)}."
        )
    return ids[None]
