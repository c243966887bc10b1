"""Runs of recurrent models: the state that is carried, stopping and resuming, words as tokens."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.train.runs import make_run, read_json, same_files, trained
from tinyllm import ops
from tinyllm.errors import CheckpointError, DataError, OptionError
from tinyllm.evaluation import mean_loss
from tinyllm.models import RNNLM
from tinyllm.nn.rnn import CELLS
from tinyllm.text import Streams, WordTokenizer
from tinyllm.train import Run, TrainingConfig, load_checkpoint, save_checkpoint
from tinyllm.train import run as run_module

every_cell = pytest.mark.parametrize("cell", CELLS)


@pytest.fixture(autouse=True)
def no_figures(monkeypatch):
    """Drawing takes longer than all else in a tiny run."""
    monkeypatch.setattr(run_module, "draw_losses", lambda file, metrics, unit: None)


@every_cell
@pytest.mark.parametrize("stops", [[100], [37, 38]])
def test_a_run_that_was_stopped_and_resumed_is_the_same_bit_for_bit(tmp_path, cell, stops):
    options = {"steps": 120, "evaluate_every": 25, "dropout": 0.1, "cell": cell, "batch": 3}
    straight = trained(tmp_path, "straight", **options)
    folder = trained(tmp_path, "stopped", until=stops[0], **options).folder
    for stop in [*stops[1:], None]:
        list(Run.resume(folder).train(stop))
    same_files(straight.folder, folder)


def test_the_state_is_carried_from_batch_to_batch(tmp_path):
    """The loss of the second step is that of a text whose first part was read before."""
    run = make_run(tmp_path, cell="lstm", learning_rate=1e-30)  # the weights stay
    losses = [step.loss for step in run.train(2)]
    streams = Streams(run.objective.train_ids, 8, 2)
    (one, _), (two, targets) = next(streams), next(streams)
    logits = run.model(np.concatenate([one, two], axis=1)).data[:, 8:]
    carried = ops.cross_entropy(logits, targets).item()
    fresh = ops.cross_entropy(run.model(two), targets).item()
    assert abs(losses[1] - carried) < 1e-5 < abs(losses[1] - fresh)


@every_cell
def test_the_loss_falls(tmp_path, cell):
    run = trained(tmp_path, cell=cell, steps=240, batch=4, width=16, learning_rate=0.02)
    assert run.metrics[0]["val_loss"] > 2.5
    assert run.metrics[-1]["val_loss"] < 2.2
    assert run.metrics[-1]["val_loss"] == round(
        mean_loss(run.model, run.objective.validation_ids), 6
    )


def test_a_checkpoint_names_its_architecture_and_comes_back(tmp_path):
    run = trained(tmp_path, cell="gru")
    config = read_json(run.folder / "config.json")
    assert config["architecture"] == "recurrent"
    assert config["model"]["cell"] == "gru"
    model, tokenizer = load_checkpoint(run.folder)
    assert isinstance(model, RNNLM)
    assert model.config == run.model.config
    np.testing.assert_equal(model.state_dict(), run.model.state_dict())
    carried = [n for n in load_file(run.folder / "optimizer.safetensors") if n[:7] == "carried"]
    assert sorted(carried) == ["carried.0.0", "carried.1.0"]
    save_checkpoint(tmp_path / "alone", model, tokenizer)
    assert isinstance(load_checkpoint(tmp_path / "alone")[0], RNNLM)


@pytest.mark.parametrize("load", [load_checkpoint, Run.resume])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architecture": "decoder-only"}, "unknown: cell; missing: none"),
        (
            {"architecture": "mamba"},
            "encoder-only, encoder-decoder, recurrent, ngram; got 'mamba'",
        ),
        ({"cell": "gru"}, "layers.0.input_weight has another shape; got model=(8, 24)"),
        ({"cell": "elman"}, "cell must be one of 'rnn', 'gru', 'lstm'; got 'elman'"),
    ],
)
def test_files_of_another_architecture_are_refused_in_one_line(tmp_path, load, change, message):
    folder = trained(tmp_path, cell="lstm").folder
    config = json.loads((folder / "config.json").read_text())
    (config if "architecture" in change else config["model"]).update(change)
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError) as caught:
        load(folder)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


# -------------------------------------------------------------------- words
@pytest.mark.parametrize("cell", ["lstm", None])
def test_words_train_and_come_back_with_both_architectures(tmp_path, cell):
    run = trained(tmp_path, cell=cell, tokenizer="words", steps=60, evaluate_every=30)
    assert run.metrics[-1]["val_loss"] < run.metrics[0]["val_loss"]
    assert read_json(run.folder / "config.json")["training"]["tokenizer"] == "words"
    _, tokenizer = load_checkpoint(run.folder)
    assert isinstance(tokenizer, WordTokenizer)
    assert tokenizer.vocabulary == run.tokenizer.vocabulary
    folder = trained(tmp_path, "two", cell=cell, tokenizer="words", steps=60, until=20).folder
    list(Run.resume(folder).train())
    assert (folder / "model.safetensors").stat().st_size > 0


def test_too_few_words_are_counted_as_words(tmp_path):
    with pytest.raises(DataError, match=r"the text has 220 words; with context 100 it needs at"):
        make_run(tmp_path, cell="rnn", tokenizer="words", context=100)
    with pytest.raises(
        OptionError, match="tokenizer must be one of characters, words, bpe; got 'letters'"
    ):
        TrainingConfig(data="x", tokenizer="letters")
