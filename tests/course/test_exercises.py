"""Each exercise: its stub fails, its solution passes, each mistake is refused and recognised."""

import pytest

from tinyllm.course import dev
from tinyllm.course.chapters import CHAPTERS, EXERCISES


@pytest.mark.slow  # a process for each attempt: half a minute an exercise on a busy machine
@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_is_what_it_promises(name):
    found = list(dev.findings([name]))
    assert [f"{f.what}: {f.problem}" for f in found if f.problem] == []
    assert [f.what for f in found if not f.named] == []


def test_each_chapter_has_its_texts():
    for chapter in CHAPTERS:
        for language in dev.LANGUAGES:
            assert all(dev.chapter_texts(chapter.name, language))
    assert dev.left_over() == []
