"""What each part of `tinyllm course` does. It needs all exercises, so course.py imports it late."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from tinyllm.course.boss import fight
from tinyllm.course.chapters import CHAPTERS, EXERCISES
from tinyllm.course.checker import check
from tinyllm.course.exercise import Exercise, variant_of
from tinyllm.course.feedback import feedback
from tinyllm.course.folder import Folder
from tinyllm.course.step import page
from tinyllm.course.stubs import solution
from tinyllm.course.texts import chapter_texts, texts_of
from tinyllm.course.words import say
from tinyllm.errors import OptionError
from tinyllm.files import write_atomically

Line = Callable[[str], None]
WAIT = 0.3  # seconds between two looks at a file


def start(args: argparse.Namespace, line: Line) -> int:
    """Write a new course."""
    folder = Folder.start(args.folder, args.lang, args.student)
    line(f"cd {args.folder}")
    line(say(args.lang, "next", file=folder.file(folder.exercise(None))))
    return 0


def check_one(args: argparse.Namespace, line: Line) -> int:
    """Check an exercise: exit code 0 for a pass, 1 if it is not right yet."""
    folder = Folder.open()
    exercise = folder.exercise(args.name)
    return 0 if checked(folder, exercise, line) else 1


def checked(folder: Folder, exercise: Exercise, line: Line) -> bool:
    """Check an exercise, say what came out, and keep a pass."""
    file = folder.file(exercise)
    if not file.exists():
        raise OptionError(
            f"course: {str(file)!r} is gone. Hint: `tinyllm course reset {exercise.name}` makes it."
        )
    verdict = check(exercise, file, student=folder.student)
    line(feedback(exercise, verdict, file, folder.language))
    if verdict.passed:
        folder.note_pass(exercise)
        following = folder.next_after(exercise)
        done = say(folder.language, "all-done")
        what = say(folder.language, "next", file=folder.file(following)) if following else done
        line(f"\n{what}")
    return verdict.passed


def watch(args: argparse.Namespace, line: Line) -> int:
    """Check whenever the file is saved; after a pass go on to the next one."""
    folder = Folder.open()
    exercise, seen = folder.exercise(args.name), None
    line(say(folder.language, "watching", file=folder.file(exercise)))
    while True:
        file = folder.file(exercise)
        stamp = file.stat().st_mtime_ns if file.exists() else None
        if stamp is not None and stamp != seen:
            seen = stamp
            passed = checked(folder, exercise, line)
            line(bar(folder))
            following = folder.next_after(exercise)
            if passed and following is None:
                return 0
            if passed and following is not None:
                exercise, seen = following, None
        time.sleep(WAIT)


def hint(args: argparse.Namespace, line: Line) -> int:
    """Show the next hint."""
    folder = Folder.open()
    exercise = folder.exercise(args.name)
    number, text = folder.next_hint(exercise)
    count = len(texts_of(exercise.name, folder.language).hints)
    line(say(folder.language, "hint", number=number, count=count, text=text))
    return 0


def show(args: argparse.Namespace, line: Line) -> int:
    """Print the library's solution, to whoever has one or has given up.

    Raises:    OptionError to others
    """
    folder = Folder.open()
    exercise = folder.exercise(args.name)
    if exercise.name not in folder.passed:
        if not args.give_up:
            raise OptionError(f"course: {say(folder.language, 'solution-locked')}")
        folder.note_given_up(exercise)
    line(f"{exercise.target}\n\n{solution(exercise.target)}")
    return 0


def reset(args: argparse.Namespace, line: Line) -> int:
    """Begin an exercise anew."""
    folder = Folder.open()
    exercise = folder.exercise(args.name)
    line(say(folder.language, "kept", file=folder.reset(exercise)))
    return 0


def fight_boss(args: argparse.Namespace, line: Line) -> int:
    """Train with what has passed of a chapter, and with the library; draw both."""
    folder = Folder.open()
    chapters = {chapter.name: chapter for chapter in CHAPTERS if chapter.boss}
    if args.chapter not in chapters:
        names = ", ".join(chapters)
        raise OptionError(f"course: invalid choice: {args.chapter!r}; the chapters are {names}.")
    chapter = chapters[args.chapter]
    own = {
        e.name: folder.file(e)
        for e in chapter.exercises
        if e.name in folder.passed and variant_of(e, folder.student) is None
    }
    _, _, about = chapter_texts(chapter.name, folder.language)
    line(about)
    line(say(folder.language, "boss-own" if own else "boss-none", names=", ".join(own)))
    figure = folder.path / f"boss-{chapter.name}.png"
    curves = fight(chapter, own, figure, line)
    for who, points in curves.items():
        line(f"{who:>8}: {points[-1][1]:.4f}")
    line(f"{figure}")
    return 0


def status(args: argparse.Namespace, line: Line) -> int:
    """Show all chapters at a glance."""
    folder = Folder.open()
    line(bar(folder))
    for number, chapter in enumerate(CHAPTERS, start=1):
        title, *_ = chapter_texts(chapter.name, folder.language)
        done = sum(e.name in folder.passed for e in chapter.exercises)
        line(f"\n{number} {title}  {done}/{len(chapter.exercises)}")
        for exercise in chapter.exercises:
            line(f"  {state(folder, exercise)}")
    return 0


def state(folder: Folder, exercise: Exercise) -> str:
    """Show in one line how an exercise stands."""
    mark = "✓" if exercise.name in folder.passed else "·"
    title = texts_of(exercise.name, folder.language).title
    notes = []
    if hints := folder.hints.get(exercise.name):
        notes.append(say(folder.language, "hints-taken", count=hints))
    if exercise.name in folder.given_up:
        notes.append(say(folder.language, "given-up"))
    return f"{mark} {exercise.name:<24} {title}  {', '.join(notes)}".rstrip()


def bar(folder: Folder) -> str:
    """Show how many exercises have passed."""
    done, width = sum(name in folder.passed for name in EXERCISES), 40
    filled = width * done // len(EXERCISES)
    return f"[{'=' * filled}{' ' * (width - filled)}] {done}/{len(EXERCISES)}"


def step(args: argparse.Namespace, line: Line) -> int:
    """Write the page that walks through a small graph."""
    write_atomically(args.out, page(args.lang).encode())
    line(f"{args.out}")
    return 0


VERBS: dict[str, Callable[[argparse.Namespace, Line], int]] = {
    "start": start,
    "check": check_one,
    "watch": watch,
    "hint": hint,
    "show": show,
    "reset": reset,
    "run": fight_boss,
    "status": status,
    "step": step,
}
