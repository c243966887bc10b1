"""The learner's folder, and the commands: nothing of the learner's is ever lost."""

import ast
import builtins
import csv
import json
import xml.etree.ElementTree as ET

import pytest

from tests.cli.commands import Command, listing
from tests.course.answers import KINDS, RIGHT
from tinyllm.cli.course_verbs import chapter_of
from tinyllm.course.chapters import EXERCISES
from tinyllm.course.folder import Folder
from tinyllm.course.imports import signature_names

SOFTMAX = EXERCISES["softmax"]


@pytest.fixture
def command(capsys):
    return Command(capsys)


@pytest.fixture
def course(tmp_path, monkeypatch, command):
    """A course that has just begun; the working folder is inside of it."""
    monkeypatch.chdir(tmp_path)
    assert command("course", "start", "mine").code == 0
    monkeypatch.chdir(tmp_path / "mine")
    return Folder.open()


def write(course, source, exercise=SOFTMAX):
    course.file(exercise).write_text(source, encoding="utf-8")


def test_a_course_has_a_file_for_each_exercise(course):
    files = {path.stem.partition("-")[2] for path in course.path.rglob("*.py")}
    assert files == set(EXERCISES)
    text = course.file(SOFTMAX).read_text(encoding="utf-8")
    compile(text, "softmax.py", "exec")
    assert "p_i = exp(x_i)" in text
    assert (course.path / "README.md").read_text(encoding="utf-8").count("## ") >= 1


def test_every_file_of_the_course_is_python_in_both_languages(tmp_path):
    for language in ("en", "zh"):
        folder = Folder.start(tmp_path / language, language)
        for exercise in EXERCISES.values():
            compile(folder.file(exercise).read_text(encoding="utf-8"), exercise.name, "exec")


def test_from_check_to_pass(course, command):
    result = command("course", "check", "softmax")
    assert result.code == 1
    assert "Nothing is written yet" in result.out
    write(course, KINDS["values"])
    assert "Along the first axis" in command("course", "check", "softmax").out
    write(course, RIGHT)
    result = command("course", "check", "softmax")
    assert result.code == 0
    assert "passed" in result.out
    assert "Next: " in result.out
    assert "✓ softmax" in command("course", "status").out
    assert not (course.path / ".hypothesis").exists()
    assert "softmax" in Folder.open().passed


def test_after_a_pass_comes_the_next_and_at_the_end_what_was_left_out(course):
    names = list(EXERCISES)
    first, last = EXERCISES[names[0]], EXERCISES[names[-1]]
    assert course.next_after(first).name == names[1]
    assert course.next_after(last).name == names[0]
    course.passed = dict.fromkeys(names, "now")
    assert course.next_after(first) is None
    del course.passed[names[3]]
    assert course.next_after(last).name == names[3]


def test_hints_come_one_after_the_other_and_are_counted(course, command):
    texts = [command("course", "hint", "softmax").out for _ in range(4)]
    assert [text[:11] for text in texts] == [f"Hint {i} of 3" for i in (1, 2, 3, 3)]
    assert Folder.open().hints == {"softmax": 3}
    assert "3 of 3 hints" in command("course", "status").out


def test_the_solution_is_for_those_who_have_one_or_give_up(course, command):
    result = command("course", "show", "softmax")
    assert result.code == 2
    assert "--give-up" in result.err
    assert "np.exp" in command("course", "show", "softmax", "--give-up").out
    assert "given up" in command("course", "status").out


def test_reset_keeps_what_was_written(course, command):
    write(course, "mine = 1\n")
    command("course", "reset", "softmax")
    write(course, "mine = 2\n")
    command("course", "reset", "softmax")
    kept = sorted(course.file(SOFTMAX).parent.glob("*softmax.*.bak"))
    assert [file.read_text() for file in kept] == ["mine = 1\n", "mine = 2\n"]
    assert "NotImplementedError" in course.file(SOFTMAX).read_text(encoding="utf-8")


def test_an_older_course_gets_what_is_new_and_keeps_every_answer(course, command):
    write(course, RIGHT)
    other = EXERCISES["softmax-backward"]
    course.file(other).unlink()  # as if it were not there yet
    assert command("course", "status").code == 0
    assert course.file(other).exists()
    assert course.file(SOFTMAX).read_text(encoding="utf-8") == RIGHT


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("check softmx", "there is no exercise 'softmx'. Hint: did you mean softmax"),
        ("check 04-recurrence", "there is no exercise '04-recurrence'. Hint:"),
        ("check zzz", "there is no exercise 'zzz'. Hint: `tinyllm course status`"),
        ("start .", "is there already"),
        ("start new --lang fr", "invalid choice: 'fr'"),
        ("run nothing", "there is no chapter 'nothing'. Hint: the chapters are autograd, kernels,"),
        ("dev check nothing", "there is no exercise 'nothing'"),
    ],
)
def test_mistakes_with_the_command_have_one_line(course, command, line, message):
    before = listing(course.path)
    result = command("course", *line.split())
    assert result.code == 2
    assert message in result.err
    assert result.err.count("\n") == 1
    assert listing(course.path) == before


