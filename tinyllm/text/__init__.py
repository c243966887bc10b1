"""Text to ids to batches. Knows no tensor."""

import os

from tinyllm.errors import CheckpointError
from tinyllm.text.batches import (
    LengthBatches,
    answer_targets,
    by_length,
    pad,
    padding_share,
)
from tinyllm.text.bpe import BPETokenizer
from tinyllm.text.characters import CharTokenizer
from tinyllm.text.corpus import RandomWindows, read_text, split, windows
from tinyllm.text.datasets import DATASETS, load_text
from tinyllm.text.masking import mask_tokens
from tinyllm.text.streams import Streams
from tinyllm.text.task_sets import TASKS
from tinyllm.text.tasks import (
    Labelled,
    Pairs,
    download_task,
    load_labelled,
    load_pairs,
    read_labelled,
    read_pairs,
)
from tinyllm.text.tokenizer_file import read_kind
from tinyllm.text.wordpiece import WordPieceTokenizer
from tinyllm.text.words import WordTokenizer

Tokenizer = BPETokenizer | CharTokenizer | WordPieceTokenizer | WordTokenizer
# Those that `tinyllm train` can train on a text.
TOKENIZERS: dict[str, type[BPETokenizer | CharTokenizer | WordTokenizer]] = {
    "characters": CharTokenizer,
    "words": WordTokenizer,
    "bpe": BPETokenizer,
}
KINDS: dict[str, type[Tokenizer]] = {  # as files name them
    "characters": CharTokenizer,
    "words": WordTokenizer,
    "BPE": BPETokenizer,
    "WordPiece": WordPieceTokenizer,
}


def load_tokenizer(file: str | os.PathLike[str]) -> Tokenizer:
    """Read a tokenizer of any kind: our files, and Hugging Face's tokenizer.json.

    Raises:    CheckpointError if the file is missing, broken, or of a kind that we do not have
    """
    kind = read_kind(file)
    if not isinstance(kind, str) or kind not in KINDS:
        raise CheckpointError(
            f"load: {os.fspath(file)!r} must hold a tokenizer of kind "
            f"{' or '.join(map(repr, KINDS))}; got kind {kind!r}."
        )
    return KINDS[kind].load(file)


__all__ = [
    "DATASETS",
    "TASKS",
    "TOKENIZERS",
    "BPETokenizer",
    "CharTokenizer",
    "Labelled",
    "LengthBatches",
    "Pairs",
    "RandomWindows",
    "Streams",
    "Tokenizer",
    "WordPieceTokenizer",
    "WordTokenizer",
    "answer_targets",
    "by_length",
    "download_task",
    "load_labelled",
    "load_pairs",
    "load_text",
    "load_tokenizer",
    "mask_tokens",
    "pad",
    "padding_share",
    "read_labelled",
    "read_pairs",
    "read_text",
    "split",
    "windows",
]
