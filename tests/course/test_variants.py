"""Variants: what passes for one student does not for another."""

import pytest

from tests.course.answers import RIGHT
from tinyllm.course.chapters import EXERCISES
from tinyllm.course.checker import check
from tinyllm.course.exercise import as_variant, variant_of
from tinyllm.course.folder import Folder
from tinyllm.course.grade import grade

SOFTMAX = EXERCISES["softmax"]
WITH = [exercise for exercise in EXERCISES.values() if exercise.variants]


def text_of(student):
    return variant_of(SOFTMAX, student).text["en"]


def test_students_have_different_variants_and_keep_them():
    seen = {text_of(str(number)) for number in range(50)}
    assert len(seen) == len(SOFTMAX.variants)
    assert text_of("7") == text_of("7")
    assert variant_of(SOFTMAX, None) is None


@pytest.mark.parametrize("exercise", WITH, ids=lambda e: e.name)
def test_every_variant_is_told_in_every_language(exercise):
    for variant in exercise.variants:
        assert variant.text.keys() == {"en", "zh"}
    assert len({variant.text["zh"] for variant in exercise.variants}) == len(exercise.variants)


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
