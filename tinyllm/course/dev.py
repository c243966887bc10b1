"""Is the course itself right? What `tinyllm course dev check` and the tests of the course ask.

every stub fails, the library's own solution passes, and so do other right ones
every mistake is refused, and recognised by its own name
every text is there in every language, and what it points to exists
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tinyllm
from tinyllm.course import library
from tinyllm.course.chapters import CHAPTERS, EXERCISES
from tinyllm.course.checker import Verdict, tried
from tinyllm.course.exercise import Exercise
from tinyllm.course.process import Learner
from tinyllm.course.stubs import solution, stub
from tinyllm.course.texts import FOLDER, LANGUAGES, TextError, chapter_texts, texts_of

ROOT = Path(tinyllm.__file__).parents[1]
HEAD = "from __future__ import annotations\n"
LEAST = 5  # mistakes an exercise has


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    exercise: str
    what: str
    problem: str | None = None  # None: it is right
    named: bool = True  # a mistake: whether it was recognised by its own name
    is_mistake: bool = False


def findings(names: list[str] | None = None) -> Iterator[Finding]:
    """Look at everything, or at some exercises."""
    for exercise in [EXERCISES[name] for name in names or EXERCISES]:
        yield from text_findings(exercise)
        with TemporaryDirectory() as folder, Learner(exercise.name, trust=True) as learner:
            for number, (what, source, wanted) in enumerate(attempts(exercise)):
                file = Path(folder) / f"attempt{number}.py"
                file.write_text(source, encoding="utf-8")
                if learner.is_alive():
                    verdict = tried(exercise, file, 0, learner)
                else:  # an attempt before this one ended it
                    with Learner(exercise.name, trust=True) as another:
                        verdict = tried(exercise, file, 0, another)
                yield judged(exercise, what, verdict, wanted)
    for chapter in () if names else CHAPTERS:
        for language in LANGUAGES:
            try:
                chapter_texts(chapter.name, language)
            except TextError as error:
                yield Finding(chapter.name, f"chapter, {language}", str(error))


def attempts(exercise: Exercise) -> Iterator[tuple[str, str, str]]:
    """Yield (what, source of a learner's file, the kind of verdict it must get or "mistake")."""
    texts = texts_of(exercise.name, LANGUAGES[0])
    yield "the stub", stub(exercise, texts, ""), "untouched"
    yield "our solution", own_source(exercise), "passed"
    for other in exercise.others:
        yield f"right: {other.__name__}", source_of(exercise, other), "passed"
    for mistake in exercise.mistakes:
        yield mistake.__name__, source_of(exercise, mistake), "mistake"


def own_source(exercise: Exercise) -> str:
    """Write a learner's file with the library's solution in it, and what that needs around it."""
    module, _, _ = exercise.target.partition(":")
    return f"{HEAD}from {module} import *\n{around(exercise)}\n{solution(exercise.target)}"


def around(exercise: Exercise) -> str:
    """Give a solution what stands beside it in its module: helpers, constants, imports."""
    module = exercise.target.partition(":")[0]
    own = exercise.function
    return textwrap.dedent(f"""
        import importlib as _importlib
        globals().update({{
            name: value for name, value in vars(_importlib.import_module("{module}")).items()
            if not name.startswith("__") and name != "{own}"
        }})
        """)


def source_of(exercise: Exercise, function: Callable[..., Any]) -> str:
    """Write a learner's file with a function of the chapter in the place of the exercise's."""
    module, name = function.__module__, function.__name__
    source = textwrap.dedent(inspect.getsource(function))
    kind = "class" if isinstance(function, type) else "def"
    source = source.replace(f"{kind} {name}", f"{kind} {exercise.function}", 1)
    return f"{HEAD}{exercise.imports}\nfrom {module} import *\n\n\n{source}"


def judged(exercise: Exercise, what: str, verdict: Verdict, wanted: str) -> Finding:
    """Hold a verdict to what it must be."""
    if wanted != "mistake":
        problem = None if verdict.kind == wanted else f"must be {wanted}; is {told(verdict)}"
        return Finding(exercise.name, what, problem)
    if verdict.passed or verdict.case is None:
        return Finding(exercise.name, what, f"must be refused; is {told(verdict)}", False, True)
    return Finding(exercise.name, what, None, verdict.mistake == what, True)


def told(verdict: Verdict) -> str:
    """Say a verdict in one line, for whoever writes exercises."""
    message = f": {verdict.got.error} {verdict.got.message}" if verdict.got else ""
    return f"{verdict.kind}{message}, expected {verdict.expected!r:.80}, mistake {verdict.mistake}"


def text_findings(exercise: Exercise) -> Iterator[Finding]:
    """Look whether an exercise has its texts, in all languages, and enough mistakes."""
    wanted = {mistake.__name__ for mistake in exercise.mistakes}
    if len(wanted) < LEAST:
        yield Finding(exercise.name, "mistakes", f"needs at least {LEAST}; has {len(wanted)}")
    try:
        library.find(exercise.target)
    except (ImportError, AttributeError) as error:
        yield Finding(exercise.name, "target", str(error))
    for language in LANGUAGES:
        try:
            texts = texts_of(exercise.name, language)
        except TextError as error:
            yield Finding(exercise.name, f"texts, {language}", str(error))
            continue
        if texts.mistakes.keys() != wanted:
            differ = sorted(texts.mistakes.keys() ^ wanted)
            yield Finding(exercise.name, f"texts, {language}", f"mistakes differ: {differ}")
        page = ROOT / texts.read.partition("#")[0]
        if (ROOT / "docs").is_dir() and not page.exists():
            yield Finding(exercise.name, f"texts, {language}", f"there is no {texts.read}")
        empty = [name for name, (title, body) in texts.mistakes.items() if not title or not body]
        if empty:
            yield Finding(exercise.name, f"texts, {language}", f"no words for {', '.join(empty)}")
        yield Finding(exercise.name, f"texts, {language}")


def left_over() -> list[str]:
    """Name the texts that belong to no exercise."""
    known = {*EXERCISES, *(f"chapter-{chapter.name}" for chapter in CHAPTERS)}
    files = [file for language in LANGUAGES for file in (FOLDER / language).glob("*.md")]
    return [f"{file.parent.name}/{file.name}" for file in files if file.stem not in known]
