"""Which examples train, which measure: by name, from a table, from two files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.text.test_tasks import needs
from tinyllm.errors import DataError, OptionError
from tinyllm.text.parts import (
    digest,
    labelled_part,
    pairs_part,
    test_part,
    train_and_validation,
)

part_for_tests = test_part
del test_part  # pytest would take it for a test


def table(folder, rows, name="data.tsv", head="text\tlabel"):
    file = folder / name
    file.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return str(file)


def test_a_tenth_of_a_file_is_held_out(tmp_path):
    file = table(tmp_path, [f"t{i}\t{'ab'[i % 2]}" for i in range(25)])
    train, held_out = train_and_validation(file, lambda part: labelled_part(file, part))
    assert len(held_out.texts) == 2
    assert train.texts == [f"t{i}" for i in range(25) if f"t{i}" not in held_out.texts]
    again = train_and_validation(file, lambda part: labelled_part(file, part))
    assert again[1].texts == held_out.texts
    assert [train.names[i] for i in train.labels] == ["ab"[int(t[1:]) % 2] for t in train.texts]
    assert part_for_tests(file) is None


def test_nine_examples_are_too_few(tmp_path):
    file = table(tmp_path, ["t\ta"] * 9)
    with pytest.raises(DataError, match="needs at least 10 examples, of which one is held out"):
        train_and_validation(file, lambda part: labelled_part(file, part))


def test_columns_have_names(tmp_path):
    file = table(tmp_path, ["x\ty"], head="de\ten")
    assert pairs_part(file, source="en", target="de").sources == ["y"]
    assert labelled_part(file, source="de", target="en").texts == ["x"]
    with pytest.raises(DataError, match="there is no column 'label'; the columns are 'de', 'en'"):
        labelled_part(file, source="de")


def test_pairs_lie_in_two_files_that_end_as_the_languages(tmp_path):
    for language, text in {"en": "a\nb\n", "de": "x\ny\n"}.items():
        (tmp_path / f"corpus.{language}").write_text(text)
    name = str(tmp_path / "corpus")
    assert pairs_part(name, source="en", target="de").targets == ["x", "y"]
    assert pairs_part(name, source="de", target="en").targets == ["a", "b"]
    with pytest.raises(OptionError, match=r"lie in DATA\.SOURCE and DATA\.TARGET; got only DATA"):
        pairs_part(name)
    (tmp_path / "corpus.de").write_text("x\n")
    with pytest.raises(DataError, match=r"2 lines, .* 1"):
        pairs_part(name, source="en", target="de")


def test_a_file_has_no_parts(tmp_path):
    file = table(tmp_path, ["t\ta"])
    with pytest.raises(OptionError, match="--part is for data sets with a name; got 'dev'"):
        labelled_part(file, "dev")


def test_named_sets_have_their_parts():
    needs("trec"), needs("sst2"), needs("multi30k")
    train, held_out = train_and_validation("trec", lambda part: labelled_part("trec", part))
    assert (len(train.texts), len(held_out.texts)) == (4907, 545)
    train, dev = train_and_validation("sst2", lambda part: labelled_part("sst2", part))
    assert (len(train.texts), len(dev.texts)) == (6920, 872)
    assert [part_for_tests(name) for name in ("trec", "sst2", "multi30k")] == [
        "test",
        "dev",
        "test2016",
    ]


def test_a_data_set_can_be_read_in_both_directions():
    needs("multi30k")
    there = pairs_part("multi30k", "val", source="en", target="de")
    back = pairs_part("multi30k", "val", source="de", target="en")
    assert (there.sources, there.targets) == (back.targets, back.sources)
    assert pairs_part("multi30k", "val").sources == there.sources
    with pytest.raises(
        OptionError, match="has the languages en and de; got --source en --target fr"
    ):
        pairs_part("multi30k", source="en", target="fr")


@given(st.lists(st.text()), st.lists(st.text()))
def test_other_texts_have_another_digest(one, two):
    assert (digest(one) == digest(two)) == (one == two)
