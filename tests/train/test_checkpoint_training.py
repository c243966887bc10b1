"""What resuming reads: broken files are refused, and a crash between two writes breaks nothing."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from tests.train.runs import make_run, trained
from tinyllm.errors import CheckpointError, DataError
from tinyllm.files import write_atomically
from tinyllm.train import Run, load_checkpoint
from tinyllm.train import run as run_module
from tinyllm.train.checkpoint import CONFIG, TRAINING
from tinyllm.train.run import METRICS


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A run that stopped half-way, not to be written to."""
    return trained(tmp_path_factory.mktemp("training"), until=2).folder


@pytest.fixture
def folder(run_folder, tmp_path):
    """A copy of it, to be broken."""
    return Path(shutil.copytree(run_folder, tmp_path / "copy"))


def refusal(folder):
    with pytest.raises(CheckpointError) as caught:
        Run.resume(folder)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


def rewrite(file, arrays_changed=lambda arrays: None, metadata_changed=lambda metadata: None):
    """Save a safetensors file again after a change."""
    with safetensors.safe_open(file, framework="numpy") as opened:
        metadata = opened.metadata()
        arrays = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    arrays_changed(arrays)
    metadata_changed(metadata)
    file.write_bytes(safetensors.numpy.save(arrays, metadata))


# -------------------------------------------------------------------- refusals
@given(data=st.data())
def test_a_truncated_training_state_is_refused(run_folder, tmp_path_factory, data):
    copy = Path(shutil.copytree(run_folder, tmp_path_factory.mktemp("cut") / "run"))
    content = (copy / TRAINING).read_bytes()
    (copy / TRAINING).write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    assert TRAINING in refusal(copy)


def test_a_missing_training_state_is_refused(folder):
    (folder / TRAINING).unlink()
    message = refusal(folder)
    assert TRAINING in message
    assert "No such file" in message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.pop("model.tokens.weight"), "missing: tokens.weight; unknown: none."),
        (
            lambda a: a.update({"model.norm.bias": np.zeros(3, np.float32)}),
            "norm.bias has another shape; got model=(8,), state=(3,).",
        ),
        (lambda a: a.pop("optimiser.steps"), "AdamW: the saved state belongs to a model of"),
        (
            lambda a: a.update({"optimiser.1.means": np.zeros(3, np.float32)}),
            "AdamW: the saved state belongs to a model of another shape.",
        ),
    ],
)
def test_a_training_state_of_another_model_is_refused(folder, change, message):
    rewrite(folder / TRAINING, change)
    found = refusal(folder)
    assert f"{TRAINING}' does not fit the model: " in found
    assert message in found


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.clear(),
        lambda m: m.update(progress="{"),
        lambda m: m.update(progress="{}"),
        lambda m: m.update(progress="[]"),
        lambda m: m.update(progress=json.dumps(json.loads(m["progress"]) | {"model_rng": {}})),
        lambda m: m.update(progress=json.dumps(json.loads(m["progress"]) | {"batches": 3})),
        lambda m: m.update(progress=json.dumps(json.loads(m["progress"]) | {"progress": {"x": 1}})),
    ],
)
def test_a_training_state_that_does_not_say_how_far_it_is_is_refused(folder, change):
    rewrite(folder / TRAINING, metadata_changed=change)
    assert f"{TRAINING}' does not say how far training is." in refusal(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.pop("training"),
        lambda c: c["training"].clear(),
        lambda c: c["training"].pop("data"),
        lambda c: c["training"].update(colour="red"),
        lambda c: c["training"].update(steps="many"),
        lambda c: c["training"].update(learning_rate="high"),
        lambda c: c["training"].update(batch=0),
        lambda c: c["model"].pop("context"),
    ],
)
def test_a_config_that_does_not_say_how_it_was_trained_is_refused(folder, change):
    config = json.loads((folder / CONFIG).read_text())
    change(config)
    (folder / CONFIG).write_text(json.dumps(config))
    assert f"resume: '{folder}' does not say how it was trained: " in refusal(folder)


@pytest.mark.parametrize(
    "content", ["{", "[]\n", '{"step": 1\n', '{"loss": 1.0}\n', '{"step": "x"}\n']
)
def test_broken_metrics_are_refused(folder, content):
    (folder / METRICS).write_text(content)
    assert refusal(folder) == f"load: '{folder / METRICS}' is broken."


# -------------------------------------------------------------------- a crash between two writes
class Crash(BaseException):
    """The machine is switched off: nothing catches it."""


class Switch:
    """Replaces os.replace: works `left` times, then crashes, before or after the last one."""

    def __init__(self, left, real=os.replace):
        self.left, self.real = left, real

    def __call__(self, source, target):
        if self.left == 0:
            raise Crash(target)
        self.left -= 1
        self.real(source, target)


def outcome(run):
    weights = {name: array.tobytes() for name, array in run.model.state_dict().items()}
    losses = [(m["step"], m["train_loss"], m["val_loss"]) for m in run.metrics]
    return weights, losses


def test_a_crash_at_any_write_loses_nothing_but_the_time_since_the_last_save(tmp_path, monkeypatch):
    """Wherever it happens, the folder is either no run yet, or one that ends as it should."""
    monkeypatch.setattr(
        run_module, "draw_losses", lambda file, m, unit: write_atomically(file, b"png")
    )
    expected = outcome(trained(tmp_path, "whole", dropout=0.1))
    counting = Switch(10**6)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", counting)
        trained(tmp_path, "counted", dropout=0.1)
    writes = 10**6 - counting.left
    assert writes > 20
    kinds = set()
    for before in range(writes):
        folder = tmp_path / f"run{before}"
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", Switch(before))
            with pytest.raises(Crash):
                trained(tmp_path, folder.name, dropout=0.1)
        if (folder / CONFIG).exists():
            load_checkpoint(folder)
            run = Run.resume(folder)
            kinds.add(run.progress.step)
        else:  # it did not get as far as to be a run
            run = make_run(tmp_path, folder.name, dropout=0.1)
            kinds.add("none")
        list(run.train())
        assert outcome(run) == expected
        assert outcome_on_disk(folder) == expected
        assert not list(folder.glob("*.tmp"))
    assert kinds == {"none", 0, 2, 4}


def outcome_on_disk(folder):
    model, _ = load_checkpoint(folder)
    lines = [json.loads(line) for line in (folder / METRICS).read_text().splitlines()]
    weights = {name: array.tobytes() for name, array in model.state_dict().items()}
    return weights, [(m["step"], m["train_loss"], m["val_loss"]) for m in lines]


def test_a_disk_that_refuses_is_told_in_one_line_and_the_old_run_stays(tmp_path, monkeypatch):
    run = trained(tmp_path, until=2)
    before = outcome_on_disk(run.folder)

    def refuse(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(DataError, match=r"cannot write .*: No space left on device\."):
        list(run.train())
    assert outcome_on_disk(run.folder) == before
