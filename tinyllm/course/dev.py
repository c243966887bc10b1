"""Is the course itself right? What `tinyllm course dev check` and the tests of the course ask.

every stub fails, the library's own solution passes, and so do other right ones
every mistake is refused, and recognised by its own name
all this holds for every variant, and the plain solution is refused there
every text is there in every language, and what it points to exists
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tinyllm
from tinyllm.course import library
from tinyllm.course.chapters import CHAPTERS, EXERCISES
from tinyllm.course.checker import FORGOTTEN, Verdict, tried
from tinyllm.course.exercise import Exercise, in_variant
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
    """Look at everything, or at some exercises, as many at a time as there are cores."""
    chosen = names or list(EXERCISES)
    if len(chosen) == 1:
        yield from exercise_findings(chosen[0])
    else:
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:
            for found in processes.map(exercise_findings, chosen):
                yield from found
    for chapter in () if names else CHAPTERS:
        for language in LANGUAGES:
            try:
                chapter_texts(chapter.name, language)
            except TextError as error:
                yield Finding(chapter.name, f"chapter, {language}", str(error))


def exercise_findings(name: str) -> list[Finding]:
    """Look at one exercise."""
    exercise = EXERCISES[name]
    found = list(text_findings(exercise))
    with TemporaryDirectory() as folder, Learner(name, trust=True) as learner:
        for number, attempt in enumerate(attempts(exercise)):
            file = Path(folder) / f"attempt{number}.py"
            file.write_text(attempt.source, encoding="utf-8")
            if learner.is_alive():
                verdict = tried(attempt.exercise, file, 0, learner)
            else:  # an attempt before this one ended it
                with Learner(name, trust=True) as another:
                    verdict = tried(attempt.exercise, file, 0, another)
            found.append(judged(attempt, verdict))
    return found


@dataclass(frozen=True)
class Attempt:
    """A learner's file, and what must come of it.

    wanted:   the kind of verdict, or the name of the mistake by which it is refused
    """

    exercise: Exercise
    what: str
    source: str
    wanted: str
    is_mistake: bool = False


def attempts(exercise: Exercise) -> Iterator[Attempt]:
    """Make right files and wrong ones."""
    own, texts = own_source(exercise), texts_of(exercise.name, LANGUAGES[0])
    yield Attempt(exercise, "the stub", stub(exercise, texts, ""), "untouched")
    yield Attempt(exercise, "our solution", own, "passed")
    for other in exercise.others:
        yield Attempt(exercise, f"right: {other.__name__}", source_of(exercise, other), "passed")
    for mistake in exercise.mistakes:
        name = mistake.__name__
        yield Attempt(exercise, name, source_of(exercise, mistake), name, is_mistake=True)
    for number in range(len(exercise.variants)):
        yield from variant_attempts(exercise, number)


def variant_attempts(exercise: Exercise, number: int) -> Iterator[Attempt]:
    """Change all of these files as a variant asks for; what is not changed is wrong in it."""
    what, function = f"variant {number}: ", exercise.function
    changed = in_variant(exercise, exercise.variants[number])
    own = own_source(exercise)
    yield Attempt(changed, what + FORGOTTEN, own, FORGOTTEN, is_mistake=True)
    right = {other.__name__: source_of(exercise, other) for other in exercise.others}
    for name, source in {"our solution": own, **right}.items():
        end = f"{function} = _exercise.variants[{number}].change({function})\n"
        yield Attempt(changed, what + name, f"{source}{tail(exercise)}{end}", "passed")
    for mistake in exercise.mistakes:
        name, source = mistake.__name__, source_of(exercise, mistake)
        end = f"{function} = _mistake_of(_exercise, _exercise.variants[{number}], {function})\n"
        text = f"{source}{tail(exercise)}{end}"
        yield Attempt(changed, what + name, text, name, is_mistake=True)


def tail(exercise: Exercise) -> str:
    """Write what a file imports that changes its function as a variant does."""
    return textwrap.dedent(f"""

        from tinyllm.course.chapters import EXERCISES as _exercises
        from tinyllm.course.exercise import mistake_of as _mistake_of
        _exercise = _exercises["{exercise.name}"]
        """)


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


def judged(attempt: Attempt, verdict: Verdict) -> Finding:
    """Hold a verdict to what it must be."""
    name, what = attempt.exercise.name, attempt.what
    if not attempt.is_mistake:
        right = verdict.kind == attempt.wanted
        return Finding(
            name, what, None if right else f"must be {attempt.wanted}; is {told(verdict)}"
        )
    if verdict.passed or verdict.case is None:
        return Finding(name, what, f"must be refused; is {told(verdict)}", False, True)
    return Finding(name, what, None, verdict.mistake == attempt.wanted, True)


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
        yield from variant_text_findings(exercise, language)
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


def variant_text_findings(exercise: Exercise, language: str) -> Iterator[Finding]:
    """Look whether each variant is told in a language, as no other one is, with a worked number."""
    texts = [variant.text.get(language, "") for variant in exercise.variants]
    for number, text in enumerate(texts):
        what = f"variant {number}, {language}"
        if not re.search(r"\d", text):
            yield Finding(exercise.name, what, "has no text with a worked number")
        if texts.index(text) != number:
            yield Finding(exercise.name, what, "has the text of another one")


def left_over() -> list[str]:
    """Name the texts that belong to no exercise."""
    known = {*EXERCISES, *(f"chapter-{chapter.name}" for chapter in CHAPTERS)}
    files = [file for language in LANGUAGES for file in (FOLDER / language).glob("*.md")]
    return [f"{file.parent.name}/{file.name}" for file in files if file.stem not in known]
