import csv
import io
import json
import os
import re
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.errors import DataError
from tinyllm.text import (
    TASKS,
    BPETokenizer,
    download_task,
    load_labelled,
    load_pairs,
    read_labelled,
    read_pairs,
    task_sets,
)
from tinyllm.text.datasets import Dataset, sha256_of
from tinyllm.text.tables import lines_of

REVIEWS = [("pos", "a fine film"), ("neg", 'they said: "dull", twice'), ("pos", "see it\tnow ü")]
one_line = st.text(st.characters(exclude_categories=("Cs", "Cc"))).filter(str.strip)


def written(folder, name, content):
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def as_csv(rows):
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue()


def needs(name):
    folder = os.environ.get("TINYLLM_DATA", "")
    files = [file for part in TASKS[name].parts.values() for file in part]
    if not folder or not all((Path(folder) / file.file).is_file() for file in files):
        pytest.skip(f"needs {name} in the folder that TINYLLM_DATA names")


def refused(message, function, *arguments, **options):
    with pytest.raises(DataError) as caught:
        function(*arguments, **options)
    found = str(caught.value)
    assert re.search(message, found), found
    assert len(found.splitlines()) == 1


# -------------------------------------------------------------------- data sets by name
def test_the_table_is_whole():
    for task in TASKS.values():
        assert task.about
        for files in task.parts.values():
            assert len(files) == (1 if task.labels else 2)
            for file in files:
                assert file.url.startswith("https://")
                assert len(file.sha256) == 64
    every = [file for task in TASKS.values() for part in task.parts.values() for file in part]
    assert len({file.sha256 for file in every}) == len(every) == 10


@pytest.mark.parametrize(
    ("name", "part", "counts"),
    [
        ("trec", "train", [86, 1162, 1250, 1223, 835, 896]),
        ("trec", "test", [9, 138, 94, 65, 81, 113]),
        ("sst2", "train", [3310, 3610]),
        ("sst2", "dev", [428, 444]),
    ],
)
def test_labelled_sets_have_the_known_size(name, part, counts):
    needs(name)
    examples = load_labelled(name, part)
    assert np.bincount(examples.labels).tolist() == counts
    assert len(examples.texts) == sum(counts)
    assert examples.names == list(TASKS[name].labels.values())


def test_the_first_question_and_the_byte_that_is_no_utf8():
    needs("trec")
    examples = load_labelled("trec")
    assert examples.texts[0] == "How did serfdom develop in and then leave Russia ?"
    assert examples.names[examples.labels[0]] == "description"
    assert "sister\xf0city" in examples.texts[65]


@pytest.mark.parametrize(("part", "size"), [("train", 29_000), ("val", 1014), ("test2016", 1000)])
def test_pairs_have_the_known_size(part, size):
    needs("multi30k")
    pairs = load_pairs("multi30k", part)
    assert len(pairs.sources) == len(pairs.targets) == size
    if part == "train":
        assert pairs.sources[2] == "a little girl climbing into a wooden playhouse ."
        assert pairs.targets[2] == "ein kleines mädchen klettert in ein spielhaus aus holz ."


