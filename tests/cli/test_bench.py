import json

import pytest

from tinyllm.bench import compare, machine, peers
from tinyllm.errors import MeasurementError


@pytest.fixture
def runs(monkeypatch):
    """No process starts: every value is 2."""
    tasks = []

    def run(task, environment):
        tasks.append(task)
        return {"values": [2.0, 2.0], "compiling": 0.0}

    monkeypatch.setattr(compare, "run", run)
    return tasks


def test_bench_prints_ratios_and_conditions_and_writes_them(command, here, runs):
    line = "bench --against numpy,by_hand --rounds 2 --threads 1 --json b.json --figure b.png"
    result = command(*line.split())
    assert result.code == 0
    assert "training step  numpy    2 (best 2)" in result.out
    assert "1.00 (1.00 to 1.00)" in result.out
    assert "Measured with tinyllm 0." in result.out
    assert "Steady: no ratio spreads by more than 15% from round to round." in result.out
    found = json.loads((here / "b.json").read_text())
    assert found["command"] == "tinyllm bench train --against numpy,by_hand --rounds 2 --threads 1"
    assert found["figure"] == "b.png"
    assert (here / "b.png").read_bytes().startswith(b"\x89PNG")
    assert {task["threads"] for task in runs} == {1}
    assert len(runs) == 6


def test_bench_without_peers_tells_tinyllms_own_figures(command, runs):
    result = command("bench", "operations", "--against", "", "--rounds", 1)
    assert result.code == 0
    assert "softmax, T = 64 " in result.out
    assert "One round: how much the ratios spread is not known." in result.out


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("speed", "invalid choice: 'speed'"),
        ("--rounds 0", "bench: --rounds must be at least 1; got 0."),
        ("--threads 0", "bench: --threads must be at least 1; got 0."),
        ("--threads 9999", "bench: --threads must be at most the cores there are, "),
        ("--figure b.jpg", "bench: --figure must end in .png; got 'b.jpg'."),
        ("--json no/b.json", "bench: --json must be a file in a folder that is there; got 'no/b."),
        ("--against caffe", "bench train: --against must be of torch, numpy, by_hand, jax, mygrad"),
        ("operations --against numpy", "bench operations: --against must be of torch; got 'numpy'"),
        ("--against mygrad", "needs packages that are not installed: mygrad. Hint: pip install my"),
    ],
)
def test_what_cannot_be_measured_is_refused_before_anything_runs(
    command, runs, monkeypatch, line, message
):
    monkeypatch.setattr(peers, "find_spec", lambda name: None)
    monkeypatch.setattr(machine, "cores", lambda: 2)
    result = command("bench", *line.split())
    assert result.code == 2
    assert message in result.err
    assert result.err.count("\n") == 1
    assert not runs


def test_a_side_that_fails_is_told_in_one_line(command, monkeypatch):
    def run(task, environment):
        raise MeasurementError("bench: tinyllm failed at training: no memory")

    monkeypatch.setattr(compare, "run", run)
    result = command("bench", "--against", "")
    assert result.code == 1
    assert result.err == "tinyllm: bench: tinyllm failed at training: no memory\n"
