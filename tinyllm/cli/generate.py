r"""Let a trained model go on with a text, translate it, or say what it reads in it.

tinyllm generate runs/quickstart-1 --prompt "The " --temperature 0.8
tinyllm generate runs/quickstart-1 --prompt "The " --beams 4 --stop "\n\n"
tinyllm generate runs/multi30k-1 --prompt "a man sleeps ."
tinyllm generate runs/trec-1 --prompt "Who wrote Hamlet ?"
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tinyllm.cli.reading import hidden_words, label_of
from tinyllm.decoding import Continued, beam_search, generate, stream, translate, until_stop
from tinyllm.decoding.sampling import Sampling
from tinyllm.decoding.stop import checked_strings
from tinyllm.decoding.translate import sources_of, written
from tinyllm.errors import DataError, OptionError
from tinyllm.models import EncoderDecoder, EncoderOnly
from tinyllm.text import Tokenizer
from tinyllm.text.special import BEGIN, END
from tinyllm.text.words import UNKNOWN
from tinyllm.train.checkpoint import load_checkpoint, read_config
from tinyllm.types import Array

HALF = "\ufffd"  # what a tokenizer of bytes gives for half a character
SAMPLING = {  # option: (type, how its value is called, what it does)
    "temperature": (float, "X", "below 1 safer, above 1 wilder, 0 always the likeliest (1)"),
    "top_k": (int, "K", "draw from the K likeliest only"),
    "top_p": (float, "P", "draw from the fewest that together reach P"),
    "min_p": (float, "P", "draw from those at least P times as likely as the likeliest"),
    "repetition_penalty": (float, "R", "above 1: what was seen becomes less likely (try 1.2)"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("run", metavar="RUN", help="folder of a trained model")
    parser.add_argument("--prompt", help="the text to go on with (a new line), or to translate")
    parser.add_argument(
        "--tokens", type=int, default=300, metavar="N", help="how many to add at most (300)"
    )
    for name, (kind, value, text) in SAMPLING.items():
        parser.add_argument(flag(name), type=kind, metavar=value, help=text)
    parser.add_argument("--seed", type=int, default=1, help="of the random choice (1)")
    parser.add_argument(
        "--beams",
        type=int,
        metavar="N",
        help="draw nothing: look for the likeliest text, with N open at a time",
    )
    parser.add_argument(
        "--stop",
        action="append",
        default=[],
        metavar="TEXT",
        help=r"end before this text, where \n is a new line; may be given several times",
    )


def run(args: argparse.Namespace) -> int:
    """Write the continuation to standard output; what is drawn comes token by token."""
    if args.tokens < 0:
        raise OptionError(f"generate: --tokens must be at least 0; got {args.tokens}.")
    if args.seed < 0:
        raise OptionError(f"generate: --seed must be at least 0; got {args.seed}.")
    if args.prompt == "":
        raise DataError("generate: the prompt needs at least one character; got none.")
    stops = checked_strings([text.replace(r"\n", "\n") for text in args.stop])
    options = sampling_options(args)
    model, tokenizer = load_checkpoint(args.run)
    writer: Any = model
    if isinstance(model, EncoderOnly):
        print("\n".join(reading(model, tokenizer, args)))
        return 0
    if isinstance(model, EncoderDecoder):
        if END in tokenizer.special:
            text = translation(model, tokenizer, args, options)
            print("".join(until_stop([text], stops)))
            return 0
        writer = Continued(model)
    prompt = first_prompt(tokenizer) if args.prompt is None else args.prompt
    ids = tokenizer.encode(prompt)
    if args.beams is None:
        tokens = stream(writer, ids, args.tokens, rng=args.seed, **options)
    else:
        best = beam_search(writer, ids, args.tokens, beams=args.beams)[0].ids
        tokens = best[ids.size :, None]
    # between words the tokenizer puts blanks, so the one that ends a prompt would be doubled
    sys.stdout.write(prompt.rstrip(" ") if tokenizer.unit == "word" else prompt)
    for piece in until_stop(pieces(tokenizer, ids[-1:], tokens), stops):
        sys.stdout.write(piece)
        sys.stdout.flush()
    sys.stdout.write("\n")
    return 0


def reading(model: EncoderOnly, tokenizer: Tokenizer, args: argparse.Namespace) -> list[str]:
    """Say what an encoder, which does not write, makes of the prompt.

    Raises:    DataError if there is no prompt
    """
    named = [n for n in (*SAMPLING, "beams") if getattr(args, n) is not None]
    if named or args.stop:
        names = ", ".join([flag(n) for n in named] + ["--stop"] * bool(args.stop))
        raise OptionError(f"generate: {args.run!r} reads and does not write; leave out {names}.")
    labels = read_config(Path(args.run)).get("training", {}).get("kept", {}).get("labels")
    if args.prompt is None:
        raise DataError(f"generate: {args.run!r} reads. Hint: --prompt is the text.")
    if labels and model.classes is not None:
        return label_of(model, tokenizer, args.prompt, labels)
    return hidden_words(model, tokenizer, args.prompt)


def translation(
    model: EncoderDecoder, tokenizer: Tokenizer, args: argparse.Namespace, options: dict[str, Any]
) -> str:
    """Translate the prompt: greedily, by beam search, or drawn if an option for that is given.

    Raises:    DataError if there is no prompt
    """
    if args.prompt is None:
        raise DataError(
            f"generate: {args.run!r} translates. Hint: --prompt is the text to translate."
        )
    if not options:
        return translate(
            model, tokenizer, [args.prompt], beams=args.beams or 1, max_new_tokens=args.tokens
        )[0]
    begin, end = tokenizer.special[BEGIN], tokenizer.special[END]
    (source,) = sources_of(tokenizer, [args.prompt], model.config.context)
    bound = model.bind(source[None])
    most = min(args.tokens, model.config.context - 1)
    ids = generate(bound, np.array([begin]), most, stop=end, rng=args.seed, **options)
    return written(tokenizer, ids, end)


def sampling_options(args: argparse.Namespace) -> dict[str, Any]:
    """Return what was said about the random choice, checked.

    Raises:    OptionError for a value out of range, or if --beams leaves nothing to chance
    """
    given = {name: getattr(args, name) for name in SAMPLING if getattr(args, name) is not None}
    Sampling(**given)
    if args.beams is not None and args.beams < 1:
        raise OptionError(f"generate: --beams must be at least 1; got {args.beams}.")
    if args.beams is not None and given:
        names = ", ".join(map(flag, given))
        raise OptionError(f"generate: --beams draws nothing at random. Hint: leave out {names}.")
    return given


def flag(name: str) -> str:
    """Write a name as an option."""
    return f"--{name.replace('_', '-')}"


def pieces(tokenizer: Tokenizer, before: Array, tokens: Iterable[Array]) -> Iterator[str]:
    """Yield what each token (1,) adds to the text; a character in several tokens comes whole.

    A token is decoded after the one before it: between words there may be a blank.
    """
    ids, said, text = [*before], tokenizer.decode(before), ""
    for token in tokens:
        ids += [*token]
        text = tokenizer.decode(ids)
        if not text.endswith(HALF):
            yield text[len(said) :]
            ids, said, text = [*token], tokenizer.decode(token), ""
    yield text[len(said) :]


def first_prompt(tokenizer: Tokenizer) -> str:
    """What a text may begin after: a new line, if the model has ever seen one."""
    none = {UNKNOWN, *tokenizer.special}
    tokens = [token for token in tokenizer.vocabulary if token not in none]
    return "\n" if "\n" in tokens or not tokens else tokens[0]