def test_what_there_is_not_is_listed(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("TINYLLM_DATA", raising=False)
    refused("there is no data set 'tree' for tasks; there are 'trec', ", load_labelled, "tree")
    refused("'multi30k' has pairs, not labels. Hint: load_pairs", load_labelled, "multi30k")
    refused("'trec' has labels, not pairs. Hint: load_labelled", load_pairs, "trec")
    refused("has the parts 'train', 'test'; got 'dev'", load_labelled, "trec", "dev")
    refused(r"not on this machine; .*--task classify --data trec --download", load_labelled, "trec")
    refused("there is no data set 'tree'", download_task, "tree")


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A data set of two lines that a file:// URL gives."""
    source = written(tmp_path, "source.txt", "A:x one\nB:y two\n")
    file = Dataset(about="", file="tiny/train.txt", url=source.as_uri(), sha256=sha256_of(source))
    parts = {"train": (file,)}
    labels = {"A": "a", "B": "b"}
    task = task_sets.Task(about="tiny", parts=parts, validation=None, test="train", labels=labels)
    monkeypatch.setitem(TASKS, "tiny", task)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("TINYLLM_DATA", raising=False)
    return tmp_path / "cache" / "tinyllm" / "data" / "tiny" / "train.txt"


def test_download_then_load(tiny, monkeypatch):
    download_task("tiny")
    examples = load_labelled("tiny")
    assert (examples.texts, examples.names) == (["one", "two"], ["a", "b"])
    assert examples.labels.tolist() == [0, 1]
    monkeypatch.setattr(urllib.request, "urlopen", None)  # calling it would raise TypeError
    download_task("tiny")


def test_another_file_is_refused(tiny):
    download_task("tiny")
    tiny.write_text("A:x one\n", encoding="utf-8")
    refused("is not the data set 'tiny'; it must have sha256", load_labelled, "tiny")


# -------------------------------------------------------------------- a user's files
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("r.txt", "\n".join(f"{label} {text}" for label, text in REVIEWS)),
        ("r.txt", "".join(f"{label} {text}\r\n" for label, text in REVIEWS)),
        ("r.csv", as_csv([("label", "text"), *REVIEWS])),
        ("r.CSV", as_csv([("id", "text", "label"), *((7, t, n) for n, t in REVIEWS)])),
        ("r.jsonl", "\n".join(json.dumps({"text": t, "label": n}) for n, t in REVIEWS) + "\n\n"),
    ],
)
def test_all_forms_hold_the_same(tmp_path, name, content):
    examples = read_labelled(written(tmp_path, name, content))
    assert examples.texts == [text for _, text in REVIEWS]
    assert examples.names == ["neg", "pos"]
    assert examples.labels.tolist() == [1, 0, 1]
    assert examples.labels.dtype == np.int64


def test_in_tsv_quotes_are_text(tmp_path):
    file = written(tmp_path, "r.tsv", 'stars\treview\n5\tthe "best"\n1\t"worst\n')
    examples = read_labelled(file, text="review", label="stars")
    assert examples.texts == ['the "best"', '"worst']
    assert examples.names == ["1", "5"]


def test_in_csv_a_text_may_have_lines(tmp_path):
    file = written(tmp_path, "r.csv", 'label,text\na,"one\ntwo"\n\nb,\n')
    refused(r"r\.csv', line 5: each row needs a 'text'; this one has none", read_labelled, file)
    file = written(tmp_path, "r.csv", 'label,text\na,"one\ntwo"\n\nb,three\n')
    assert read_labelled(file).texts == ["one\ntwo", "three"]


def test_labels_of_the_training_part_number_those_of_another(tmp_path):
    train = read_labelled(written(tmp_path, "train.txt", "b x\na y\nc z\n"))
    test = read_labelled(written(tmp_path, "test.txt", "c x\n"), names=train.names)
    assert test.labels.tolist() == [2]
    file = written(tmp_path, "test.txt", "c x\nd y\n")
    refused("line 2: the labels are 'a', 'b', 'c'; got 'd'", read_labelled, file, names=train.names)


@given(st.lists(st.tuples(one_line, one_line), min_size=1, max_size=8))
def test_pairs_come_back_from_every_form(tmp_path_factory, rows):
    rows = [(one.replace("\ufeff", "x"), other.replace("\ufeff", "x")) for one, other in rows]
    folder = tmp_path_factory.mktemp("pairs")
    table = as_csv([("source", "target"), *rows])
    lines = "".join(json.dumps({"source": s, "target": t}) + "\n" for s, t in rows)
    found = [
        read_pairs(
            written(folder, "a.en", "\n".join(one for one, _ in rows)),
            written(folder, "a.de", "\n".join(other for _, other in rows) + "\n"),
        ),
        read_pairs(written(folder, "a.csv", table)),
        read_pairs(written(folder, "a.jsonl", lines)),
    ]
    for pairs in found:
        assert list(zip(pairs.sources, pairs.targets, strict=True)) == rows


@given(st.lists(st.text(st.characters(exclude_characters="\n\r")), min_size=1))
def test_only_line_feeds_end_a_line(lines):
    assert lines_of("\n".join(lines) + "\n") == lines
    assert lines_of("\r\n".join(lines) + "\r\n") == lines


