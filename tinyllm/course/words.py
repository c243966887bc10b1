"""What the course says by itself, in both languages: texts/words.toml. Exercises have their own."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("texts") / "words.toml"


@cache
def words() -> dict[str, dict[str, str]]:
    """Read all sentences: {key: {language: sentence}}."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def say(language: str, key: str, **values: object) -> str:
    """Return a sentence in a language.

    >>> say("en", "passed", name="softmax")
    'softmax: passed.'
    """
    return words()[key][language].format(**values)
