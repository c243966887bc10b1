"""The second half of chapter 6's boss: it learns, and needs what the chapter taught."""

import pytest

from tinyllm.course.chapters.attention import boss
from tinyllm.models import encoder_decoder
from tinyllm.nn import attention, positions


def test_vowels_are_learnt_and_padding_changes_nothing():
    said = []
    points = boss.put_vowels_back(said.append, steps=20)
    assert len(points) == 10
    assert points[-1][1] < points[0][1]
    assert float(said[-1].split("at most ")[1].split()[0]) < 1e-5


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (encoder_decoder, "tokens_among"),
        (encoder_decoder, "as_keys"),
        (attention.CrossAttention, "forward"),
        (positions, "sinusoids"),
    ],
)
def test_each_of_these_is_called(monkeypatch, place, name):
    """Functions of the chapter that its GPT has no use for."""

    def refuse(*arguments, **options):
        raise LookupError(name)

    monkeypatch.setattr(place, name, refuse)
    with pytest.raises(LookupError, match=name):
        boss.put_vowels_back(lambda line: None, steps=1)