# -------------------------------------------------------------------- one clear line each
@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("r.txt", "", r"needs at least one character; .*r\.txt' is empty"),
        ("r.txt", "a one\nb\n", r"r\.txt', line 2: each line is a label, a blank, a text; got 'b'"),
        ("r.txt", "a one\n two\n", r"line 2: each line is a label, a blank, a text; got ' two'"),
        ("r.txt", "a one\n\nb two\n", r"line 2: each line is an example; this one is blank"),
        ("r.txt", b"a caf\xe9\n", r"must be utf-8 text; got byte 0xe9 at offset 5\..*--encoding"),
        ("r.csv", "text,label\none,\n", r"line 2: each row needs a 'label'; this one has none"),
        ("r.csv", "text,label\none\n", r"line 2: each row has the header's 2 columns; this one"),
        ("r.csv", "text,label\na,b,c\n", r"line 2: each row has the header's 2 columns; .* has 3"),
        ("r.csv", "text,label\n", r"needs at least one example; .*r\.csv' has none"),
        ("r.csv", "\n\n", r"line 1: there is no column 'label'; the columns are"),
        ("r.csv", 'text,label\n"a"b,c\n', r"line 2: .*expected after"),
        ("r.csv", 'text,label\n"a,c\n', r"line 2: unexpected end of data"),
        ("r.csv", b"text,label\ncaf\xe9,a\n", r"r\.csv' must be utf-8 .* at offset 14\."),
        ("r.tsv", "text\tkind\na\tb\n", r"line 1: there is no column 'label'; the columns are 'te"),
        (
            "r.jsonl",
            '{"text": "a"}\n',
            r"line 1: there is no column 'label'; the columns",
        ),
        ("r.jsonl", '{"text": "a", "label": 1}\n{"text"', r"line 2: .*; this is no JSON"),
        ("r.jsonl", "[" * 100_000, r"line 1: .*; this is no JSON"),
        ("r.jsonl", "[1]", r"line 1: each line is a JSON object; got list"),
        ("r.jsonl", '{"text": null, "label": 1}', r"line 1: 'text' must be a string or a whole nu"),
        ("r.jsonl", '{"text": "a", "label": true}', r"'label' must be a string .*; got True"),
        ("r.jsonl", '{"text": " ", "label": 1}', r"line 1: each row needs a 'text'; this one has"),
        ("r.xlsx", "a", r"takes \.tsv, \.csv, \.jsonl; got .*r\.xlsx"),
    ],
)
def test_a_broken_file_of_labels_is_refused(tmp_path, name, content, message):
    refused(message, read_labelled, written(tmp_path, name, content))


def test_broken_pairs_are_refused(tmp_path):
    one, other = written(tmp_path, "a.en", "x\ny\n"), written(tmp_path, "a.de", "x\n")
    refused(r"got .*a\.en' with 2 lines, .*a\.de' with 1\.", read_pairs, one, other)
    refused(
        r"a\.de', line 2: .*; this one is blank",
        read_pairs,
        one,
        written(tmp_path, "a.de", "x\n\n"),
    )
    refused(r"takes \.tsv, \.csv, \.jsonl; got .*a\.en", read_pairs, one)
    table = written(tmp_path, "a.csv", "source,target\nx,\n")
    refused("line 2: each row needs a 'target'", read_pairs, table)
    refused("line 1: there is no column 'en'; the columns are", read_pairs, table, source="en")
    refused("cannot read .*absent", read_pairs, one, tmp_path / "absent")


def test_another_encoding_can_be_named(tmp_path):
    file = written(tmp_path, "r.txt", "a né\n".encode("latin-1"))
    assert read_labelled(file, encoding="latin-1").texts == ["né"]


# -------------------------------------------------------------------- figures on the page
PAGE = Path(__file__).parents[2] / "docs" / "text" / "subwords.md"
ROWS = re.findall(r"^\| (\d+) \| (\d+\.\d) \| (\d+\.\d) \|$", PAGE.read_text("utf-8"), re.M)


@pytest.mark.slow
def test_the_table_of_the_page_on_subwords_is_what_is_measured():
    needs("multi30k")
    train, test = load_pairs("multi30k"), load_pairs("multi30k", "test2016")
    merges = BPETokenizer.train(train.sources + train.targets, 16_000).merges
    assert len(ROWS) == 6
    for size, english, german in ROWS:
        tokenizer = BPETokenizer(merges[: int(size) - 256])
        for texts, expected in ((test.sources, english), (test.targets, german)):
            tokens = sum(len(tokenizer.encode(text)) for text in texts)
            assert f"{tokens / len(texts):.1f}" == expected
    different = {word for text in train.sources + train.targets for word in text.split()}
    assert f"{len(different):,} different ones" in PAGE.read_text("utf-8")
