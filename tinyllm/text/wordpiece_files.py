"""A WordPieceTokenizer on disk: as Hugging Face's tokenizer.json, or as BERT's vocab.txt.

Leaves out: tokenizers that change or cut a text otherwise than BERT. Who calls it: `save` and
`load` in wordpiece.py.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tinyllm.errors import CheckpointError
from tinyllm.files import write_json
from tinyllm.text.hugging_face import (
    HEAD,
    File,
    added_tokens,
    read_lines,
    read_special,
    read_tokenizer_json,
    tokens_by_id,
)

UNKNOWN, FIRST, END = "[UNK]", "[CLS]", "[SEP]"
SPECIAL = ("[PAD]", UNKNOWN, FIRST, END, "[MASK]")
INSIDE = "##"  # how a piece begins that is not the first of its word
NORMALIZER = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True}
MODEL = {
    "type": "WordPiece",
    "unk_token": UNKNOWN,
    "continuing_subword_prefix": INSIDE,
    "max_input_chars_per_word": 100,
}


def template(frame: str) -> list[dict[str, Any]]:
    """Write a frame as the file has it: token:segment, where A and B are the texts.

    >>> template("[CLS]:0 A:0")[1]
    {'Sequence': {'id': 'A', 'type_id': 0}}
    """
    pieces = [piece.split(":") for piece in frame.split()]
    kinds = {"A": "Sequence", "B": "Sequence"}
    return [
        {kinds.get(name, "SpecialToken"): {"id": name, "type_id": int(segment)}}
        for name, segment in pieces
    ]


# What the parts of a file may be. None also stands for a part that is not there.
RULES = {
    **{f"normalizer.{key}": [value] for key, value in NORMALIZER.items()},
    "normalizer.lowercase": [True, False],
    "normalizer.strip_accents": [None, True, False],
    "pre_tokenizer.type": ["BertPreTokenizer"],
    **{f"model.{key}": [value] for key, value in MODEL.items() if key != "type"},
    "post_processor.type": [None, "BertProcessing", "TemplateProcessing"],
    "post_processor.single": [None, template("[CLS]:0 A:0 [SEP]:0")],
    "post_processor.pair": [None, template("[CLS]:0 A:0 [SEP]:0 B:1 [SEP]:1")],
    "decoder.type": ["WordPiece"],
    "decoder.prefix": [INSIDE],
    "decoder.cleanup": [True],
}


def write(
    file: File,
    vocabulary: Sequence[str],
    special: Mapping[str, int],
    lower: bool,
    strip_accents: bool | None,
) -> None:
    """Write a tokenizer.json.

    Raises:    DataError if the file cannot be written
    """
    content = {
        **HEAD,
        "added_tokens": added_tokens(special),
        "normalizer": {**NORMALIZER, "strip_accents": strip_accents, "lowercase": lower},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "BertProcessing",
            "sep": [END, special[END]],
            "cls": [FIRST, special[FIRST]],
        },
        "decoder": {"type": "WordPiece", "prefix": INSIDE, "cleanup": True},
        "model": {**MODEL, "vocab": {piece: i for i, piece in enumerate(vocabulary)}},
    }
    write_json(file, content)


def read(file: File) -> tuple[list[str], dict[str, Any]]:
    """Read the vocabulary, and the options of WordPieceTokenizer if the file has them.

    Raises:    CheckpointError if the file is missing, broken, or has parts of another sort
    """
    if Path(file).suffix == ".txt":
        return [line.rstrip() for line in read_lines(file)], {}
    content = read_tokenizer_json(file, "WordPiece", RULES)
    special, ids = read_special(file, content), content["model"].get("vocab")
    others = special.keys() - {*SPECIAL}
    if others:
        rule = f"the special tokens must be among {', '.join(SPECIAL)}"
        raise CheckpointError(f"load: {os.fspath(file)!r}: {rule}; got {min(others)!r}.")
    vocabulary = tokens_by_id(file, {**special, **ids} if isinstance(ids, dict) else ids)
    normalizer = content["normalizer"]
    options = {"lower": normalizer["lowercase"], "strip_accents": normalizer.get("strip_accents")}
    return vocabulary, options
