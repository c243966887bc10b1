"""A run that stops: because it was asked to, by Ctrl-C, or because the loss is no number."""

import json
import math
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.cli.commands import TINY, shell
from tests.train.runs import same_files, write_text
from tinyllm.train import Run, load_checkpoint, loop
from tinyllm.train.objectives import next_token


def train_line(name, steps=6, *more):
    line = ["train", "--data", "text.txt", *TINY, "--dropout", "0.1", "--evaluate-every", 2]
    return [*line, "--steps", steps, "--out", name, *more]


def test_stop_at_and_resume_end_where_a_straight_run_ends(command, here):
    write_text(here)
    assert command(*train_line("straight", 20)).code == 0
    stopped = command(*train_line("stopped", 20), "--stop-at", 9)
    assert stopped.code == 0
    assert "stopped at step 9 of 20; go on with:\n  tinyllm train --resume stopped" in stopped.out
    assert command("generate", "stopped", "--tokens", 5).code == 0
    assert command("train", "--resume", "stopped", "--stop-at", 10).code == 0
    resumed = command("train", "--resume", "stopped")
    assert resumed.code == 0
    assert "let it write:" in resumed.out
    same_files(here / "straight", here / "stopped")


@pytest.mark.slow
def test_who_compiled_the_loops_does_not_matter(here, monkeypatch):
    """The first process compiles and stops, the second one reads the loops and goes on."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "cache"))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    write_text(here)
    for line in (
        [*train_line("stopped", 20), "--stop-at", 9],
        ["train", "--resume", "stopped"],
        train_line("straight", 20),
    ):
        assert shell(*line).returncode == 0
    same_files(here / "straight", here / "stopped")


@pytest.mark.parametrize("when", ["between", "evaluating"])
def test_ctrl_c_saves_and_says_how_to_go_on(command, here, monkeypatch, when):
    write_text(here)
    command(*train_line("straight"))
    before = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        module, name = {
            "between": (loop, "clip_grad_norm"),
            "evaluating": (next_token, "mean_loss"),
        }[when]
        press_ctrl_c(patch, module, name, calls=2)
        result = command(*train_line("stopped"))
    assert signal.getsignal(signal.SIGINT) is before
    step = 2 if when == "between" else 4
    assert result.code == 0
    assert (
        f"stopped at step {step} of 6; go on with:\n  tinyllm train --resume stopped" in result.out
    )
    assert command("train", "--resume", "stopped").code == 0
    same_files(here / "straight", here / "stopped")


def press_ctrl_c(patch, module, name, calls, times=1):
    """Send an interrupt in the midst of the given call of a function."""
    real, count = getattr(module, name), 0

    def pressed(*args, **options):
        nonlocal count
        count += 1
        if count == calls:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
        return real(*args, **options)

    patch.setattr(module, name, pressed)


def test_a_second_ctrl_c_ends_at_once(command, here, monkeypatch):
    write_text(here)
    before = signal.getsignal(signal.SIGINT)
    press_ctrl_c(monkeypatch, loop, "clip_grad_norm", calls=4, times=2)
    result = command(*train_line("run"))
    assert result.code == 130
    assert result.err == "\ntinyllm: stopped.\n"
    assert signal.getsignal(signal.SIGINT) is before
    assert Run.resume("run").progress.step == 2  # the last evaluation


@pytest.mark.slow
def test_ctrl_c_from_outside_saves_and_can_be_resumed(here):
    write_text(here)
    line = [sys.executable, "-m", "tinyllm", *map(str, train_line("run", 1_000_000))]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        metrics = here / "run" / "metrics.jsonl"
        while process.poll() is None and not (metrics.exists() and metrics.read_text()):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    assert "of 1000000; go on with:\n  tinyllm train --resume run" in out
    step = json.loads((here / "run" / "summary.json").read_text())["steps"]
    assert step >= 2
    resumed = shell("train", "--resume", "run", "--stop-at", step + 3)
    assert (resumed.returncode, resumed.stderr) == (0, "")
    assert f"stopped at step {step + 3} of 1000000" in resumed.stdout
    assert shell("generate", "run", "--tokens", 5).returncode == 0


# -------------------------------------------------------------------- a loss that is no number
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_learning_rate_that_is_far_too_high_ends_with_1_and_the_last_model_stays(command, here):
    write_text(here)
    result = command(*train_line("run", 30), "--learning-rate", "1e9")
    assert result.code == 1
    assert result.err.count("\n") == 1
    assert result.err.startswith("tinyllm: train: ")
    assert "Hint: a smaller learning rate, a longer warm-up." in result.err
    model, _ = load_checkpoint("run")
    assert all(np.isfinite(p.data).all() for p in model.parameters())
    assert command("generate", "run", "--tokens", 9).code == 0


def test_a_loss_that_is_no_number_ends_with_1_and_the_last_evaluation_can_be_resumed(
    command, here, monkeypatch
):
    write_text(here)
    command(*train_line("straight"))
    with monkeypatch.context() as patch:
        lengths = iter([1.0, 1.0, 1.0, math.nan])
        patch.setattr(loop, "clip_grad_norm", lambda parameters, clip: next(lengths))
        result = command(*train_line("run"))
    assert result.code == 1
    assert "loss and gradient of step 4 must be finite numbers; got loss 3." in result.err
    assert command("generate", "run", "--tokens", 9).code == 0
    assert Run.resume("run").progress.step == 2
