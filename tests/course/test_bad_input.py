"""What goes wrong on a learner's side: one clear line, an exit code, and nothing is lost."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from tests.cli.commands import Command, listing, shell
from tests.course.answers import RIGHT
from tests.course.bad_files import ENCODINGS, RETURNS_X, SOURCES
from tinyllm.cli.course_verbs import still_right
from tinyllm.course import process, runner
from tinyllm.course.chapters import EXERCISES
from tinyllm.course.folder import Folder
from tinyllm.course.progress import LOCK

SOFTMAX, TEMPERATURE = EXERCISES["softmax"], EXERCISES["temperature"]
PLACE = "02-kernels/01-softmax.py"
UNIX = pytest.mark.skipif(os.name != "posix", reason="signals and rights as Unix has them")


@pytest.fixture
def command(capsys):
    return Command(capsys)


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course that has just begun; the working folder is inside of it."""
    folder = Folder.start(tmp_path / "mein Kurs 课程")
    monkeypatch.chdir(folder.path)
    monkeypatch.setattr(process, "CALL", 3.0)
    return folder


def content_of(folder):
    return json.loads((folder.path / "course.json").read_text(encoding="utf-8"))


# ------------------------------------------------------------ the learner's file
@pytest.mark.parametrize("name", ENCODINGS)
def test_a_file_that_an_editor_saved_in_its_own_way_is_read_or_told(course, command, name):
    content, told = ENCODINGS[name]
    (course.path / PLACE).write_bytes(content)
    result = command("course", "check", "softmax")
    assert (result.code, result.err) == (1, "")
    assert told in result.out
    assert (course.path / PLACE).read_bytes() == content


@pytest.mark.parametrize("name", SOURCES)
def test_a_file_that_does_odd_things_gets_a_clear_line(course, command, name):
    source, told = SOURCES[name]
    (course.path / PLACE).write_text(source, encoding="utf-8")
    result = command("course", "check", "softmax")
    assert (result.code, result.err) == (1, "")
    assert told in result.out
    assert "Traceback" not in result.out
    assert max(map(len, result.out.splitlines())) < 200


def test_what_is_left_below_an_answer_does_not_make_it_untouched(course, command):
    """Many write above the course's line, and forget to delete it."""
    left = RIGHT + '    raise NotImplementedError("your code here")\n'
    (course.path / PLACE).write_text(left, encoding="utf-8")
    assert command("course", "check", "softmax").code == 0


def test_a_backslash_that_python_warns_of_is_no_matter(course, command):
    file = course.file(SOFTMAX)
    text = file.read_text(encoding="utf-8").replace("import numpy", 'PATTERN = "\\d"\nimport numpy')
    file.write_text(text, encoding="utf-8")
    result = command("course", "check", "softmax")
    assert (result.code, result.err) == (1, "")
    assert "Nothing is written yet" in result.out


def test_a_class_that_is_half_written_is_not_untouched(course, command):
    file = course.file(EXERCISES["small-engine"])
    text = file.read_text(encoding="utf-8")
    assert "Nothing is written yet" in command("course", "check", "small-engine").out
    body = 'raise NotImplementedError("your code here")'
    file.write_text(text.replace(body, "return None", 1), encoding="utf-8")
    assert "Nothing is written yet" not in command("course", "check", "small-engine").out


def test_what_is_imported_is_not_offered_as_the_renamed_function(course, command):
    source = "from numpy import *\ndef forward_numpi(x):\n    return x\n"
    (course.path / PLACE).write_text(source, encoding="utf-8")
    out = command("course", "check", "softmax").out
    assert "must have a function forward_numpy; it has forward_numpi." in out


def test_a_folder_whose_name_begins_like_the_librarys_is_no_secret():
    """`tinyllm course start tinyllm-course`, right beside the library."""
    runner.watch("open", (f"{runner.ROOT}-course/02-kernels/01-softmax.py", "r", 0))
    with pytest.raises(runner.ForbiddenError):
        runner.watch("open", (str(runner.ROOT / "kernels" / "softmax.py"), "r", 0))


@UNIX
def test_a_file_without_rights_is_told(course):
    file = course.path / PLACE
    file.write_text(RIGHT, encoding="utf-8")
    file.chmod(0)
    line = [
        *without_a_roots_rights(),
        sys.executable,
        "-m",
        "tinyllm",
        "course",
        "check",
        "softmax",
    ]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (1, "")
    assert "Python cannot read the file: Permission denied" in done.stdout


