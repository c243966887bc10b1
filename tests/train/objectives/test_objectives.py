"""What all objectives promise: batches that can be resumed, a loss that is the same each time."""

import numpy as np
import pytest

from tests.train.objectives.data import KINDS, make_run
from tests.train.runs import same_files
from tinyllm import ops
from tinyllm.errors import CheckpointError, DataError, OptionError
from tinyllm.train import Run, load_checkpoint
from tinyllm.train.objectives import OBJECTIVES, objective_of
from tinyllm.types import NO_TARGET

every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
def test_a_run_that_was_stopped_ends_as_one_that_was_not(tmp_path, kind):
    list(make_run(tmp_path, kind, "straight", dropout=0.1).train())
    list(make_run(tmp_path, kind, "stopped", dropout=0.1).train(1))
    list(Run.resume(tmp_path / "stopped").train(3))
    list(Run.resume(tmp_path / "stopped").train())
    same_files(tmp_path / "straight", tmp_path / "stopped")


@every_kind
def test_the_loss_of_a_step_is_that_of_its_batch(tmp_path, kind):
    run, twin = make_run(tmp_path, kind), make_run(tmp_path, kind, "twin")
    first = next(run.train())
    inputs, targets = next(twin.batches)
    logits = twin.objective.logits(twin.model, inputs)
    smoothing = run.config.label_smoothing
    by_hand = ops.cross_entropy(logits, targets, label_smoothing=smoothing).item()
    assert first.loss == pytest.approx(by_hand, rel=1e-6)
    assert first.tokens == (targets != NO_TARGET).sum()


@every_kind
def test_the_same_model_has_the_same_loss_twice_and_dropout_comes_back(tmp_path, kind):
    run = make_run(tmp_path, kind, dropout=0.5)
    run.model.train()
    one, two = (run.objective.measure(run.model, None) for _ in range(2))
    assert one == two
    assert run.model.training
    some = run.objective.measure(run.model, 40)["val_loss"]
    assert some == pytest.approx(one["val_loss"], rel=0.2)


@every_kind
def test_what_is_saved_is_the_model(tmp_path, kind):
    run = make_run(tmp_path, kind)
    list(run.train())
    model, tokenizer = load_checkpoint(run.folder)
    assert tokenizer.vocabulary == run.tokenizer.vocabulary
    assert tokenizer.special == run.tokenizer.special
    state = run.model.state_dict()
    assert all((array == state[name]).all() for name, array in model.state_dict().items())


@every_kind
def test_data_that_changed_are_refused(tmp_path, kind):
    run = make_run(tmp_path, kind)
    run.save()
    with open(run.config.data, "a", encoding="utf-8") as file:
        file.write("red,BLUE\n" if kind == "labels" else "1\t2\n" * 30)
    with pytest.raises(DataError, match="has changed since the run began"):
        Run.resume(run.folder)


def test_a_task_that_an_architecture_cannot_do_is_refused():
    with pytest.raises(OptionError, match=r"task must be one of text, classify, translate; got 'x"):
        objective_of("x", "decoder-only")
    with pytest.raises(OptionError, match="'classify' needs encoder-only; got decoder-only"):
        objective_of("classify", "decoder-only")
    with pytest.raises(OptionError, match="'text' needs decoder-only or recurrent or"):
        objective_of("text", "ngram")
    assert OBJECTIVES["translate"].keys() == {"encoder-decoder"}


# -------------------------------------------------------------------- from another run
def test_a_classifier_begins_where_an_encoder_ended(tmp_path):
    first = make_run(tmp_path, "masked", "first", tokenizer="words", data=text(tmp_path))
    list(first.train())
    second = make_run(tmp_path, "labels", "second", start_from=str(first.folder), dropout=0.1)
    assert second.tokenizer.vocabulary == first.tokenizer.vocabulary
    assert second.model.config.classes == 3
    assert second.model.config.dropout == 0.1
    before = first.model.state_dict()
    for name, array in second.model.state_dict().items():
        assert name.startswith("classes.") or (array == before[name]).all()
    list(second.train(1))
    for file in first.folder.iterdir():
        file.unlink()
    list(Run.resume(second.folder).train())  # it does not need the first one any more


def text(folder):
    file = folder / "colours.txt"
    file.write_text("very red cat\ngreen dog and blue cat\n" * 20, encoding="utf-8")
    return str(file)


def test_only_a_run_of_the_same_kind_can_be_begun_from(tmp_path):
    encoder = make_run(tmp_path, "masked", "encoder")
    encoder.save()
    decoder = make_run(tmp_path, "next-token", "decoder")
    decoder.save()
    with pytest.raises(DataError, match=r"must have the special tokens <pad>, <mask>; it lacks"):
        make_run(tmp_path, "labels", start_from=str(decoder.folder))
    with pytest.raises(CheckpointError, match="same architecture, decoder-only; got EncoderOnly"):
        make_run(tmp_path, "next-token", start_from=str(encoder.folder))
    with pytest.raises(CheckpointError, match=r"--from keeps the sizes of its run"):
        make_run(tmp_path, "masked", start_from=str(encoder.folder), width=16)
    with pytest.raises(CheckpointError, match="there is no folder"):
        make_run(tmp_path, "masked", start_from=str(tmp_path / "absent"))


def test_a_text_can_be_gone_on_with_from_another_run(tmp_path):
    first = make_run(tmp_path, "next-token", "first")
    list(first.train())
    second = make_run(tmp_path, "next-token", "second", start_from=str(first.folder))
    loss = second.objective.measure(second.model, None)["val_loss"]
    assert round(loss, 6) == first.metrics[-1]["val_loss"]
    assert np.isfinite(loss)
