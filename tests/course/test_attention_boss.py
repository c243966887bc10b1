"""The second half of chapter 6's boss: it learns, and its padding is not seen."""

from tinyllm.course.chapters.attention import boss


def test_vowels_are_learnt_and_padding_changes_nothing():
    said = []
    points = boss.put_vowels_back(said.append, steps=20)
    assert len(points) == 10
    assert points[-1][1] < points[0][1]
    assert float(said[-1].split("at most ")[1].split()[0]) < 1e-5
