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
from pathlib import Path
from typing import Any, TextIO

from tinyllm.course import library
from tinyllm.course.chapters import EXERCISES
from tinyllm.course.exercise import Exercise
from tinyllm.course.outcome import Outcome, outcome
from tinyllm.course.wire import ForeignError, pack, unpack

MEMORY = 4 * 2**30  # bytes of address space; POSIX only
PRINTED = 2_000  # characters of what the learner prints
ROOT = Path(library.tinyllm.__file__).parent
REFUSED = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "socket.connect",
)


class ForbiddenError(RuntimeError):
    """The learner's code did what would give the answer away."""


def main(arguments: list[str]) -> None:
    """Load a learner's file when told to, and serve calls, until the checker closes the line."""
    name, *trust = arguments
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is printed past Python must not get between
    limit_memory()
    exercise = EXERCISES[name]
    library.load_all()
    if not trust:  # the course's own tests try the right and wrong answers that it has
        hide_answers()
        sys.addaudithook(watch)
    function, file = None, ""
    for line in sys.stdin:
        message = json.loads(line)
        if "load" in message:
            file = message["load"]
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
    try:
        compile(file.read_text(encoding="utf-8"), str(file), "exec")
    except (SyntaxError, ValueError) as error:
        return None, Outcome(error="SyntaxError", message=str(error), lines=caret(error))
    module: dict[str, Any] = {}

    def load() -> None:
        module.update(runpy.run_path(str(file), run_name="learner"))

    found = called(lambda f: f(), load, (), str(file))
    if found.error:
        return None, found
    function = module.get(exercise.function)
    if not callable(function):
        names = [n for n, v in module.items() if callable(v) and n[0] != "_"]
        return None, Outcome(error="Missing", message=", ".join(names))
    for name in (exercise.target, *exercise.hidden):
        library.put(library.plain(library.find(name)), function)
    return function, None


def watch(event: str, details: tuple[Any, ...]) -> None:
    """Refuse what would give the answer away: an audit hook of Python."""
    if event.startswith(REFUSED):
        raise ForbiddenError(f"it starts another process or opens a connection ({event})")
    if event == "open" and isinstance(details[0], str | bytes | os.PathLike):
        path = os.path.realpath(os.fsdecode(details[0]))
        if path.startswith(str(ROOT)) and path.endswith((".py", ".pyc", ".md")):
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
            if isinstance(error, SystemExit | KeyboardInterrupt | RecursionError | MemoryError):
                raise RuntimeError(type(error).__name__) from error
            raise

    with contextlib.redirect_stdout(printed):
        found = outcome(traced, function, case)
    error = found.error
    if error == "RuntimeError" and found.message in ("SystemExit", "RecursionError", "MemoryError"):
        error = found.message
    text = printed.getvalue()[:PRINTED]
    return Outcome(found.value, error, found.message, lines, found.changed, text)


def own_lines(error: BaseException, file: str) -> str:
    """Return those lines of a traceback that are the learner's."""
    places = traceback.walk_tb(error.__traceback__)
    own = [number for frame, number in places if frame.f_code.co_filename == file]
    return "\n".join(f"line {n}: {linecache.getline(file, n).strip()}" for n in own[-3:])


def caret(error: Exception) -> str:
    """Return the line that does not parse, and where in it."""
    if not isinstance(error, SyntaxError) or error.text is None:
        return ""
    return (
        f"line {error.lineno}: {error.text.rstrip()}\n"
        + " " * (len(f"line {error.lineno}: ") + max(0, (error.offset or 1) - 1))
        + "^"
    )


def answer(answers: TextIO, found: Outcome) -> None:
    """Hand an outcome back."""
    reply = {key: value for key, value in vars(found).items() if key != "value"}
    try:
        reply["value"] = pack(found.value)
    except ForeignError as error:
        reply |= {"error": "Foreign", "message": str(error), "value": None}
    answers.write(json.dumps(reply) + "\n")
    answers.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
