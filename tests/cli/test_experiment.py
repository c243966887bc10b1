"""`tinyllm experiment`: what there is, one that runs, and what a user can get wrong."""

import json

import pytest

from tinyllm.cli.experiment import EXPERIMENTS

OWN = """
from tinyllm.bench.experiment import HELD, Experiment, Table, Verdict

EXPERIMENT = Experiment(
    name="own", claim="Two is even.",
    measure=lambda settings, seed, say: say("adding") or {"sum": 2 * settings["half"]},
    tables=lambda found: [Table(("sum",), [(str(one["sum"]),) for one in found])],
    draw=lambda figure, found: figure.add_subplot(),
    verdict=lambda found: Verdict(HELD, "It is."),
    full={"half": 1}, quick={"half": 0},
)
"""


def test_without_a_name_all_are_listed_with_their_claims(command):
    result = command("experiment")
    assert result.code == 0
    for name in EXPERIMENTS:
        assert name in result.out
    assert "known tokens are processed side by side" in result.out.lower()


def test_one_of_your_own_runs_and_leaves_its_figures(command, here):
    (here / "own.py").write_text(OWN)
    result = command("experiment", "own.py", "--seeds", 1, 2, "--out", "found")
    assert result.code == 0
    assert "The claim held. It is." in result.out
    assert "seed 2: adding" in result.err
    assert json.loads((here / "found" / "own.json").read_text())["found"] == [{"sum": 2}] * 2


def test_quick_says_that_it_proves_nothing(command, here):
    (here / "own.py").write_text(OWN)
    result = command("experiment", "own.py", "--quick")
    assert "proves nothing" in result.out
    assert json.loads((here / "experiments" / "own.json").read_text())["found"] == [{"sum": 0}] * 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["paralel-or-serial"], "there is no 'paralel-or-serial'. Hint: parallel-or-serial;"),
        (["absent.py"], "there is no file 'absent.py'."),
        (["empty.py"], "'empty.py' must define EXPERIMENT, a tinyllm.bench.experiment.Experiment;"),
        (["own.py", "--seeds", "-1"], "--seeds must be 0 or more; got -1."),
        (["own.py", "--seeds", "one"], "argument --seeds: invalid int value: 'one'"),
        (["own.py", "--out", "own.py"], "cannot make the folder 'own.py'"),
    ],
)
def test_mistakes_are_one_line(command, here, arguments, message):
    (here / "own.py").write_text(OWN)
    (here / "empty.py").write_text("")
    result = command("experiment", *arguments)
    assert result.code == 2
    assert message in result.err.splitlines()[-1]


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_measured(command, here):
    (here / "own.py").write_text(OWN)
    result = command("experiment", "own.py", "--out", "own.py")
    assert "adding" not in result.err
