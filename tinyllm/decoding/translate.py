"""From texts to texts with an encoder-decoder: a translation, or whatever else it has learnt.

Leaves out: the search itself (generate.py, beam.py). Who calls it: `tinyllm generate`, evaluation.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from tinyllm.decoding.beam import beam_search
from tinyllm.decoding.generate import generate
from tinyllm.errors import DataError, OptionError
from tinyllm.models import EncoderDecoder
from tinyllm.text import Tokenizer, by_length, pad
from tinyllm.text.special import BEGIN, END, PADDING
from tinyllm.types import Array


def translate(
    model: EncoderDecoder,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    *,
    beams: int = 1,
    max_new_tokens: int | None = None,
    batch: int = 64,
) -> list[str]:
    """Translate texts. Each is read up to the model's context; </s> ends what is written.

    tokenizer:       has the special tokens <pad>, <s>, </s>, as one of `tinyllm train --task
                     translate` has
    beams:           1 is greedy, and takes `batch` texts at a time
    max_new_tokens:  None: as far as the context goes
    Raises:  DataError for a tokenizer without these tokens; OptionError if beams is below 1
    """
    if beams < 1:
        raise OptionError(f"translate: beams must be at least 1; got {beams}.")
    padding, begin, end = special_ids(tokenizer)
    room = model.config.context - 1
    most = room if max_new_tokens is None else min(max_new_tokens, room)
    rows = sources_of(tokenizer, texts, model.config.context)
    if beams > 1:
        start = np.array([begin])
        best = [
            beam_search(model.bind(row[None]), start, most, beams=beams, stop=end)[0].ids
            for row in rows
        ]
        return [written(tokenizer, ids, end) for ids in best]
    found = [""] * len(rows)
    for places in by_length([len(row) for row in rows], batch) if rows else []:
        sources, _ = pad([rows[i] for i in places], padding)  # (B, S)
        start = np.full((len(places), 1), begin)
        ids = generate(model.bind(sources), start, most, temperature=0, stop=end)
        for place, row in zip(places, ids, strict=True):
            found[place] = written(tokenizer, row, end)
    return found


def special_ids(tokenizer: Tokenizer) -> list[int]:
    """Return the ids of <pad>, <s> and </s>.

    Raises:  DataError if the tokenizer lacks one
    """
    missing = [name for name in (PADDING, BEGIN, END) if name not in tokenizer.special]
    if missing:
        raise DataError(
            f"translate: the tokenizer must have {PADDING}, {BEGIN} and {END}; it lacks "
            f"{', '.join(missing)}. Hint: tinyllm train --task translate makes one."
        )
    return [tokenizer.special[name] for name in (PADDING, BEGIN, END)]


def sources_of(tokenizer: Tokenizer, texts: Sequence[str], context: int) -> list[Array]:
    """Turn texts into what the encoder reads: ids, then </s>. What is too long is cut, and said."""
    rows = [np.append(tokenizer.encode(text), tokenizer.special[END]) for text in texts]
    long = sum(len(row) > context for row in rows)
    if long:
        what = f"{long} of {len(rows)} texts are" if len(rows) > 1 else "the text is"
        rule = f"longer than the context, {context} tokens: the end is not read."
        warnings.warn(f"{what} {rule}", stacklevel=3)
    return [row[:context] for row in rows]


def written(tokenizer: Tokenizer, ids: Array, end: int) -> str:
    """Turn what a decoder wrote into a text: without <s> before it, and </s> and what comes after.

    Special tokens in between, which a model may write too, are left out.
    """
    ids = ids[1:]
    ends = np.flatnonzero(ids == end)
    text = ids[: ends[0]] if ends.size else ids
    return tokenizer.decode(text[~np.isin(text, list(tokenizer.special.values()))])
