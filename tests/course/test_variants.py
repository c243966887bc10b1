"""Variants: what passes for one student does not for another."""

import re
from dataclasses import replace

import numpy as np
import pytest

from tests.course.answers import RIGHT
from tinyllm.course import dev
from tinyllm.course.chapters import CHAPTERS, EXERCISES
from tinyllm.course.checker import FORGOTTEN, check, ours, tried
from tinyllm.course.exercise import Variant, as_variant, plainly, variant_of
from tinyllm.course.feedback import feedback
from tinyllm.course.folder import Folder
from tinyllm.course.grade import grade
from tinyllm.course.outcome import outcome
from tinyllm.course.process import Learner

SOFTMAX = EXERCISES["softmax"]
WITH = [exercise for exercise in EXERCISES.values() if exercise.variants]


def text_of(student):
    return variant_of(SOFTMAX, student).text["en"]


def test_students_have_different_variants_and_keep_them():
    seen = {text_of(str(number)) for number in range(50)}
    assert len(seen) == len(SOFTMAX.variants)
    assert text_of("7") == text_of("7")
    assert variant_of(SOFTMAX, None) is None


def test_there_are_variants_all_over_the_course():
    chapters = [c.name for c in CHAPTERS if any(e.variants for e in c.exercises)]
    assert len(WITH) >= 13
    assert len(chapters) >= 8
    assert all(3 <= len(exercise.variants) <= 5 for exercise in WITH)


@pytest.mark.parametrize("exercise", WITH, ids=lambda e: e.name)
def test_every_variant_is_told_in_every_language(exercise):
    for variant in exercise.variants:
        assert variant.text.keys() == {"en", "zh"}
        english, chinese = (set(numbers(variant.text[language])) for language in ("en", "zh"))
        assert english == chinese
        assert all(text[-1] in ".。" for text in variant.text.values())
    assert len({variant.text["zh"] for variant in exercise.variants}) == len(exercise.variants)


def numbers(text):
    return re.findall(r"-?\b\d+(?:\.\d+)?", text)


def f32(*values):
    return np.array(values, np.float32)


SGD_STATE = {
    "values": [f32(1)],
    "gradients": [f32(2)],
    "velocities": [f32(4)],
    "learning_rate": 0.5,
    "momentum": 0.5,
    "type of the rate": "float",
}
WORKED = {  # the arguments of the worked example, and the part of the result that the text tells
    "add-backward": ((((1,), (1,)), f32(3)), lambda found: found),
    "multiply-backward": (((f32(3), f32(5)), f32(1)), lambda found: found),
    "softmax": ((f32([0, 1]),), lambda found: found),
    "cross-entropy": ((f32([0, 0]), np.array([0]), -100, 0.0), lambda found: found),
    "perplexity": ((np.log([0.5, 0.125]),), lambda found: found),
    "add-k": ((np.array([[9, 0]]), 1.0), lambda found: found[0, 0]),
    "rnn-step": ((f32([[1], [0]]), f32([2]), f32(0.5), f32([0])), lambda found: found),
    "count-pairs": (([[1, 2]], [9]), lambda found: found[0][1, 2]),
    "attention-scores": ((f32([[[1.5] * 4]]), f32([[[1] * 4]])), lambda found: found),
    "causal-mask": ((1, 6), lambda found: found.astype(int)),
    "gelu": ((f32(0.5),), lambda found: found),
    "rms-norm": ((f32([3, 3]), f32(0, 1), 0.0), lambda found: found[0]),
    "shift-right": ((np.array([[5, 6, 7, 8, 9]]), 1), lambda found: found),
    "cosine-with-warmup": ((0, 2.0, 4, 10, 0.0), lambda found: found),
    "sgd-momentum": ((SGD_STATE,), lambda found: found["velocities"]),
    "repetition-penalty": ((f32(2, 2, 2, 2, 2), np.arange(5), 2.0), lambda found: found),
    "scaling-law": ((16.0, 256.0, 1.0, 8.0, 4.0, 0.5, 0.25), lambda found: found),
}


