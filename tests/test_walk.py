"""The line counts on docs/walk.md are those of the source, and wrong ones would be noticed."""

import pytest

from tests.pages import twin_of
from tests.walk import PAGE, ROW, counted, lines_to_read, minutes_for, with_counts

SOURCE = '''"""Six statements."""

ONE = 1


def two():
    return 2


@property
def three():
    return 3


class Four:
    def five(self):
        return 5
'''


@pytest.mark.parametrize("page", [PAGE, twin_of(PAGE)], ids=["en", "zh"])
def test_the_counts_are_those_of_the_source(page):
    text = page.read_text(encoding="utf-8")
    assert text == counted()[page], "the source has changed: python -m tests.walk"


def test_each_stage_of_the_page_is_counted():
    text = PAGE.read_text(encoding="utf-8")
    assert len(ROW.findall(text)) == text.count("\n## ")


@pytest.mark.parametrize(
    ("behind", "lines"),
    [
        ("", 17),
        (" to `two`", 7),
        (": `two`", 2),
        (": `three`", 3),
        (": `ONE`, `two` to `three`", 8),
        (": `Four`", 3),
        (": `five`", 2),
        (": `Four.five`", 2),
    ],
)
def test_what_stands_behind_a_link_is_counted(tmp_path, behind, lines):
    (tmp_path / "docs").mkdir()
    (tmp_path / "six.py").write_text(SOURCE, encoding="utf-8")
    row = f"| [1 One](#1-one) | [six.py](../six.py){behind}"
    five_times = row + f", [six.py](../six.py){behind}" * 4  # counts are rounded to 5
    assert lines_to_read(five_times, tmp_path / "docs") == 5 * lines


def test_a_name_that_is_gone_is_noticed(tmp_path):
    (tmp_path / "six.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "docs").mkdir()
    with pytest.raises(KeyError):
        lines_to_read("| [1 One](#1-one) | [six.py](../six.py): `seven`", tmp_path / "docs")


def test_counts_and_their_sum_are_written():
    page = "| [1 One](#1-one) | a | 1 | 2 |\n| [2 Two](#2-two) | none | 3 | 4 |\n"
    page += "| **Together** | | **5** | **6** |\n"
    assert with_counts(page, [1200, 0]) == (
        f"| [1 One](#1-one) | a | 1,200 | {minutes_for(1200)} |\n"
        "| [2 Two](#2-two) | none | 0 | 5 |\n"
        "| **Together** | | **1,200** | **205** |\n"
    )
