"""Show what happens inside of a model.

  tinyllm show attention --arch decoder-only
  tinyllm show attention --arch encoder-decoder --text "a dog runs" --target "ein Hund rennt"
  tinyllm show attention --arch prefix-lm --text "the cat sat on the mat" --figure prefix.png

attention: which words of a sentence may look at which, in each architecture. A row is who looks,
a column is who is looked at.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tinyllm.cli.attention_figure import draw_allowed
from tinyllm.errors import OptionError
from tinyllm.models.masks import ARCHITECTURES
from tinyllm.types import Array

TEXT, TARGET = "the cat sat on the mat", "die Katze saß auf der Matte"
SELF, CROSS, NOTHING = "■", "□", "·"
WITH_TARGET = ("encoder-decoder", "prefix-lm")  # of two parts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("subject", choices=["attention"], help="what to show")
    parser.add_argument(
        "--arch",
        choices=ARCHITECTURES,
        default="decoder-only",
        help="whose attention (default: decoder-only)",
    )
    parser.add_argument("--text", metavar="TEXT", help=f"a sentence (default: {TEXT!r})")
    parser.add_argument(
        "--target",
        metavar="TEXT",
        help=f"what is written from it, with {' or '.join(WITH_TARGET)}: --text is the source "
        "or the prefix (default: the second half of --text)",
    )
    parser.add_argument("--figure", metavar="FILE.png", help="draw the matrix, too")


def run(args: argparse.Namespace) -> int:
    """Print the matrix, and draw it where that is asked for."""
    first, second = parts(args.arch, args.text, args.target)
    if args.figure and Path(args.figure).suffix != ".png":
        raise OptionError(f"show: --figure must end in .png; got {args.figure!r}.")
    architecture = ARCHITECTURES[args.arch]
    words = first + second
    allowed = architecture.allowed(len(words), len(first))
    crossing = len(first) if args.arch == "encoder-decoder" else 0
    print(f"{args.arch}: {architecture.about}\n")
    print(as_text(words, allowed, crossing))
    print(
        f"\n{SELF} may look   {NOTHING} may not" + f"   {CROSS} by cross-attention" * bool(crossing)
    )
    if args.figure:
        draw_allowed(args.figure, words, allowed, f"{args.arch}: {architecture.about}", crossing)
        print(f"drawn: {args.figure}")
    return 0


def parts(arch: str, text: str | None, target: str | None) -> tuple[list[str], list[str]]:
    """Return the words of both parts; the second is empty where an architecture has one only.

    Raises:  OptionError if there is a target where there can be none, or a part has no word
    """
    if target is not None and arch not in WITH_TARGET:
        raise OptionError(
            f"show: --target is for {' and '.join(WITH_TARGET)}; {arch} has one text. "
            "Hint: leave it out."
        )
    if text is None and target is None and arch == "encoder-decoder":
        target = TARGET
    words, written = (TEXT if text is None else text).split(), (target or "").split()
    if target is None and arch in WITH_TARGET:
        half = (len(words) + 1) // 2
        words, written = words[:half], words[half:]
    if not words or (arch in WITH_TARGET and not written):
        least = "a word for each of its parts" if arch in WITH_TARGET else "a word"
        raise OptionError(f"show: the text needs {least}; got {text!r} and {target!r}.")
    return words, written


def as_text(words: list[str], allowed: Array, crossing: int = 0) -> str:
    """Write the matrix with its words as labels.

    crossing:  how many words are the source; what the others see of them is cross-attention
    """
    label = max(map(len, words))
    lines = [" ".join(["".rjust(label), *words])]
    for t, row in enumerate(allowed):
        signs = [
            (CROSS if s < crossing <= t else SELF) if may else NOTHING for s, may in enumerate(row)
        ]
        cells = [sign.center(len(word)) for sign, word in zip(signs, words, strict=True)]
        lines.append(" ".join([words[t].rjust(label), *cells]).rstrip())
    return "\n".join(lines)
