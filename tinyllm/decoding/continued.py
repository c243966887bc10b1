"""Continued: lets an encoder-decoder go on with a text, as it was trained to on plain text.

Leaves out: translation (translate.py), where source and target are two texts.
"""

from __future__ import annotations

import numpy as np

from tinyllm.evaluation.loss import evaluating
from tinyllm.models import EncoderDecoder
from tinyllm.types import Array


class Continued:
    """`next_scores` of an encoder-decoder: it reads the last T tokens, and writes the T after them.

    When T are written, these are what it reads next. The decoder's first token is the last one that
    the encoder has read. T is the model's context.

    Shapes:  ids (B, N) -> scores (B, V) of the next token
    """

    def __init__(self, model: EncoderDecoder) -> None:
        self.model = model
        self.before = np.zeros((0, 0), np.int64)  # the texts, as far as the encoder has read

    def next_scores(self, ids: Array) -> Array:
        """Score what comes after texts that only grow; others are read anew."""
        context = self.model.config.context
        read = self.before.shape[1]
        grown = np.array_equal(ids[:, :read], self.before)
        if not read or not grown or ids.shape[1] >= read + context:
            self.before, read = ids, ids.shape[1]
            self.bound = self.model.bind(ids[:, -context:])
        with evaluating(self.model):
            return self.bound(ids[:, read - 1 :]).data[:, -1]
