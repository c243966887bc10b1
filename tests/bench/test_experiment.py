"""Experiments: what is measured is kept whole, and what a page says comes from it."""

import json

import pytest

from tinyllm.bench.experiment import (
    HELD,
    NOT_HELD,
    Experiment,
    Table,
    Verdict,
    drawn,
    measured,
    section,
    spread,
    write,
)
from tinyllm.errors import DataError


def coin(settings, seed, say):
    say(f"{settings['throws']} throws")
    return {"heads": seed * settings["throws"]}


EXPERIMENT = Experiment(
    name="coin",
    claim="A coin knows its seed.",
    measure=coin,
    tables=lambda found: [Table(("heads",), [(str(one["heads"]),) for one in found])],
    draw=lambda figure, found: figure.add_subplot().plot([one["heads"] for one in found]),
    verdict=lambda found: Verdict(HELD if found[0]["heads"] == 20 else NOT_HELD, "So it is."),
    full={"throws": 10},
    quick={"throws": 1},
    seeds=(2, 3),
)


def test_a_record_holds_what_was_found_and_how():
    lines = []
    record = measured(EXPERIMENT, False, (2, 3), lines.append)
    assert record["found"] == [{"heads": 20}, {"heads": 30}]
    assert record["command"] == "tinyllm experiment coin"
    assert record["settings"] == {"throws": 10}
    assert record["seeds"] == [2, 3]
    assert {"numpy", "numba", "python"} <= record["versions"].keys()
    assert [line.partition("s   ")[2] for line in lines] == [
        "seed 2: 10 throws",
        "seed 3: 10 throws",
    ]


def test_the_command_says_what_was_not_as_usual():
    record = measured(EXPERIMENT, True, (7,), lambda line: None)
    assert record["command"] == "tinyllm experiment coin --quick --seeds 7"
    assert record["found"] == [{"heads": 7}]


def test_files_hold_the_figures_and_two_pictures(tmp_path):
    record = measured(EXPERIMENT, False, (2, 3), lambda line: None)
    files = write(EXPERIMENT, record, tmp_path / "new" / "folder")
    assert [file.name for file in files] == ["coin.json", "coin.png", "coin.svg"]
    assert json.loads(files[0].read_text()) == record
    assert files[1].read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in files[2].read_bytes()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("x")
    record = measured(EXPERIMENT, True, (2,), lambda line: None)
    with pytest.raises(DataError, match="cannot make the folder"):
        write(EXPERIMENT, record, tmp_path / "file" / "folder")


def test_the_same_figures_give_the_same_picture():
    found = [{"heads": 1}, {"heads": 3}]
    assert drawn(EXPERIMENT, found, "svg") == drawn(EXPERIMENT, found, "svg")
    assert drawn(EXPERIMENT, found, "svg") != drawn(EXPERIMENT, found[::-1], "svg")


def test_a_page_says_verdict_tables_and_conditions():
    record = measured(EXPERIMENT, False, (2, 3), lambda line: None)
    text = section(EXPERIMENT, record)
    assert text.startswith("**The claim held.** So it is.")
    assert "| 20 |\n| 30 |" in text
    assert "Measured by `tinyllm experiment coin`" in text
    assert "seeds 2, 3" in text


def test_a_spread_shows_how_far_seeds_are_apart():
    assert spread([2000.0, 1000.0], 0) == "1,500 (1,000 to 2,000)"
