"""Is a learner's function right? If not: the smallest input that shows it, and the likely mistake.

Leaves out: how that is said (feedback.py). Who calls it: the command, the grader, the tests.
"""

from __future__ import annotations

import ast
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tinyllm.course import library
from tinyllm.course.exercise import Arguments, Exercise, as_variant, plainly
from tinyllm.course.outcome import Outcome, alike, difference, outcome
from tinyllm.course.process import Learner
from tinyllm.course.stubs import KEPT, UNTOUCHED

FORGOTTEN = "variant_forgotten"  # the mistake to write the exercise without its variant
EXAMPLES, SEARCH = 60, 4.0  # inputs that are tried; seconds after which the search for less ends
SHOWN_TWICE, MOST = 2, 0.6  # on how many probes a mistake among others must show, and their share
AT_ONCE = (
    "unfinished",
    "Endless",
    "Died",
    "MemoryError",
    "TooLarge",
    "SystemExit",
    "KeyboardInterrupt",
    "ForbiddenError",
    "TakenError",
)


class Refusal(str):
    """What is expected where our function refuses an input: the name of the error."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"an error, {self}"


@dataclass(frozen=True)
class Verdict:
    """What came out.

    kind:  "passed"; "untouched", "Encoding", "SyntaxError", "Missing" where there is nothing to
           call; "unfinished" where a part is not written yet; "error" where it raises; those of
           AT_ONCE; "changed" where it writes into its arguments; else how the value differs:
           "type", "length", "shape", "dtype", "nan", "values"
    case:  None where the function was not called yet: the file could not be loaded
    """

    kind: str
    case: Arguments | None = None
    got: Outcome | None = None
    expected: Any = None
    mistake: str | None = None
    more: bool = False  # whether something else is wrong beside the mistake

    @property
    def passed(self) -> bool:
        """Whether all is right."""
        return self.kind == "passed"


def check(exercise: Exercise, file: Path, seed: int = 0, *, student: str | None = None) -> Verdict:
    """Try a learner's function, in a process of its own, on probes and on drawn inputs.

    seed:     of the drawn inputs
    student:  whose variant it is to be
    """
    if is_untouched(file):
        return Verdict("untouched")
    with Learner(exercise.name) as learner:
        return tried(as_variant(exercise, student), file, seed, learner)


def tried(exercise: Exercise, file: Path, seed: int, learner: Learner) -> Verdict:
    """Check a file in a process that runs already."""
    if is_untouched(file):
        return Verdict("untouched")
    problem = learner.load(file)
    if problem is not None:
        kind = problem.error or "error"
        known = ("Encoding", "SyntaxError", "Missing", *AT_ONCE)
        return Verdict(kind if kind in known else "error", got=problem)
    found = search(exercise, learner, seed)
    if found.passed or found.kind in AT_ONCE:
        return found
    mistake, more = recognise(exercise, learner, found)
    return replace(found, mistake=mistake, more=more)


def is_untouched(file: Path) -> bool:
    """Whether a file still is as the course wrote it: no function has a body yet.

    What stands above the course's line, or below it, is the learner's.
    """
    try:
        with warnings.catch_warnings():  # of a "\d" in the learner's text
            warnings.simplefilter("ignore")
            tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    functions = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name not in KEPT
    ]
    return bool(functions) and all(is_empty(function) for function in functions)


def is_empty(function: ast.FunctionDef) -> bool:
    """Whether a function has no more than a docstring and `raise NotImplementedError`."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return [ast.unparse(line) for line in body] == [ast.unparse(ast.parse(UNTOUCHED))]


