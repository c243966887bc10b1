"""Text to ids to batches. Knows no tensor."""

from tinyllm.text.batches import LengthBatches, by_length, pad, padding_share
from tinyllm.text.bpe import BPETokenizer
from tinyllm.text.characters import CharTokenizer
from tinyllm.text.corpus import RandomWindows, read_text, split, windows
from tinyllm.text.datasets import DATASETS, load_text
from tinyllm.text.masking import mask_tokens
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

__all__ = [
    "DATASETS",
    "TASKS",
    "BPETokenizer",
    "CharTokenizer",
    "Labelled",
    "LengthBatches",
    "Pairs",
    "RandomWindows",
    "by_length",
    "download_task",
    "load_labelled",
    "load_pairs",
    "load_text",
    "mask_tokens",
    "pad",
    "padding_share",
    "read_labelled",
    "read_pairs",
    "read_text",
    "split",
    "windows",
]
