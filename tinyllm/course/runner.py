"""The process of the learner's code: takes arguments, calls the learner's function, hands back.

    python -m tinyllm.course.runner EXERCISE [--trust]

A line of JSON comes in for each call, one goes out. The checker starts it, waits, and stops it
where it takes too long; so an endless loop or a full memory ends this process and nothing else.

While it runs, the learner's function stands in the library wherever the library's own stood, and
that one is gone: calling it says so. Reading the library's source, or starting another process, is
refused. This is a course's honesty, and no security boundary.
"""

from __future__ import annotations

import contextlib
import io
import json
import linecache
import os
import runpy
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from importlib.util import decode_source
from pathlib import Path
from typing import Any, TextIO

from tinyllm.course import library
from tinyllm.course.chapters import EXERCISES
from tinyllm.course.exercise import Exercise
from tinyllm.course.outcome import Outcome, outcome
from tinyllm.course.wire import ForeignError, TooLargeError, pack, unpack

MEMORY = 4 * 2**30  # bytes of address space; POSIX only
PRINTED = 2_000  # characters of what the learner prints
MODULE = "learner"  # what a learner's file is called in its own process
ROOT = Path(library.tinyllm.__file__).parent
REFUSED = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "socket.connect",
)


class EndedError(RuntimeError):
    """The learner's code raised what is no Exception, such as SystemExit: its name."""


class ForbiddenError(RuntimeError):
    """The learner's code did what would give the answer away."""


def main(arguments: list[str]) -> None:
    """Load a learner's file when told to, and serve calls, until the checker closes the line."""
    name, *trust = arguments
    questions = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # input() must not read the checker's lines
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is printed past Python must not get between
    limit_memory()
    exercise = EXERCISES[name]
    library.load_all()
    if not trust:  # the course's own tests try the right and wrong answers that it has
        hide_answers()
        sys.addaudithook(watch)
    function, file = None, ""
    for line in questions:
        message = json.loads(line)
        if "load" in message:
            file = message["load"]
            answer(answers, Outcome())  # it has started: from here on the time is the learner's
            function, problem = learners_function(exercise, Path(file))
            answer(answers, problem or Outcome())
        else:
            answer(answers, called(exercise.use, function, unpack(message["call"]), file))


def hide_answers() -> None:
    """Take away the right solutions that the course has for its own tests.

    Their modules go, too. To import one again means to read its file, and `watch` refuses that.
    """
    for exercise in EXERCISES.values():
        for function in (*exercise.others, *exercise.mistakes):
            vars(sys.modules[function.__module__]).pop(function.__name__, None)
        object.__setattr__(exercise, "others", ())
        object.__setattr__(exercise, "mistakes", ())
    for name in [name for name in sys.modules if name.startswith("tinyllm.course.chapters")]:
        del sys.modules[name]


def limit_memory() -> None:
    """Let Python say MemoryError before the machine is full."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 (not on Windows)

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def learners_function(exercise: Exercise, file: Path) -> tuple[Any, Outcome | None]:
    """Load the learner's file, and put its function in the library's place."""
    for name in (exercise.target, *exercise.hidden):
        library.put(library.plain(library.find(name)), library.stand_in(exercise.function))
    problem = unreadable(file)
    if problem is not None:
        return None, problem
    module: dict[str, Any] = {}

    def load() -> None:
        module.update(runpy.run_path(str(file), run_name=MODULE))

    found = called(lambda f: f(), load, (), str(file))
    if found.error:
        return None, found
    function = module.get(exercise.function)
    if not callable(function):
        own = {n: v for n, v in module.items() if getattr(v, "__module__", None) == MODULE}
        names = [name for name, value in own.items() if callable(value)]
        return None, Outcome(error="Missing", message=", ".join(names))
    for name in (exercise.target, *exercise.hidden):
        library.put(library.plain(library.find(name)), function)
    return function, None


def unreadable(file: Path) -> Outcome | None:
    """Say why Python cannot read a file, if so. It may have a BOM, and name an encoding."""
    try:
        content = file.read_bytes()
    except OSError as error:  # a file without rights
        return Outcome(error="SyntaxError", message=error.strerror or str(error))
    try:
        text = decode_source(content)
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        return Outcome(error="Encoding", message=str(number))
    except SyntaxError:  # bytes that are no UTF-8 in the first two lines, or an unknown encoding
        return Outcome(error="Encoding", message="1")
    try:
        compile(text, "<learner>", "exec")  # with its name, Python would read it a second time
    except (SyntaxError, ValueError) as error:
        message = getattr(error, "msg", str(error))
        return Outcome(error="SyntaxError", message=message, lines=caret(error))
    except (RecursionError, MemoryError) as error:
        return Outcome(error="SyntaxError", message=f"too many brackets ({error})")
    return None


def watch(event: str, details: tuple[Any, ...]) -> None:
    """Refuse what would give the answer away: an audit hook of Python."""
    if event.startswith(REFUSED):
        raise ForbiddenError(f"it starts another process or opens a connection ({event})")
    if event == "open" and isinstance(details[0], str | bytes | os.PathLike):
        path = os.path.realpath(os.fsdecode(details[0]))
        if path.startswith(f"{ROOT}{os.sep}") and path.endswith((".py", ".pyc", ".md")):
            raise ForbiddenError("it reads the library's source")


def called(use: Callable[..., Any], function: Any, case: Any, file: str) -> Outcome:
    """Call the learner's function; keep what it printed, and its own lines of an error."""
    printed, lines = io.StringIO(), ""

    def traced(*arguments: Any) -> Any:
        nonlocal lines
        try:
            return use(*arguments)
        except BaseException as error:
            lines = own_lines(error, file)
            if isinstance(error, Exception):
                raise
            raise EndedError(type(error).__name__) from error

    with contextlib.redirect_stdout(printed):
        found = outcome(traced, function, case)
    error = found.message if found.error == "EndedError" else found.error
    text = printed.getvalue()
    text = text[:PRINTED] + ("…" if len(text) > PRINTED else "")
    return Outcome(found.value, error, found.message[:PRINTED], lines, found.changed, text)


def own_lines(error: BaseException, file: str) -> str:
    """Return those lines of a traceback that are the learner's."""
    places = traceback.walk_tb(error.__traceback__)
    own = [number for frame, number in places if frame.f_code.co_filename == file]
    return "\n".join(f"line {n}: {linecache.getline(file, n).strip()}" for n in own[-3:])


def caret(error: Exception) -> str:
    """Return the line that does not parse, and where in it."""
    if not isinstance(error, SyntaxError) or error.text is None:
        return ""
    head = f"line {error.lineno}: "
    place = " " * (len(head) + max(0, (error.offset or 1) - 1))
    return f"{head}{error.text.rstrip()}\n{place}^"


def answer(answers: TextIO, found: Outcome) -> None:
    """Hand an outcome back. A value that cannot cross is an error, like others."""
    try:
        text = written(found)
    except TooLargeError as error:
        text = written(replace(found, value=None, error="TooLarge", message=str(error)))
    except ForeignError as error:
        text = written(replace(found, value=None, error="Foreign", message=str(error)))
    except RecursionError:
        message = "a list in a list without end"
        text = written(replace(found, value=None, error="Foreign", message=message))
    answers.write(text + "\n")
    answers.flush()


def written(found: Outcome) -> str:
    """Write an outcome as a line of JSON."""
    return json.dumps(vars(found) | {"value": pack(found.value)})


if __name__ == "__main__":
    main(sys.argv[1:])