def search(exercise: Exercise, learner: Learner, seed: int) -> Verdict:
    """Look for an input on which the learner's function differs from ours, and then for a smaller.

    Hypothesis draws the inputs and shrinks the one that fails. Probes come after it: their inputs
    are larger, but they show what drawing may miss.
    """
    import hypothesis  # noqa: PLC0415 (half a second; only the course needs it)
    from hypothesis.errors import HypothesisException  # noqa: PLC0415

    smallest: list[Verdict] = []
    end = time.monotonic() + SEARCH

    def attempt(case: Arguments) -> None:
        if time.monotonic() > end and smallest:
            raise StopSearchError
        verdict = compare(exercise, learner, case)
        if verdict.passed:
            return
        smallest[:] = [verdict]
        if verdict.kind in AT_ONCE:
            raise StopSearchError
        raise AssertionError

    settings = hypothesis.settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
        suppress_health_check=list[Any](hypothesis.HealthCheck),
        print_blob=False,
        verbosity=hypothesis.Verbosity.quiet,
    )
    drawn = hypothesis.seed(seed)(settings(hypothesis.given(exercise.cases())(attempt)))
    try:
        drawn()
    except (AssertionError, StopSearchError, HypothesisException):
        return smallest[0]
    for case in exercise.probes():
        verdict = compare(exercise, learner, case)
        if not verdict.passed:
            return verdict
    return Verdict("passed")


class StopSearchError(BaseException):
    """Enough: what was found is told. (No Exception, so that Hypothesis does not look further.)"""


def ours(exercise: Exercise) -> Any:
    """Return the library's own function, as the exercise's variant has it."""
    return exercise.change(library.plain(library.find(exercise.target)))


def compare(exercise: Exercise, learner: Learner, case: Arguments) -> Verdict:
    """Hold the learner's outcome to ours."""
    expected, got = outcome(exercise.use, ours(exercise), case), learner.call(case)
    kind = kind_of(got, expected, exercise.tolerance)
    if kind == "changed":  # keep those that nobody asked to change
        got = replace(got, changed=[i for i in got.changed if i not in expected.changed])
    wanted = Refusal(expected.error) if expected.error else expected.value
    return Verdict(kind, case, got, wanted)


def kind_of(got: Outcome, expected: Outcome, tolerance: float) -> str:
    """Say how an outcome differs from ours; "passed" if not."""
    if got.error in AT_ONCE:
        return str(got.error)
    if got.error == "NotImplementedError":
        return "unfinished"
    if got.error == "Foreign":
        return "type"
    if expected.error:  # ours refuses this input: so must the learner's, in whatever words
        return "passed" if got.error else "values"
    if got.error:
        return "error"
    if set(got.changed) - set(expected.changed):
        return "changed"
    return difference(got.value, expected.value, tolerance) or "passed"


def recognise(exercise: Exercise, learner: Learner, found: Verdict) -> tuple[str | None, bool]:
    """Name the mistake that does what the learner's function does, on every probe.

    Where there is none, two mistakes may have come together. Then name the one that shows on most
    of the probes on which it differs from a right answer; the second result says: there is more.
    """
    cases = [*([] if found.case is None else [found.case]), *exercise.probes()]
    seen = [learner.call(case) for case in cases]
    right = [outcome(exercise.use, ours(exercise), case) for case in cases]
    wrong = {mistake.__name__: mistake for mistake in exercise.mistakes}
    if exercise.change is not plainly:
        wrong[FORGOTTEN] = library.plain(library.find(exercise.target))
    shares: dict[str, float] = {}
    for name, function in wrong.items():
        theirs = [outcome(exercise.use, function, case) for case in cases]
        does = [alike(*pair, exercise.tolerance) for pair in zip(seen, theirs, strict=True)]
        if all(does):
            return name, False
        shows = [not alike(*pair, exercise.tolerance) for pair in zip(right, theirs, strict=True)]
        both = sum(one and other for one, other in zip(does, shows, strict=True))
        if both >= SHOWN_TWICE:
            shares[name] = both / sum(shows)
    best = max(shares, key=lambda name: shares[name], default=None)
    return (best, True) if best is not None and shares[best] >= MOST else (None, False)
