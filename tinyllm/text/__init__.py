"""Text to ids to batches. Knows no tensor."""

from tinyllm.text.bpe import BPETokenizer
from tinyllm.text.characters import CharTokenizer
from tinyllm.text.corpus import RandomWindows, read_text, split, windows
from tinyllm.text.datasets import DATASETS, load_text

__all__ = [
    "DATASETS",
    "BPETokenizer",
    "CharTokenizer",
    "RandomWindows",
    "load_text",
    "read_text",
    "split",
    "windows",
]
