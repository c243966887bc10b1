"""A BPETokenizer on disk: as Hugging Face's tokenizer.json, or GPT-2's vocab.json + merges.txt.

In both a token is written with a letter a byte (byte_letters.py), a merge is two tokens with a
blank between, and a table says which id each token has. Leaves out: tokenizers that change the text
first, or cut it into words in another way. Who calls it: `save`, `load`, `load_gpt2` in bpe.py.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from tinyllm.errors import CheckpointError
from tinyllm.files import write_json
from tinyllm.text.byte_letters import LETTERS, bytes_of, from_letters, shown, to_letters
from tinyllm.text.hugging_face import (
    HEAD,
    File,
    added_tokens,
    read_lines,
    read_special,
    read_tokenizer_json,
    tokens_by_id,
)
from tinyllm.text.tokenizer_file import read_json

Pairs = list[tuple[str, str]]
Parts = tuple[Pairs, list[str], list[int]]  # what BPETokenizer takes: merges, special, ids
BYTE_LEVEL = {
    "type": "ByteLevel",
    "add_prefix_space": False,  # True: a text begins with a blank, as if a word came before
    "trim_offsets": True,
    "use_regex": True,  # cut words as GPT-2 does
}
PARTS = {
    "normalizer": None,
    "pre_tokenizer": BYTE_LEVEL,
    "post_processor": None,
    "decoder": BYTE_LEVEL,
}
MODEL = {
    "type": "BPE",
    "dropout": None,
    "unk_token": None,
    "continuing_subword_prefix": None,
    "end_of_word_suffix": None,
    "fuse_unk": False,
    "byte_fallback": False,
    "ignore_merges": False,
}
# What the parts of a file may be. None also stands for a part that is not there.
RULES = {
    "normalizer": [None],
    "pre_tokenizer.type": ["ByteLevel"],
    "pre_tokenizer.add_prefix_space": [False],
    "pre_tokenizer.use_regex": [True, None],
    "model.dropout": [None, 0.0],
    "model.continuing_subword_prefix": [None, ""],
    "model.end_of_word_suffix": [None, ""],
    "model.byte_fallback": [False, None],
    "model.ignore_merges": [False, None],
    "post_processor.type": [None, "ByteLevel", "TemplateProcessing"],
    "post_processor.special_tokens": [None, {}],  # the template has no token of its own
    "decoder.type": ["ByteLevel"],
}


def write(file: File, merges: Pairs, special: Mapping[str, int], vocabulary: Sequence[str]) -> None:
    """Write a tokenizer.json.

    vocabulary:  the tokens as they are shown, the one at place i has the id i
    Raises:    DataError if the file cannot be written
    """
    names = {i: name for name, i in special.items()}
    spelled = [names.get(i) or to_letters(bytes_of(token)) for i, token in enumerate(vocabulary)]
    model = {
        **MODEL,
        "vocab": {token: i for i, token in enumerate(spelled)},
        "merges": [" ".join(to_letters(bytes_of(token)) for token in pair) for pair in merges],
    }
    write_json(file, {**HEAD, "added_tokens": added_tokens(special), **PARTS, "model": model})


def read(file: File) -> Parts:
    """Read a tokenizer.json.

    Raises:    CheckpointError if it is missing, broken, or has parts of another sort
    """
    content = read_tokenizer_json(file, "BPE", RULES)
    added, model = read_special(file, content), content["model"]
    ids = model.get("vocab")
    parts = parts_of(file, {**added, **ids} if isinstance(ids, dict) else ids, model.get("merges"))
    for name in added.keys() - {*parts[1]}:
        rule = "a special token must be none of text"
        raise CheckpointError(f"load: {os.fspath(file)!r}: {rule}; got {name!r}.")
    return parts


def read_gpt2(vocabulary_file: File, merges_file: File) -> Parts:
    """Read a vocab.json and a merges.txt.

    Raises:    CheckpointError if one is missing or broken, or they do not belong together
    """
    lines = read_lines(merges_file)
    merges = [line for line in lines if line and not line.startswith("#version")]
    return parts_of(vocabulary_file, read_json(os.fspath(vocabulary_file)), merges)


def parts_of(file: File, ids: Any, merges: Any) -> Parts:
    """Sort a vocabulary {token: id} into bytes, merges, and the rest, which is special.

    Raises:    CheckpointError if the ids are not 0, 1, 2, ..., or a byte or a merge has none
    """
    tokens = tokens_by_id(file, ids)
    if not isinstance(merges, list):
        raise CheckpointError(f"load: {os.fspath(file)!r} has no list named 'merges'.")
    pairs = [checked_merge(file, merge) for merge in merges]
    ordinary = [*LETTERS, *(to_letters(left + right) for left, right in pairs)]
    for token in ordinary:
        if token not in ids:
            kind = "byte" if token in LETTERS else "merge"
            raise CheckpointError(f"load: {os.fspath(file)!r} has no id for the {kind} {token!r}.")
    known = {*ordinary}
    special = [token for token in tokens if token not in known]
    shown_pairs = [(shown(left), shown(right)) for left, right in pairs]
    return shown_pairs, special, [ids[token] for token in ordinary + special]


def checked_merge(file: File, merge: Any) -> tuple[bytes, bytes]:
    """Take a merge: "a b", or in newer files ["a", "b"].

    Raises:    CheckpointError if it is not two tokens, each written with a letter a byte
    """
    pair = merge.split(" ") if isinstance(merge, str) else merge
    if isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair):
        left, right = map(from_letters, pair)
        if left and right:
            return left, right
    rule = "a merge must be two tokens, written with a letter a byte"
    raise CheckpointError(f"load: {os.fspath(file)!r}: {rule}; got {str(merge)[:60]!r}.")
