"""Each exercise: its stub fails, its solution passes, each mistake is refused and recognised."""

import re
from string import Formatter

import pytest

from tinyllm.course import dev
from tinyllm.course.chapters import CHAPTERS, EXERCISES
from tinyllm.course.texts import texts_of
from tinyllm.course.words import words


@pytest.mark.slow  # a process for each attempt: half a minute an exercise on a busy machine
@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_is_what_it_promises(name):
    found = list(dev.findings([name]))
    assert [f"{f.what}: {f.problem}" for f in found if f.problem] == []
    assert [f.what for f in found if not f.named] == []


def test_the_checker_is_held_to_many_ways_to_be_right():
    """Loops, another order, float64 on the way: whoever is right passes, however it is written."""
    for chapter in CHAPTERS:
        counts = [len(exercise.others) for exercise in chapter.exercises]
        assert max(counts) >= 3, chapter.name
        assert chapter.name != "training" or min(counts) >= 3


def test_each_chapter_has_its_texts():
    for chapter in CHAPTERS:
        for language in dev.LANGUAGES:
            assert all(dev.chapter_texts(chapter.name, language))
    assert dev.left_over() == []


def test_each_sentence_is_there_in_every_language_with_the_same_blanks():
    for key, sentences in words().items():
        assert sentences.keys() == set(dev.LANGUAGES), key
        blanks = [
            {name for _, name, _, _ in Formatter().parse(sentence) if name}
            for sentence in sentences.values()
        ]
        assert blanks[0] == blanks[1], key


@pytest.mark.parametrize("language", dev.LANGUAGES)
def test_what_there_is_to_read_is_there_down_to_the_part_of_the_page(language):
    for name in EXERCISES:
        page, _, part = texts_of(name, language).read.partition("#")
        heads = re.findall(r"^#+ (.+)$", (dev.ROOT / page).read_text("utf-8"), re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
        assert part in {"", *anchors}, f"{name}: {page}#{part}"