# ------------------------------------------------------------ the folder
@UNIX
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("check softmax", "course.json"),
        ("hint softmax", "course.json"),
        ("show softmax --give-up", "course.json"),
        ("reset softmax", PLACE),
        ("watch softmax", "course.json"),
        ("start new", "'new'"),
        ("step", "step.html"),
    ],
)
def test_a_read_only_folder_is_told_in_one_line(course, line, told):
    (course.path / PLACE).write_text(RIGHT, encoding="utf-8")
    before = listing(course.path)
    for folder in (course.path, *course.path.glob("*/")):
        folder.chmod(0o555)
    done = subprocess.run(
        [*without_a_roots_rights(), sys.executable, "-m", "tinyllm", "course", *line.split()],
        capture_output=True,
        text=True,
        timeout=120,
    )
    for folder in (course.path, *course.path.glob("*/")):
        folder.chmod(0o755)
    assert done.returncode == 2, done
    assert done.stderr.count("\n") == 1
    assert "Permission denied" in done.stderr
    assert listing(course.path) == before
    if "check" in line:
        assert "Softmax: passed." in done.stdout  # it is told before it is noted


def without_a_roots_rights():
    """Start a command so that rights bind it. They do not bind root, unless it gives that up."""
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        pytest.skip("needs setpriv where one is root")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"]


@pytest.mark.parametrize("line", ["check softmax", "hint softmax", "reset softmax", "start new"])
def test_a_full_disk_is_told_and_leaves_no_half_files(course, command, monkeypatch, line):
    (course.path / PLACE).write_text(RIGHT, encoding="utf-8")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tinyllm.files.os.fsync", full)
    result = command("course", *line.split())
    assert result.code == 2
    assert result.err.count("\n") == 1
    assert "No space left on device" in result.err
    assert content_of(course)["passed"] == {}
    assert not (course.path / LOCK).exists()
    written = [file.read_text(encoding="utf-8") for file in course.path.glob("02-kernels/01-*")]
    assert RIGHT in written
    assert not [name for name in listing(course.path) if name.endswith(".tmp")]


