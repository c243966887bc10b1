"""The file tokenizer.json of Hugging Face's library tokenizers: what all its kinds have in common.

    normalizer      how a text is changed first          pre_tokenizer   how it is cut into words
    model           how a word becomes tokens: "type", "vocab" {token: id}, and "merges" for BPE
    post_processor  which tokens frame a text            decoder         how tokens are joined again
    added_tokens    names that stand for one token; the special ones among them are no text

We read a file only if we do exactly what each of its parts says. truncation and padding are left
out: what fills a batch is no matter of the tokenizer. Who calls it: bpe_files.py, wordpiece.py.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinyllm.errors import CheckpointError
from tinyllm.text.tokenizer_file import kind_of, read_json

File = str | os.PathLike[str]
Rules = Mapping[str, list[Any]]  # what a part may be: {"pre_tokenizer.type": ["ByteLevel"], ...}
HEAD = {"version": "1.0", "truncation": None, "padding": None}
# A special token is found as it is: not only between blanks, and without the blanks around it.
PLAIN = {"single_word": False, "lstrip": False, "rstrip": False}


def read_tokenizer_json(file: File, kind: str, rules: Rules) -> dict[str, Any]:
    """Read a tokenizer.json whose parts are among those that we have.

    kind:      what "model" has as its type
    Raises:    CheckpointError if the file is missing, of another kind, or has other parts
    """
    name = os.fspath(file)
    content = read_json(name)
    if kind_of(content) != kind or "model" not in content:
        raise CheckpointError(
            f"load: {name!r} must hold a tokenizer of kind {kind!r}; got kind {kind_of(content)!r}."
        )
    for path, allowed in rules.items():
        part = content
        for key in path.split("."):
            part = part.get(key) if isinstance(part, dict) else None
        if part not in allowed:
            raise CheckpointError(
                f"load: {name!r}: of {kind} tokenizers we have those whose {path} is "
                f"{' or '.join(map(repr, allowed))[:99]}; got {repr(part)[:99]}."
            )
    return content


def read_special(file: File, content: Mapping[str, Any]) -> dict[str, Any]:
    """Read the special tokens and what the file has as their ids, unchecked.

    Raises:    CheckpointError if an added token is not special, or may take blanks along
    """
    special: dict[str, Any] = {}
    tokens = content.get("added_tokens") or []
    for token in tokens if isinstance(tokens, list) else [tokens]:
        fields = token if isinstance(token, dict) else {}
        name, i = fields.get("content"), fields.get("id")
        plain = all(fields.get(key, False) is value for key, value in PLAIN.items())
        if not isinstance(name, str) or not fields.get("special") or not plain:
            rule = f"an added token must be special, with no {', '.join(PLAIN)}"
            raise CheckpointError(f"load: {os.fspath(file)!r}: {rule}; got {str(token)[:200]}.")
        special[name] = i
    return special


def tokens_by_id(file: File, ids: Any) -> list[str]:
    """List the tokens of a vocabulary {token: id} in the order of their ids.

    Raises:    CheckpointError if the ids are not 0, 1, 2, ..., each once
    """
    if not isinstance(ids, dict):
        raise CheckpointError(
            f"load: {os.fspath(file)!r} has no vocabulary of the form {{token: id}}."
        )
    if not all(type(i) is int for i in ids.values()) or {*ids.values()} != {*range(len(ids))}:
        rule = f"the ids of {len(ids)} tokens must be 0..{len(ids) - 1}, each once"
        raise CheckpointError(f"load: {os.fspath(file)!r}: {rule}.")
    return sorted(ids, key=ids.__getitem__)


def read_lines(file: File) -> list[str]:
    """Read the lines of the older files, vocab.txt and merges.txt.

    Raises:    CheckpointError if the file is missing or no UTF-8
    """
    try:
        # Not splitlines: Python takes some tokens for the end of a line.
        return Path(file).read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except OSError as error:
        reason = error.strerror
        raise CheckpointError(f"load: cannot read {os.fspath(file)!r}: {reason}.") from error
    except ValueError as error:
        raise CheckpointError(f"load: {os.fspath(file)!r} is no UTF-8.") from error


def added_tokens(special: Mapping[str, int]) -> list[dict[str, Any]]:
    """Write special tokens as the file has them: sorted by id, found before all else.

    >>> added_tokens({"<s>": 1})[0]["content"]
    '<s>'
    """
    flags = {**PLAIN, "normalized": False, "special": True}
    names = sorted(special, key=special.__getitem__)
    return [{"id": special[name], "content": name, **flags} for name in names]
