import hashlib
from importlib.metadata import version

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.train.runs import (
    SIZES,
    TEXT,
    make_run,
    read_json,
    read_metrics,
    same_files,
    trained,
    write_text,
)
from tinyllm.errors import DataError, OptionError, TrainingError
from tinyllm.evaluation import bits_per_byte, mean_loss
from tinyllm.text import CharTokenizer
from tinyllm.train import Run, TrainingConfig, load_checkpoint
from tinyllm.train import run as run_module
from tinyllm.train.objectives import next_token

FILES = {
    "config.json",
    "model.safetensors",
    "optimizer.safetensors",
    "tokenizer.json",
    "metrics.jsonl",
    "summary.json",
    "loss.png",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run to its end, not to be written to."""
    return trained(tmp_path_factory.mktemp("run"))


@pytest.fixture
def no_figures(monkeypatch):
    """Drawing takes longer than all else in a tiny run."""
    monkeypatch.setattr(run_module, "draw_losses", lambda file, metrics, unit: None)


# -------------------------------------------------------------------- resuming, bit for bit
@pytest.mark.usefixtures("no_figures")
@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("stops", [[100], [87], [25, 26, 150], [200]])
def test_a_run_that_was_stopped_and_resumed_is_the_same_bit_for_bit(tmp_path, norm, stops):
    """100 is a step with an evaluation, 87 lies between two of them."""
    options = {"steps": 200, "evaluate_every": 25, "dropout": 0.1, "norm": norm}
    straight = trained(tmp_path, "straight", **options)
    folder = trained(tmp_path, "stopped", until=stops[0], **options).folder
    for stop in [*stops[1:], None]:
        list(Run.resume(folder).train(stop))
    assert straight.progress.step == 200
    same_files(straight.folder, folder)


@pytest.mark.usefixtures("no_figures")
def test_a_reader_who_stops_at_any_step_and_saves_can_go_on_exactly(tmp_path):
    """What Ctrl-C does: it stops after a step, with or without an evaluation."""
    straight = trained(tmp_path, "straight", steps=6, evaluate_every=3, dropout=0.1)
    for stop in range(1, 7):
        run = make_run(tmp_path, f"stop{stop}", steps=6, evaluate_every=3, dropout=0.1)
        steps = run.train()
        for _ in range(stop):
            step = next(steps)
        assert step.number == stop
        steps.close()
        run.save()
        list(Run.resume(run.folder).train())
        same_files(straight.folder, run.folder)


@pytest.mark.usefixtures("no_figures")
def test_accumulated_batches_are_resumed_exactly_too(tmp_path):
    options = {"steps": 8, "accumulate": 3, "dropout": 0.1, "evaluate_every": 4}
    straight = trained(tmp_path, "straight", **options)
    folder = trained(tmp_path, "stopped", until=3, **options).folder
    list(Run.resume(folder).train())
    same_files(straight.folder, folder)


@pytest.mark.usefixtures("no_figures")
def test_the_seed_makes_the_run(tmp_path):
    one, same = trained(tmp_path, "one"), trained(tmp_path, "same")
    same_files(one.folder, same.folder)
    other = trained(tmp_path, "other", seed=1)
    assert (one.model.tokens.weight.data != other.model.tokens.weight.data).any()
    batches = [next(make_run(tmp_path, "x", seed=seed).batches)[0] for seed in (1337, 1)]
    assert (batches[0] != batches[1]).any()


def test_resuming_what_is_done_changes_nothing(tmp_path):
    folder = trained(tmp_path).folder
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert not list(Run.resume(folder).train())
    after = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert before == after


# -------------------------------------------------------------------- what a run leaves
def test_the_folder_holds_every_file_that_it_should(whole):
    assert {file.name for file in whole.folder.iterdir()} == FILES
    assert (whole.folder / "loss.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_config_json_tells_the_model_and_the_training(whole):
    config = read_json(whole.folder / "config.json")
    assert config["architecture"] == "decoder-only"
    assert config["model"] == whole.model.config.to_dict()
    assert config["model"].items() >= SIZES.items()
    training = config["training"]
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    assert training.pop("data_sha256") == digest
    assert training.pop("kept") == {}
    assert TrainingConfig(**training) == whole.config


def test_each_line_of_the_metrics_has_its_numbers(whole):
    metrics = read_metrics(whole.folder)
    assert [m["step"] for m in metrics] == [2, 4]
    for m in metrics:
        assert set(m) == {
            "step",
            "train_loss",
            "val_loss",
            "bits_per_byte",
            "tokens_per_second",
            "seconds",
        }
        assert 0 < m["val_loss"] < 4
        assert m["tokens_per_second"] > 0
    assert metrics[0]["seconds"] <= metrics[1]["seconds"]


def test_the_losses_are_what_they_say(tmp_path):
    run = make_run(tmp_path)
    losses = [step.loss for step in run.train()]
    means = [round(np.mean(losses[:2]), 6), round(np.mean(losses[2:]), 6)]
    np.testing.assert_allclose([m["train_loss"] for m in run.metrics], means, atol=2e-6)
    ids = run.objective.validation_ids
    loss = mean_loss(run.model, ids)
    assert run.metrics[-1]["val_loss"] == round(loss, 6)
    bits = bits_per_byte(loss, len(ids) - 1, run.tokenizer.decode(ids[1:]))
    assert run.metrics[-1]["bits_per_byte"] == round(bits, 6)


def test_summary_json_is_the_passport(whole):
    summary = read_json(whole.folder / "summary.json")
    assert summary["val_loss"] == whole.metrics[-1]["val_loss"]
    assert summary["steps"] == 4
    assert summary["seconds"] > 0
    assert summary["parameters"] == whole.model.count_parameters()
    assert summary["seed"] == 1337
    assert summary["data_sha256"] == hashlib.sha256(TEXT.encode()).hexdigest()
    assert summary["versions"]["numpy"] == version("numpy")
    assert summary["versions"].keys() == {"python", "tinyllm", "numpy", "numba"}


def test_the_weights_in_both_files_are_the_models(whole):
    model, tokenizer = load_checkpoint(whole.folder)
    np.testing.assert_equal(model.state_dict(), whole.model.state_dict())
    assert tokenizer.vocabulary == CharTokenizer.train(TEXT).vocabulary
    training = load_file(whole.folder / "optimizer.safetensors")
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(training[f"model.{name}"], array)


def test_nothing_is_written_before_it_trains(tmp_path):
    run = make_run(tmp_path)
    assert not run.folder.exists()
    steps = run.train()
    assert not run.folder.exists()
    next(steps)
    assert (run.folder / "config.json").exists()


@pytest.mark.usefixtures("no_figures")
def test_until_0_is_no_step(tmp_path):
    run = make_run(tmp_path)
    assert not list(run.train(0))
    assert run.progress.step == 0


# -------------------------------------------------------------------- refusals
def test_a_changed_text_is_refused_when_resuming(tmp_path):
    folder = trained(tmp_path, until=2).folder
    write_text(tmp_path, TEXT.replace("fox", "cat"))
    with pytest.raises(DataError) as caught:
        Run.resume(folder)
    assert str(caught.value) == (
        f"resume: the text '{tmp_path / 'text.txt'}' has changed since the run began. "
        "Hint: start a new run."
    )
    write_text(tmp_path)
    assert Run.resume(folder).progress.step == 2


def test_a_folder_that_is_taken_is_refused(whole, tmp_path):
    with pytest.raises(OptionError) as caught:
        make_run(whole.folder.parent)
    assert f"'{whole.folder}' is there already. Hint: go on with" in str(caught.value)
    assert f"`tinyllm train --resume {whole.folder}`" in str(caught.value)
    (tmp_path / "run").touch()
    with pytest.raises(OptionError, match=r"run' is a file\. Hint: choose another"):
        make_run(tmp_path)


def test_too_short_a_text_is_refused_with_the_length_it_needs(tmp_path):
    with pytest.raises(DataError) as caught:
        make_run(tmp_path, context=100)
    assert "the text has 900 characters; with context 100 it needs at least 1010" in str(
        caught.value
    )
    assert make_run(tmp_path, context=89).model.config.context == 89


def test_a_model_that_is_no_number_any_more_is_not_saved(tmp_path, monkeypatch):
    run = make_run(tmp_path, steps=6)
    steps = run.train()
    next(steps)
    next(steps)
    saved = (run.folder / "model.safetensors").read_bytes()
    monkeypatch.setattr(next_token, "mean_loss", lambda *args, **options: float("nan"))
    with pytest.raises(TrainingError) as caught:
        list(steps)
    assert "the validation loss after step 4 must be a finite number; got nan." in str(caught.value)
    assert (run.folder / "model.safetensors").read_bytes() == saved
    assert [m["step"] for m in read_metrics(run.folder)] == [2]
