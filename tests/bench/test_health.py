import numpy as np
import pytest

from tinyllm.bench import health, machine
from tinyllm.cli.main import main
from tinyllm.kernels import jit


def test_the_doctor_tells_all_and_finds_nothing_wrong(capsys, monkeypatch):
    monkeypatch.setattr(health, "FIGHT", np.inf)  # the other tests run beside this one
    monkeypatch.setattr(machine, "cores", jit.thread_count)
    assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    for word in ("versions", "processor", "registers", "threads", "fight", "compiled", "data sets"):
        assert word in told
    assert "All is well." in told


def test_a_fight_and_too_many_threads_are_told_with_advice(capsys, monkeypatch):
    monkeypatch.setattr(health, "FIGHT", 0.0)
    monkeypatch.setattr(machine, "cores", lambda: 0)
    assert main(["doctor"]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "fight: waiting threads spin: unset OMP_WAIT_POLICY, or set OMP_WAIT_POLICY=PASS" in told
    assert "threads: more threads than cores: export NUMBA_NUM_THREADS=0" in told
    assert "All is well." not in told


def test_data_sets_are_looked_for_where_the_variable_says(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TINYLLM_DATA", str(tmp_path))
    assert health.data_sets().found.startswith("python-topics (looked in ")
    (tmp_path / "tinyshakespeare.txt").write_text("To be")
    assert health.data_sets().found.startswith("tinyshakespeare, python-topics (looked in ")


@pytest.mark.parametrize("name", ["NUMBA_NUM_THREADS", "OMP_NUM_THREADS"])
def test_who_set_the_number_of_threads_is_named(name, monkeypatch):
    for other in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, "1")
    assert f", set by {name}" in health.threads().found
