"""Let a trained model go on with a text.

tinyllm generate runs/quickstart-1 --prompt "The " --temperature 0.8
"""

from __future__ import annotations

import argparse
import sys

from tinyllm.decoding.generate import check_filters, stream
from tinyllm.errors import DataError, OptionError
from tinyllm.train.checkpoint import load_checkpoint


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("run", metavar="RUN", help="folder of a trained model")
    parser.add_argument("--prompt", default="\n", help="the text to go on with (default: a line)")
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
    if not args.prompt:
        raise DataError("generate: the prompt needs at least one character; got none.")
    check_filters(args.top_k, args.top_p)
    model, tokenizer = load_checkpoint(args.run)
    ids = tokenizer.encode(args.prompt)[None]
    sys.stdout.write(args.prompt)
    for token in stream(
        model,
        ids,
        args.tokens,
        temperature=args.temperature,
        top_k=args.top_k,
        top_p=args.top_p,
        rng=args.seed,
    ):
        sys.stdout.write(tokenizer.decode(token))
        sys.stdout.flush()
    sys.stdout.write("\n")
    return 0
