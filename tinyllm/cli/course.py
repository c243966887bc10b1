"""Learn by writing the parts of the library, and train a model with your own code.

tinyllm course start my-course    then cd into it
tinyllm course watch              check whenever you save, and go on to the next
tinyllm course check [NAME]       check one exercise, or the next
tinyllm course hint [NAME]        three steps towards the answer
tinyllm course show NAME          the library's solution, after a pass or with --give-up
tinyllm course run CHAPTER        the boss: a model trained with your own code
tinyllm course status             how far you are
tinyllm course reset NAME         begin one anew; your file is kept
tinyllm course grade FOLDER...    points for each folder, for whoever teaches
"""

from __future__ import annotations

import argparse
import os
from functools import partial
from typing import Any

from rich.console import Console

from tinyllm.course.texts import LANGUAGES
from tinyllm.text.datasets import cache_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe what can be done."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="WHAT")
    begin = verbs.add_parser("start", help="write a new course into a folder")
    begin.add_argument("folder", metavar="FOLDER")
    begin.add_argument("--lang", default="en", choices=LANGUAGES, help="language (en)")
    begin.add_argument(
        "--student", metavar="ID", help="a number or name: exercises differ a little for each"
    )
    for verb, about in {
        "check": "check an exercise (the next one)",
        "watch": "check whenever a file is saved",
        "hint": "show the next of three hints",
        "show": "show the library's solution",
    }.items():
        sub = verbs.add_parser(verb, help=about)
        sub.add_argument("name", metavar="NAME", nargs="?")
        if verb == "show":
            sub.add_argument("--give-up", action="store_true", help="without a pass")
    again = verbs.add_parser("reset", help="begin an exercise anew; your file is kept")
    again.add_argument("name", metavar="NAME")
    verbs.add_parser("status", help="how far you are")
    boss = verbs.add_parser("run", help="the boss of a chapter: train with your own code")
    boss.add_argument("chapter", metavar="CHAPTER", help="its name, as in `status`: kernels")
    walk = verbs.add_parser("step", help="a page that walks the tape step by step")
    walk.add_argument("--out", metavar="FILE", default="step.html", help="(step.html)")
    walk.add_argument("--lang", default="en", choices=LANGUAGES, help="language (en)")
    add_teaching(verbs)


def add_teaching(verbs: Any) -> None:
    """Describe the options."""
    sub = verbs.add_parser("grade", help="points for each folder, for whoever teaches")
    sub.add_argument("folders", metavar="FOLDER", nargs="+")
    sub.add_argument("--out", metavar="FILE", help="a table (CSV)")
    sub.add_argument("--json", metavar="FILE", help="the same, with the kind of each verdict")
    sub.add_argument("--junit", metavar="FILE", help="JUnit XML, for other platforms")
    sub.add_argument("--seed", type=int, help="of the inputs that are drawn")
    sub.add_argument(
        "--by-student",
        action="store_true",
        help="each folder is called as its student was at `start --student ID`",
    )
    sub = verbs.add_parser("dev", help="for whoever writes exercises: is the course itself right?")
    sub.add_argument("what", choices=["check"])
    sub.add_argument("names", metavar="NAME", nargs="*", help="exercises (all)")


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    # a tenth of a second for all exercises, which no other command needs
    from tinyllm.cli import course_teaching, course_verbs  # noqa: PLC0415

    # what Hypothesis keeps shall not lie in the learner's folder
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache_folder() / "hypothesis"))
    line = partial(Console().print, markup=False, highlight=False, soft_wrap=True)
    return (course_verbs.VERBS | course_teaching.VERBS)[args.verb](args, line)
