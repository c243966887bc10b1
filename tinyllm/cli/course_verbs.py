"""What each part of `tinyllm course` does. It needs all exercises, so course.py imports it late."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from tinyllm.course.boss import Fought, fight
from tinyllm.course.chapters import CHAPTERS, EXERCISES
from tinyllm.course.checker import check
from tinyllm.course.exercise import Chapter, Exercise, variant_of
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
    if not verdict.passed:
        folder.forget_pass(exercise)
    else:
        folder.note_pass(exercise)
        if ready := boss_ready(folder, exercise):
            line(f"\n{ready}")
        following = folder.next_after(exercise)
        done = say(folder.language, "all-done")
        what = say(folder.language, "next", file=folder.file(following)) if following else done
        line(f"\n{what}")
    return verdict.passed


def boss_ready(folder: Folder, exercise: Exercise) -> str:
    """Say that the boss of an exercise's chapter is next, if all of the chapter has passed."""
    chapter = next(c for c in CHAPTERS if exercise in c.exercises)
    if any(e.name not in folder.passed for e in chapter.exercises):
        return ""
    number = CHAPTERS.index(chapter) + 1
    return say(folder.language, "boss-ready", number=number, name=chapter.name)


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
    chapter = chapter_of(args.chapter)
    passed = [
        e
        for e in chapter.exercises
        if e.name in folder.passed and variant_of(e, folder.student) is None
    ]
    _, _, about = chapter_texts(chapter.name, folder.language)
    line(about)
    own = still_right(folder, passed, line)
    line(say(folder.language, "boss-own" if own else "boss-none", names=", ".join(own)))
    figure = folder.path / f"boss-{chapter.name}.png"
    fought = fight(chapter, own, figure, line)
    tell(chapter, fought, folder.language, line)
    line(f"{figure}")
    return 0


def chapter_of(name: str) -> Chapter:
    """Look a chapter up by its name, its number, or its folder.

    Raises:    OptionError if there is none
    """
    word = name.rstrip("/").lower()
    for number, chapter in enumerate(CHAPTERS, start=1):
        names = (chapter.name, f"{number}", f"{number:02}", f"{number:02}-{chapter.name}")
        if word in names:
            return chapter
    names = ", ".join(chapter.name for chapter in CHAPTERS)
    raise OptionError(f"course: there is no chapter {name!r}. Hint: the chapters are {names}.")


def still_right(folder: Folder, passed: list[Exercise], line: Line) -> dict[str, Path]:
    """Check again what has passed before: a file may have changed since. Return what is right."""
    own = {}
    if passed:
        line(say(folder.language, "boss-again", names=", ".join(e.name for e in passed)))
    for exercise in passed:
        file = folder.file(exercise)
        if file.exists() and check(exercise, file, student=folder.student).passed:
            own[exercise.name] = file
        else:
            folder.forget_pass(exercise)
            line(say(folder.language, "boss-without", name=exercise.name))
    return own


def tell(chapter: Chapter, fought: Fought, language: str, line: Line) -> None:
    """Say where the curves end, and what of the learner's was called."""
    assert chapter.boss is not None
    for side, curves in fought.curves.items():
        for name, points in curves.items():
            line(f"{side:>8}: {f'{name}: ' * bool(name)}{chapter.boss.up} {points[-1][1]:.4f}")
    if len(fought.curves) > 1 and len({str(curves) for curves in fought.curves.values()}) > 1:
        line(say(language, "boss-apart"))
    calls = {name: count for name, count in fought.calls.items() if count}
    idle = [name for name, count in fought.calls.items() if not count]
    if calls:
        counts = ", ".join(f"{name} {count:,}" for name, count in calls.items())
        line(say(language, "boss-calls", names=counts))
    if idle:
        line(say(language, "boss-idle", names=", ".join(idle)))


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