def test_a_course_whose_start_was_cut_off_is_completed(tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    whole, count = os.fsync, 0

    def fails_at_the_fifth(descriptor):
        nonlocal count
        count += 1
        if count == 5:
            raise OSError(28, "No space left on device")
        whole(descriptor)

    monkeypatch.setattr("tinyllm.files.os.fsync", fails_at_the_fifth)
    assert command("course", "start", "mine", "--lang", "zh").code == 2
    monkeypatch.setattr("tinyllm.files.os.fsync", whole)
    monkeypatch.chdir("mine")
    assert command("course", "status").code == 0
    assert Folder.open().language == "zh"
    assert all(Folder.open().file(exercise).exists() for exercise in EXERCISES.values())


@pytest.mark.parametrize(
    "content",
    [
        "",
        '{"version": 1, "lang',
        "[]",
        "null",
        '{"version": "new", "language": "en"}',
        '{"version": 1, "language": ["en"]}',
        '{"version": 1, "language": "en", "passed": []}',
        '{"version": 1, "language": "en", "hints": {"softmax": "two"}}',
        '{"version": 1, "language": "en", "given_up": "softmax"}',
        '{"version": 1, "language": "en", "student": 4711}',
        "[" * 10_000,
        "\udcff",
    ],
)
def test_a_damaged_course_json_is_told_and_can_be_mended(course, command, content):
    file = course.path / "course.json"
    file.write_text(content, encoding="utf-8", errors="surrogateescape")
    before = listing(course.path)
    for line in ("check softmax", "hint softmax", "status", "reset softmax", "run kernels"):
        result = command("course", *line.split())
        assert result.code == 2
        assert result.err.count("\n") == 1
        assert "course.json' is broken. Hint: your answers are safe." in result.err
    assert listing(course.path) == before
    file.write_text(result.err.split("Write ")[1].split(" into")[0], encoding="utf-8")
    assert command("course", "status").code == 0


def test_a_path_with_spaces_and_letters_of_other_scripts_will_do(course):
    assert " " in str(course.path)
    assert not str(course.path).isascii()
    assert shell("course", "check", "softmax").returncode == 1
    (course.path / PLACE).write_text(RIGHT, encoding="utf-8")
    done = shell("course", "check", "softmax")
    assert (done.returncode, done.stderr) == (0, "")
    assert shell("course", "hint", "softmax").returncode == 0
    assert shell("course", "reset", "softmax").returncode == 0
    assert (course.path / "02-kernels/01-softmax.1.bak").read_text(encoding="utf-8") == RIGHT


def test_a_terminal_that_does_not_know_a_letter_gets_its_number(course, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = shell("course", "status")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\xb7 softmax" in done.stdout


# ------------------------------------------------------------ an older course
def as_an_older_version_had_it(course, exercise, old, text):
    """Put an answer where another version of the course would have written it."""
    file = course.path / old
    file.parent.mkdir(exist_ok=True)
    course.file(exercise).rename(file)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("old", ["02-kernels/09-softmax.py", "01-basics/01-softmax.py"])
@pytest.mark.filterwarnings("default")
def test_an_answer_moves_along_with_its_exercise(course, command, old):
    file = as_an_older_version_had_it(course, SOFTMAX, old, RIGHT)
    (file.parent / f"{file.stem}.1.bak").write_text("the first try", encoding="utf-8")
    result = command("course", "check", "softmax")
    assert result.code == 0
    assert f"{os.path.normpath(old)} has another place now, {os.path.normpath(PLACE)}" in result.err
    assert result.err.count("\n") == 1
    assert list(course.path.rglob("[0-9][0-9]-softmax.py")) == [course.path / PLACE]
    assert (course.path / PLACE).read_text(encoding="utf-8") == RIGHT
    copy = (course.path / PLACE).with_suffix(".1.bak")
    assert copy.read_text(encoding="utf-8") == "the first try"
    assert file.parent.exists() == (file.parent.name == "02-kernels")
    assert command("course", "check", "softmax").err == ""


@pytest.mark.filterwarnings("default")
def test_two_answers_that_change_places_are_not_mixed_up(course, command):
    other = EXERCISES["softmax-backward"]
    as_an_older_version_had_it(course, other, "02-kernels/01-softmax-backward.py", "two = 2\n")
    as_an_older_version_had_it(course, SOFTMAX, "02-kernels/02-softmax.py", "one = 1\n")
    assert command("course", "status").code == 0
    assert course.file(SOFTMAX).read_text(encoding="utf-8") == "one = 1\n"
    assert course.file(other).read_text(encoding="utf-8") == "two = 2\n"


@pytest.mark.filterwarnings("default")
def test_of_two_files_the_one_that_does_not_count_is_named(course, command):
    """An editor that still has the old file open saves it at its old place."""
    (course.path / "01-basics").mkdir()
    (course.path / "01-basics/01-softmax.py").write_text(RIGHT, encoding="utf-8")
    result = command("course", "check", "softmax")
    assert result.code == 1
    assert "01-softmax.py does not count" in result.err
    assert (course.path / "01-basics/01-softmax.py").read_text(encoding="utf-8") == RIGHT


def test_a_submission_of_an_older_version_gets_its_points(course, command):
    as_an_older_version_had_it(course, SOFTMAX, "01-basics/03-softmax.py", RIGHT)
    for path in course.path.rglob("*.py"):
        if path.name != "03-softmax.py":
            path.unlink()
    before = listing(course.path)
    assert "1 of" in command("course", "grade", ".").out
    assert listing(course.path) == before


# ------------------------------------------------------------ more than one command at once
def test_what_two_commands_note_is_kept_of_both(course):
    one, two = Folder.open(), Folder.open()
    one.note_pass(SOFTMAX)
    two.next_hint(TEMPERATURE)
    one.note_given_up(TEMPERATURE)
    two.note_pass(TEMPERATURE)
    found = Folder.open()
    assert found.passed.keys() == {"softmax", "temperature"}
    assert (found.hints, found.given_up) == ({"temperature": 1}, ["temperature"])


def test_checks_may_run_at_the_same_time(course):
    (course.path / PLACE).write_text(RIGHT, encoding="utf-8")
    course.file(TEMPERATURE).write_text(
        "def temperature(logits, value):\n    return logits / value\n"
    )
    lines = [
        [sys.executable, "-m", "tinyllm", "course", "check", e] for e in ("softmax", "temperature")
    ]
    running = [subprocess.Popen(line, stdout=subprocess.DEVNULL) for line in lines]
    assert [child.wait(timeout=120) for child in running] == [0, 0]
    assert Folder.open().passed.keys() == {"softmax", "temperature"}
    assert not (course.path / LOCK).exists()


def test_a_lock_that_was_left_behind_is_taken(course, command, monkeypatch):
    monkeypatch.setattr("tinyllm.course.progress.STALE", 0.1)
    (course.path / LOCK).touch()
    assert command("course", "hint", "softmax").code == 0
    assert not (course.path / LOCK).exists()


# ------------------------------------------------------------ Ctrl-C
WAITS = """
import os, time
from pathlib import Path

def forward_numpy(x):
    Path(os.environ["BEGAN"]).touch()
    time.sleep(60)
"""


@UNIX
@pytest.mark.parametrize("line", ["check softmax", "watch softmax", "run kernels"])
@pytest.mark.parametrize("to_all", [True, False], ids=["from a terminal", "to the command alone"])
def test_ctrl_c_ends_all_and_changes_nothing(course, tmp_path, line, to_all):
    source = WAITS
    if line.startswith("run"):  # it passes the check before the boss, and waits in the boss
        course.note_pass(SOFTMAX)
        head, _, rest = RIGHT.partition(":\n")
        waits = WAITS.replace("forward_numpy", "wait")
        source = f"{waits}{head}:\n    x.size > 1000 and wait(x)\n{rest}"
    (course.path / PLACE).write_text(source, encoding="utf-8")
    before, began = listing(course.path), tmp_path / "began"
    running = subprocess.Popen(
        [sys.executable, "-m", "tinyllm", "course", *line.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"BEGAN": str(began)},
        preexec_fn=hears_ctrl_c,
    )
    try:
        end = time.monotonic() + 100
        while not began.exists():
            assert time.monotonic() < end, "the function was not called"
            time.sleep(0.05)
        (os.killpg if to_all else os.kill)(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=30)
        assert running.returncode == 130
        assert err.splitlines()[-1] == "tinyllm: stopped."
        assert "Traceback" not in out + err
        with pytest.raises(ProcessLookupError):  # no process of the group is left
            os.killpg(running.pid, 0)
    finally:
        try_to_end(running.pid)
    assert listing(course.path) == before


def hears_ctrl_c():
    """Undo what a shell does that runs the tests in the background: children ignore Ctrl-C then."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def try_to_end(group):
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


# ------------------------------------------------------------ the boss
@pytest.mark.parametrize(
    "source",
    [
        "def forward_numpy(x:\n",
        "def forward_numpi(x):\n    return x\n",
        RETURNS_X,
        None,  # it was deleted
    ],
)
def test_a_boss_takes_the_librarys_for_a_file_that_no_longer_passes(course, source):
    course.note_pass(SOFTMAX)
    file = course.path / PLACE
    if source is None:
        file.unlink()
    else:
        file.write_text(source, encoding="utf-8")
    lines = []
    assert still_right(course, [SOFTMAX], lines.append) == {}
    assert lines[1] == (
        "softmax has passed before, but its file as it is now does not: tinyllm course check "
        "softmax. The library's is taken."
    )
    assert "softmax" not in Folder.open(course.path).passed


def test_a_boss_keeps_what_still_passes(course):
    course.note_pass(SOFTMAX)
    file = course.path / PLACE
    file.write_text(RIGHT, encoding="utf-8")
    lines = []
    assert still_right(course, [SOFTMAX], lines.append) == {"softmax": file}
    assert lines == ["Checking once more what has passed: softmax"]
    assert "softmax" in Folder.open(course.path).passed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("undefined", "name 'undefined' is not defined"),
        ("raise SystemExit", "the boss failed"),
        ("import os; os._exit(0)", "the boss failed"),
        ("input()", "EOFError"),
    ],
)
def test_a_boss_says_what_fails_where_a_check_does_not_find_it(course, body, told):
    course.note_pass(SOFTMAX)
    head, _, rest = RIGHT.partition(":\n")
    source = f"{head}:\n    if x.size > 1000:\n        {body}\n{rest}"
    (course.path / PLACE).write_text(source, encoding="utf-8")
    done = shell("course", "run", "kernels")
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1] == (
        "tinyllm: course: the boss failed with the functions that are yours. "
        "Hint: `tinyllm course check NAME` says more: softmax."
    )