def test_a_folder_that_is_no_course_is_refused(tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    result = command("course", "check")
    assert result.code == 2
    assert "'.' is no course. Hint: `tinyllm course start my-course`" in result.err


def test_a_broken_course_json_loses_nothing(course, command):
    (course.path / "course.json").write_text("{", encoding="utf-8")
    result = command("course", "status")
    assert result.code == 2
    assert "course.json' is broken. Hint: your answers are safe" in result.err
    content = json.dumps({"version": 99, "language": "en"})
    (course.path / "course.json").write_text(content, encoding="utf-8")
    assert "is of a newer tinyllm" in command("course", "status").err


def test_a_file_that_is_gone_is_told(course, command):
    course.file(SOFTMAX).unlink()
    content = json.loads((course.path / "course.json").read_text())
    assert command("course", "check", "softmax").code == 1  # it is written again
    assert content["version"] == 1


# -------------------------------------------------------------------- grading
def test_submissions_get_their_points_and_course_json_none(course, command, tmp_path):
    write(course, RIGHT)
    content = json.loads((course.path / "course.json").read_text())
    content["passed"] = dict.fromkeys(EXERCISES, "now")  # a lie
    (course.path / "course.json").write_text(json.dumps(content))
    (tmp_path / "empty").mkdir()
    folders = (course.path, tmp_path / "empty", tmp_path / "absent")
    outputs = ("--out", "g.csv", "--json", "g.json", "--junit", "g.xml")
    result = command("course", "grade", *folders, *outputs)
    assert result.code == 0
    total = sum(exercise.points for exercise in EXERCISES.values())
    assert result.out.splitlines()[0] == f"mine: 1 of {total} points"
    with open("g.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["points"] for row in rows] == ["1", "0", "0"]
    assert [row["softmax"] for row in rows] == ["1", "0", "0"]
    assert rows[1]["problem"] == "it has no file of the course"
    assert rows[2]["problem"] == "there is no such folder"
    report = json.loads((course.path / "g.json").read_text())
    assert report[0]["exercises"]["softmax"]["verdict"] == "passed"
    suites = ET.parse("g.xml").getroot()
    assert suites[0].get("failures") == str(len(EXERCISES) - 1)
    assert len(suites[0]) == len(EXERCISES)


@pytest.mark.parametrize(
    "name", ["rnn-step", "rnn_step", "RNN-Step", "01-rnn-step.py", "04-recurrence/01-rnn-step.py"]
)
def test_an_exercise_is_found_by_its_file_too(course, name):
    assert course.exercise(name).name == "rnn-step"


@pytest.mark.parametrize("name", ["4", "04", "recurrence", "Recurrence", "04-recurrence/"])
def test_a_chapter_is_found_by_name_number_and_folder(name):
    assert chapter_of(name).name == "recurrence"


def test_a_check_that_fails_takes_the_pass_back(course, command):
    course.note_pass(EXERCISES["softmax"])
    file = course.file(EXERCISES["softmax"])
    file.write_text("def forward_numpy(x):\n    return x\n", encoding="utf-8")
    assert "✓ softmax " in command("course", "status").out
    assert command("course", "check", "softmax").code == 1
    assert "✓ softmax " not in command("course", "status").out


def test_after_the_last_exercise_of_a_chapter_the_boss_is_next(course, command):
    write(course, RIGHT)
    assert "boss" not in command("course", "check", "softmax").out
    for exercise in EXERCISES.values():
        if course.file(exercise).parent == course.file(SOFTMAX).parent:
            course.note_pass(exercise)
    told = command("course", "check", "softmax").out
    assert "All of chapter 2 has passed." in told
    assert "tinyllm course run kernels" in told


@pytest.mark.parametrize("name", EXERCISES)
def test_every_name_in_a_signature_is_imported(course, name):
    """So that an editor underlines nothing, and a default such as STEP is there."""
    source = course.file(EXERCISES[name]).read_text(encoding="utf-8")
    module = {}
    exec(compile(source, name, "exec"), module)
    assert signature_names(ast.parse(source)) <= module.keys() | set(dir(builtins))