@pytest.mark.parametrize("exercise", WITH, ids=lambda e: e.name)
def test_the_worked_number_of_a_variant_is_right(exercise):
    for variant in exercise.variants:
        change, text = variant.change(ours(exercise)), variant.text["en"]
        if exercise.name == "decode":
            assert change([0, 1], [b"caf", b"\xc3"]) in text
            continue
        arguments, told = WORKED[exercise.name]
        found = outcome(exercise.use, change, arguments)
        assert found.error is None
        row = [float(number) for number in numbers(text)]
        for number in np.ravel(told(found.value)):
            assert min(abs(number - one) for one in row) < 5.1e-4, (number, text)


def test_one_file_does_not_serve_all(tmp_path):
    one, other = "7", next(str(n) for n in range(50) if text_of(str(n)) != text_of("7"))
    temperature = text_of(one).split("temperature ")[1].split()[0]
    answer = RIGHT.replace("    e =", f"    x = x / np.float32({temperature})\n    e =")
    folder = Folder.start(tmp_path / one, student=one)
    file = folder.file(SOFTMAX)
    assert text_of(one) in file.read_text(encoding="utf-8")
    file.write_text(answer, encoding="utf-8")
    assert check(SOFTMAX, file, student=one).passed
    assert not check(SOFTMAX, file, student=other).passed
    assert not check(SOFTMAX, file).passed
    file.write_text(RIGHT, encoding="utf-8")
    verdict = check(SOFTMAX, file, student=one)
    assert verdict.mistake == FORGOTTEN
    for language, told in {"en": "Your variant is left out", "zh": "没有按你的变体来做"}.items():
        assert told in feedback(SOFTMAX, verdict, file, language)
    file.write_text(answer, encoding="utf-8")
    (graded,) = grade([tmp_path / one], by_student=True)
    assert graded.points["softmax"] == 1
    (plain,) = grade([tmp_path / one])
    assert plain.points["softmax"] == 0


def test_a_mistake_is_recognised_in_a_variant(tmp_path):
    file = tmp_path / "answer.py"
    temperature = text_of("7").split("temperature ")[1].split()[0]
    answer = RIGHT.replace("    e =", f"    x = x / np.float32({temperature})\n    e =")
    file.write_text(answer.replace("axis=-1", "axis=0"), encoding="utf-8")
    assert check(SOFTMAX, file, student="7").mistake == "wrong_axis"
    assert as_variant(SOFTMAX, None) is SOFTMAX


def test_a_mistake_that_writes_into_its_arguments_does_so_in_a_variant(tmp_path):
    """The change of a variant may hand on a copy; the mistake is a mistake all the same."""
    file = tmp_path / "answer.py"
    temperature = text_of("7").split("temperature ")[1].split()[0]
    answer = RIGHT.replace("    e =", f"    x /= np.float32({temperature})\n    e =")
    file.write_text(answer, encoding="utf-8")
    verdict = check(SOFTMAX, file, student="7")
    assert (verdict.kind, verdict.mistake) == ("changed", "writes_into_input")


def test_dev_check_finds_what_is_no_variant_and_what_is_not_told(tmp_path):
    nothing = Variant(text={"en": "as it is"}, change=plainly)
    exercise = replace(SOFTMAX, variants=(nothing, nothing))
    attempt = next(iter(dev.variant_attempts(exercise, 0)))
    file = tmp_path / "answer.py"
    file.write_text(attempt.source, encoding="utf-8")
    with Learner("softmax", trust=True) as learner:
        finding = dev.judged(attempt, tried(attempt.exercise, file, 0, learner))
    assert finding.what == "variant 0: variant_forgotten"
    assert finding.problem.startswith("must be refused")
    problems = [one.problem for one in dev.variant_text_findings(exercise, "en")]
    assert problems == ["has no text with a worked number"] * 2 + ["has the text of another one"]
