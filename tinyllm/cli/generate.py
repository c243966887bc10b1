"""Let a trained model go on with a text.

tinyllm generate runs/quickstart-1 --prompt "The " --temperature 0.8
"""

from __future__ import annotations

import argparse
import sys

from tinyllm.decoding.generate import check_options, stream
from tinyllm.errors import DataError, OptionError
from tinyllm.models import Writer
from tinyllm.text import Tokenizer
from tinyllm.text.words import UNKNOWN
from tinyllm.train.checkpoint import load_checkpoint


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("run", metavar="RUN", help="folder of a trained model")
    parser.add_argument("--prompt", help="the text to go on with (default: a new line)")
    parser.add_argument(
        "--tokens", type=int, default=300, metavar="N", help="how many to add (300)"
    )
    parser.add_argument(
        "--temperature",
        type=float,
        default=1.0,
        metavar="X",
        help="below 1 safer, above 1 wilder, 0 always the likeliest (1)",
    )
    parser.add_argument("--top-k", type=int, metavar="K", help="draw from the K likeliest only")
    parser.add_argument(
        "--top-p", type=float, metavar="P", help="draw from the fewest that together reach P"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the random choice (1)")


def run(args: argparse.Namespace) -> int:
    """Stream the continuation to standard output."""
    if args.tokens < 0:
        raise OptionError(f"generate: --tokens must be at least 0; got {args.tokens}.")
    if args.seed < 0:
        raise OptionError(f"generate: --seed must be at least 0; got {args.seed}.")
    if args.prompt == "":
        raise DataError("generate: the prompt needs at least one character; got none.")
    check_options(args.temperature, args.top_k, args.top_p)
    model, tokenizer = load_checkpoint(args.run)
    if not isinstance(model, Writer):
        raise OptionError(
            f"generate: the model must be one that goes on with a text; {args.run!r} holds "
            f"{type(model).__name__}."
        )
    prompt = first_prompt(tokenizer) if args.prompt is None else args.prompt
    ids = tokenizer.encode(prompt)[None]
    # between words the tokenizer puts blanks, so the one that ends a prompt would be doubled
    sys.stdout.write(prompt.rstrip(" ") if tokenizer.unit == "word" else prompt)
    before = ids[0, -1:]
    for token in stream(
        model,
        ids,
        args.tokens,
        temperature=args.temperature,
        top_k=args.top_k,
        top_p=args.top_p,
        rng=args.seed,
    ):
        pair = tokenizer.decode([*before, *token])  # between words there may be a blank
        sys.stdout.write(pair[len(tokenizer.decode(before)) :])
        sys.stdout.flush()
        before = token
    sys.stdout.write("\n")
    return 0


def first_prompt(tokenizer: Tokenizer) -> str:
    """What a text may begin after: a new line, if the model has ever seen one."""
    tokens = [token for token in tokenizer.vocabulary if token != UNKNOWN]
    return "\n" if "\n" in tokens or not tokens else tokens[0]
