"""Learn by writing the parts of the library, and train a model with your own code.

tinyllm course start my-course    then cd into it
tinyllm course watch              check whenever you save, and go on to the next
tinyllm course check [NAME]       check one exercise, or the next
tinyllm course hint [NAME]        three steps towards the answer
tinyllm course show NAME          the library's solution, after a pass or with --give-up
tinyllm course status             how far you are
tinyllm course reset NAME         begin one anew; your file is kept
tinyllm course grade FOLDER...    points for each folder, for whoever teaches
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console

from tinyllm.course import dev
from tinyllm.course.boss import fight
from tinyllm.course.chapters import CHAPTERS, EXERCISES
from tinyllm.course.checker import check
from tinyllm.course.exercise import Exercise
from tinyllm.course.feedback import feedback
from tinyllm.course.folder import LOCK, Folder
from tinyllm.course.stubs import solution
from tinyllm.course.texts import LANGUAGES, chapter_texts, texts_of
from tinyllm.course.words import say
from tinyllm.errors import OptionError

WAIT = 0.3  # seconds between two looks at a file
STALE = 300.0  # seconds after which a lock was left behind


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe what can be done."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="WHAT")
    start = verbs.add_parser("start", help="write a new course into a folder")
    start.add_argument("folder", metavar="FOLDER")
    start.add_argument("--lang", default="en", choices=LANGUAGES, help="language (en)")
    for verb, about in {
        "check": "check an exercise (the next one)",
        "watch": "check whenever a file is saved",
        "hint": "show the next of three hints",
        "show": "show the library's solution",
        "reset": "begin an exercise anew; your file is kept",
    }.items():
        sub = verbs.add_parser(verb, help=about)
        sub.add_argument("name", metavar="NAME", nargs="?" if verb != "reset" else None)
        if verb == "show":
            sub.add_argument("--give-up", action="store_true", help="without a pass")
    verbs.add_parser("status", help="how far you are")
    boss = verbs.add_parser("run", help="the boss of a chapter: train with your own code")
    boss.add_argument("chapter", choices=[c.name for c in CHAPTERS if c.boss])
    dev = verbs.add_parser("dev", help="for whoever writes exercises: is the course itself right?")
    dev.add_argument("what", choices=["check"])
    dev.add_argument("names", metavar="NAME", nargs="*", help="exercises (all)")


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    console = Console()
    line = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    if args.verb == "start":
        folder = Folder.start(args.folder, args.lang)
        first = folder.file(folder.exercise(None))
        line(f"cd {args.folder}\n" + say(args.lang, "next", file=first))
        return 0
    if args.verb == "dev":
        return dev_check(args.names, line)
    folder = Folder.open()
    if args.verb == "status":
        line(status(folder))
        return 0
    if args.verb == "run":
        fight_boss(folder, args.chapter, line)
        return 0
    exercise = folder.exercise(args.name)
    match args.verb:
        case "check":
            with only_one(folder):
                return 0 if checked(folder, exercise, line) else 1
        case "watch":
            watch(folder, exercise, line)
        case "hint":
            number, text = folder.next_hint(exercise)
            count = len(texts_of(exercise.name, folder.language).hints)
            line(say(folder.language, "hint", number=number, count=count, text=text))
        case "show":
            show(folder, exercise, args.give_up, line)
        case "reset":
            line(say(folder.language, "kept", file=folder.reset(exercise)))
    return 0


def dev_check(names: list[str], line: partial[None]) -> int:
    """Say what is wrong with the course, and how many mistakes are recognised."""
    unknown = [name for name in names if name not in EXERCISES]
    if unknown:
        raise OptionError(f"course: there is no exercise {unknown[0]!r}.")
    start, found = time.perf_counter(), []
    for finding in dev.findings(names):
        found.append(finding)
        if finding.problem or not finding.named:
            problem = finding.problem or "refused, but not recognised by its name"
            line(f"{finding.exercise}: {finding.what}: {problem}")
    mistakes = [f for f in found if f.what in {m.__name__ for m in mistakes_of(f.exercise)}]
    wrong = [f for f in found if f.problem]
    refused, named = sum(not f.problem for f in mistakes), sum(f.named for f in mistakes)
    line(
        f"{len({f.exercise for f in found})} exercises; {refused} of {len(mistakes)} mistakes "
        f"refused, {named} by their name; {len(wrong)} problems; "
        f"{time.perf_counter() - start:.0f} s"
    )
    return 1 if wrong else 0


def mistakes_of(name: str) -> tuple[Callable[..., object], ...]:
    """Return the mistakes of an exercise; a chapter has none."""
    return EXERCISES[name].mistakes if name in EXERCISES else ()


def checked(folder: Folder, exercise: Exercise, line: partial[None]) -> bool:
    """Check an exercise, say what came out, and keep a pass."""
    file = folder.file(exercise)
    if not file.exists():
        raise OptionError(
            f"course: {str(file)!r} is gone. Hint: `tinyllm course reset {exercise.name}` makes it."
        )
    verdict = check(exercise, file)
    line(feedback(exercise, verdict, file, folder.language))
    if verdict.passed:
        folder.note_pass(exercise)
        rest = [e for e in EXERCISES.values() if e.name not in folder.passed]
        what = say(folder.language, "next", file=folder.file(rest[0])) if rest else None
        line("\n" + (what or say(folder.language, "all-done")))
    return verdict.passed


def watch(folder: Folder, exercise: Exercise, line: partial[None]) -> None:
    """Check whenever the file is saved; after a pass go on to the next one."""
    seen = None
    line(say(folder.language, "watching", file=folder.file(exercise)))
    while True:
        file = folder.file(exercise)
        stamp = file.stat().st_mtime_ns if file.exists() else None
        if stamp is not None and stamp != seen:
            seen = stamp
            with only_one(folder):
                passed = checked(folder, exercise, line)
            line(bar(folder))
            if passed:
                exercise, seen = folder.exercise(None), None
                if exercise.name in folder.passed:
                    return
        time.sleep(WAIT)


def fight_boss(folder: Folder, name: str, line: partial[None]) -> None:
    """Train with what has passed of a chapter, and with the library; draw both."""
    chapter = next(c for c in CHAPTERS if c.name == name)
    own = {e.name: folder.file(e) for e in chapter.exercises if e.name in folder.passed}
    _, _, about = chapter_texts(name, folder.language)
    names = ", ".join(own)
    line(about)
    line(say(folder.language, "boss-own" if own else "boss-none", names=names))
    figure = folder.path / f"boss-{name}.png"
    curves = fight(chapter, own, figure, line)
    for who, points in curves.items():
        line(f"{who:>8}: {points[-1][1]:.4f}")
    line(f"{figure}")


def show(folder: Folder, exercise: Exercise, give_up: bool, line: partial[None]) -> None:
    """Print the library's solution, to whoever has one or has given up.

    Raises:    OptionError to others
    """
    if exercise.name not in folder.passed and not give_up:
        raise OptionError(f"course: {say(folder.language, 'solution-locked')}")
    if exercise.name not in folder.passed and exercise.name not in folder.given_up:
        folder.given_up.append(exercise.name)
        folder.save()
    line(f"{exercise.target}\n\n{solution(exercise.target)}")


def status(folder: Folder) -> str:
    """All chapters at a glance."""
    lines = [bar(folder)]
    for number, chapter in enumerate(CHAPTERS, start=1):
        title, *_ = chapter_texts(chapter.name, folder.language)
        done = sum(e.name in folder.passed for e in chapter.exercises)
        lines.append(f"\n{number} {title}  {done}/{len(chapter.exercises)}")
        for exercise in chapter.exercises:
            mark = "✓" if exercise.name in folder.passed else "·"
            hints = folder.hints.get(exercise.name, 0)
            more = f"  ({hints} hints)" if hints else ""
            more += "  (given up)" if exercise.name in folder.given_up else ""
            title = texts_of(exercise.name, folder.language).title
            lines.append(f"  {mark} {exercise.name:<24} {title}{more}")
    return "\n".join(lines)


def bar(folder: Folder) -> str:
    """Show how many exercises have passed."""
    done = sum(name in folder.passed for name in EXERCISES)
    width = 40
    filled = width * done // len(EXERCISES)
    return f"[{'=' * filled}{' ' * (width - filled)}] {done}/{len(EXERCISES)}"


@contextmanager
def only_one(folder: Folder) -> Generator[None]:
    """Hold a lock, so that two checks do not write the same progress.

    Raises:    OptionError if another one is running
    """
    file = folder.path / LOCK
    if file.exists() and time.time() - file.stat().st_mtime > STALE:
        file.unlink(missing_ok=True)
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL)
    except FileExistsError as error:
        raise OptionError(say(folder.language, "busy")) from error
    os.close(descriptor)
    try:
        yield
    finally:
        Path(file).unlink(missing_ok=True)
