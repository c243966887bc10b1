"""The checker: every way to be wrong has its kind, and no trick is worth a point."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.course.answers import KINDS, RIGHT, TRICKS
from tinyllm.course import checker, process
from tinyllm.course.chapters import EXERCISES
from tinyllm.course.feedback import feedback
from tinyllm.course.outcome import Outcome, alike
from tinyllm.course.stubs import solution
from tinyllm.course.texts import LANGUAGES, reading, texts_of

SOFTMAX = EXERCISES["softmax"]


@pytest.fixture
def judged(tmp_path, monkeypatch):
    """Write a learner's file, and check it."""
    monkeypatch.setattr(process, "CALL", 2.0)

    def judge(source, **options):
        file = tmp_path / "answer.py"
        file.write_text(source, encoding="utf-8")
        return checker.check(SOFTMAX, file, **options), file

    return judge


def test_a_right_answer_passes_whatever_the_seed(judged):
    for seed in range(3):
        assert judged(RIGHT, seed=seed)[0].passed


@pytest.mark.parametrize("kind", KINDS)
def test_each_way_to_be_wrong_has_its_kind_and_its_words(judged, kind):
    verdict, file = judged(KINDS[kind])
    assert verdict.kind == kind
    answer = solution(SOFTMAX.target).splitlines()[-1].strip()
    for language in LANGUAGES:
        text = feedback(SOFTMAX, verdict, file, language)
        assert "{" not in text.replace("{0", "")
        assert answer not in text
        assert len(text) > 20


@pytest.mark.parametrize("trick", TRICKS)
def test_no_trick_passes(judged, trick):
    verdict, file = judged(TRICKS[trick])
    assert not verdict.passed, verdict
    assert verdict.kind != "untouched"
    assert feedback(SOFTMAX, verdict, file, "en")


def test_the_smallest_input_that_fails_is_found(judged):
    verdict, _ = judged(KINDS["values"])
    (x,) = verdict.case
    assert x.shape == (1, 2)
    np.testing.assert_array_equal(x, 0)
    assert verdict.mistake == "wrong_axis"


def test_what_is_printed_is_shown_with_the_smallest_input(judged):
    verdict, file = judged(
        KINDS["values"].replace("    e =", "    print('shape', x.shape)\n    e =")
    )
    text = feedback(SOFTMAX, verdict, file, "en")
    assert "Your code printed:\n  shape (1, 2)" in text


def test_an_error_is_told_with_the_learners_own_lines(judged):
    verdict, file = judged(KINDS["error"])
    text = feedback(SOFTMAX, verdict, file, "en")
    assert "raised NameError: name 'undefined' is not defined" in text
    assert "line 2: return x + undefined" in text
    assert "tinyllm/" not in text.replace("docs/", "")


def test_a_file_that_does_not_parse_shows_where(judged):
    verdict, file = judged(KINDS["SyntaxError"])
    text = feedback(SOFTMAX, verdict, file, "en")
    assert "line 1: def forward_numpy(x:" in text
    assert "^" in text


def test_a_renamed_function_is_told(judged):
    verdict, file = judged(KINDS["Missing"])
    text = feedback(SOFTMAX, verdict, file, "en")
    assert "must have a function forward_numpy; it has forward_numpi." in text


def test_hidden_seeds_draw_other_inputs(judged):
    """A table of the answers to the visible inputs is no answer."""
    seen = []
    drawn = SOFTMAX.cases

    def watched():
        return drawn().map(lambda case: seen.append(json.dumps(case[0].tolist())) or case)

    object.__setattr__(SOFTMAX, "cases", watched)
    try:
        judged(RIGHT, seed=0)
        visible = set(seen)
        seen.clear()
        judged(RIGHT, seed=20_260)
    finally:
        object.__setattr__(SOFTMAX, "cases", drawn)
    assert len(set(seen) - visible) > 10


TWO_MISTAKES = """
import numpy as np

def forward_numpy(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    shares = e / e.sum(axis=0, keepdims=True)
    return shares.astype(np.float64) if x.size > 5 else shares
"""


def test_a_mistake_among_others_is_named_and_it_is_said_that_there_is_more(judged):
    verdict, file = judged(TWO_MISTAKES)
    assert (verdict.mistake, verdict.more) == ("wrong_axis", True)
    assert "There is more than this one." in feedback(SOFTMAX, verdict, file, "en")


def test_a_mistake_alone_is_named_without_more(judged):
    verdict, file = judged(KINDS["values"])
    assert (verdict.mistake, verdict.more) == ("wrong_axis", False)
    assert "There is more" not in feedback(SOFTMAX, verdict, file, "en")


def test_errors_are_alike_where_their_messages_are_up_to_names_and_numbers():
    one = Outcome(error="TypeError", message="f() takes 1 argument but 2 were given")
    two = Outcome(error="TypeError", message="g() takes 2 argument but 3 were given")
    other = Outcome(error="TypeError", message="'tuple' object is not callable")
    assert alike(one, two, 0.0)
    assert not alike(one, other, 0.0)


def test_a_reading_is_a_file_of_this_machine_in_the_learners_language():
    for name in EXERCISES:
        for language in LANGUAGES:
            place = reading(texts_of(name, language).read, language)
            page = re.match(r".*?\.md", place)[0]
            assert Path(page).is_file(), place
            assert ("/zh/" in page) == (language == "zh")
