"""How values are shown to a learner: short, laid out, and the first difference is in sight."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.course.test_wire import values
from tinyllm.course.chapters import EXERCISES
from tinyllm.course.feedback import argument_names, where
from tinyllm.course.shown import MOST, WIDTH, places, shown


def pair(one, two, tolerance=1e-5):
    return shown(one, two, tolerance), shown(two, one, tolerance)


def test_small_arrays_are_shown_whole_in_numpys_layout():
    assert shown(np.array([[1, 2.5], [-3, 0]], np.float32)) == "[[ 1. ,  2.5],\n [-3. ,  0. ]]"
    assert shown(np.array([1, 2])) == "[1, 2]  (int64)"
    whole = shown(np.arange(12 * 16, dtype=np.float32).reshape(12, 16))
    assert "..." not in whole
    assert "191." in whole


@pytest.mark.parametrize("shape", [(1000,), (400, 3), (3, 400), (2, 3, 50, 60), (5, 1, 700)])
def test_of_large_arrays_the_first_difference_is_in_sight(shape):
    expected = np.zeros(shape, np.float32)
    got = expected.copy()
    place = tuple(size * 2 // 3 for size in shape)
    got[place] = 7
    for text, wanted in zip(pair(expected, got), ("0.", "7."), strict=True):
        lines = text.splitlines()
        assert len(lines) <= 13
        assert f"shape={shape}" in lines[0]
        window = eval(f"np.s_{lines[0].partition(']')[0]}]")
        assert (got[window] == 7).sum() == 1
        assert wanted in text
    one, two = pair(expected, got)
    assert one.splitlines()[0] == two.splitlines()[0]


def test_large_arrays_that_are_compared_with_nothing_are_summarised():
    assert shown(np.zeros(500, np.float32)) == "[0., 0., 0., ..., 0., 0., 0.]"


def test_a_dict_has_an_entry_a_line():
    assert shown({(1, 2): 3, "a": [1.5]}) == "{(1, 2): 3,\n 'a': [1.5]}"
    assert shown({}) == "{}"
    nested = shown({"x": {"y": 1, "z": 2}})
    assert nested == "{'x': {'y': 1,\n       'z': 2}}"


def test_of_a_large_dict_only_what_differs_is_shown():
    expected = {i: i for i in range(100)}
    got = {**expected, 41: 0, 200: 9}
    del got[70]
    assert pair(expected, got) == (
        "{41: 41,\n 70: 70,\n …  (100)}",
        "{41: 0,\n 200: 9,\n …  (100)}",
    )
    assert list(places(got, expected, 0.0)) == ["[41]", "[70]", "[200]"]


def test_of_a_long_list_only_what_differs_is_shown():
    expected = [f"word {i}" for i in range(50)]
    got = [*expected[:30], "else", *expected[31:]]
    one, two = pair(expected, got)
    assert one == "[30]: 'word 30'\n       ^\n…  (50)"
    assert two == "[30]: 'else'\n       ^\n…  (50)"
    longer = [*expected, "more"]
    assert "'more'" in shown(longer, expected)


def test_parts_of_a_result_are_told_apart_by_their_place():
    a = np.array([[1, 2], [3, 4]], np.float32)
    assert shown((a, 5)) == "[0]: [[1., 2.],\n      [3., 4.]]\n[1]: 5"
    assert shown((np.array([0, 1]), [1.0])) == "([0, 1], [1.0])"
    assert shown((1,)) == "(1,)"


@pytest.mark.parametrize(
    ("one", "two", "line", "column"),
    [
        ("the cat", "the kat", "'the cat'", 5),
        ("ab", "abc", "'ab'", 3),
        ("", "a", "''", 1),
        ("it's", 'say "x"', "'it\\'s'", 1),
        ("it's so", 'it\'s "so"', "'it\\'s so'", 7),
        ("中文 a", "中文 b", "'中文 a'", 6),
        (b"ab", b"ac", "b'ab'", 3),
    ],
)
def test_a_caret_points_at_where_texts_differ(one, two, line, column):
    assert shown(one, two) == f"{line}\n{' ' * column}^"


def test_of_a_long_text_the_part_that_differs_is_shown():
    one = "a" * 500 + "b" + "a" * 500
    text, _, caret = shown(one, "a" * 1001).partition("\n")
    assert len(text) <= WIDTH + 2
    assert text[caret.index("^")] == "b"
    assert text[0] == text[-1] == "…"


def test_numbers_that_differ_by_more_than_the_tolerance_look_different():
    expected = np.array([1.0, 2.0, 1e-5, 12_345.0, 0.0], np.float32)
    got = expected * np.float32(1 + 2.5e-5) + np.float32(1.5e-5)
    one, two = pair(expected, got)
    differ = zip(one[1:-1].split(","), two[1:-1].split(","), strict=True)
    assert all(a != b for a, b in differ)
    assert where(got, expected, 1e-5, "en") == "They differ at [0], [1], [2], [3], [4]."


@given(values, values)
def test_any_two_values_can_be_shown(one, two):
    """Whatever a learner returns: no error, and no flood of lines."""
    for text in pair(one, two):
        assert text.count("\n") <= 12 * MOST
    list(places(one, two, 0.0))


@given(st.dictionaries(st.integers(), st.integers()), st.dictionaries(st.integers(), st.integers()))
def test_places_are_empty_only_for_equals(one, two):
    assert (not list(places(one, two, 0.0))) == (one == two)


def test_every_input_of_every_exercise_has_a_name():
    for exercise in EXERCISES.values():
        for case in exercise.probes():
            names = argument_names(exercise, len(case))
            assert not {"input 1", "arguments"} & {*names}, exercise.name
    assert argument_names(EXERCISES["softmax"], 1) == ["x"]
