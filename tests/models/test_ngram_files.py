"""NGramLM on disk: what is saved comes back, and what is broken is refused in one line."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from tests.models.corpora import corpora, draw_weights, models
from tests.models.tiny import tiny
from tinyllm.errors import CheckpointError, DataError
from tinyllm.models import NGramLM, ngram_files
from tinyllm.models.ngram_files import CONFIG, COUNTS
from tinyllm.text import CharTokenizer
from tinyllm.train import load_checkpoint, save_checkpoint

IDS = np.random.default_rng(0).zipf(1.5, 300) % 7


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A saved model, not to be written to."""
    folder = tmp_path_factory.mktemp("ngram")
    NGramLM(3, 7, "interpolation").fit(IDS).save(folder)
    return folder


@pytest.fixture
def folder(saved, tmp_path):
    """A copy of it, to be broken."""
    return Path(shutil.copytree(saved, tmp_path / "copy"))


def refusal(folder):
    with pytest.raises(CheckpointError) as caught:
        NGramLM.load(folder)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.startswith("load: ")
    return message


# -------------------------------------------------------------------- what is saved comes back
@given(corpora(), models())
def test_a_model_comes_back_to_the_last_bit(tmp_path_factory, corpus, kind):
    order, vocabulary, ids, rng = corpus
    method, options = kind
    model = NGramLM(order, vocabulary, method, **options).fit(ids)
    folder = tmp_path_factory.mktemp("round") / "a" / "b"
    model.save(str(folder))
    loaded = NGramLM.load(folder)
    text = rng.integers(0, vocabulary, 30)
    np.testing.assert_array_equal(loaded.log_prob(text), model.log_prob(text))
    np.testing.assert_array_equal(loaded.probabilities(text), model.probabilities(text))
    names = ("order", "vocabulary", "method", "k", "given_weights")
    assert [vars(loaded)[n] for n in names] == [vars(model)[n] for n in names]
    for one, other in zip(loaded.tables, model.tables, strict=True):
        np.testing.assert_equal(vars(one), vars(other))
    assert sorted(os.listdir(folder)) == sorted([CONFIG, COUNTS])


def test_weights_come_back_as_given_or_as_found(tmp_path):
    weights = draw_weights(2, np.random.default_rng(0))
    for options in ({"weights": weights}, {}):
        model = NGramLM(2, 7, "interpolation", **options).fit(IDS)
        model.save(tmp_path)
        loaded = NGramLM.load(tmp_path)
        np.testing.assert_array_equal(loaded.weights, model.weights)
        np.testing.assert_array_equal(loaded.given_weights, model.given_weights)


def test_a_second_save_replaces_the_first(tmp_path):
    for order in (3, 2):
        NGramLM(order, 7).fit(IDS).save(tmp_path)
    assert NGramLM.load(tmp_path).order == 2


def test_a_save_that_was_torn_over_an_older_one_is_refused(folder, monkeypatch):
    def off(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(ngram_files, "write_json", off)
    with pytest.raises(KeyboardInterrupt):
        NGramLM(3, 7).fit(IDS[:100]).save(folder)
    assert "is not the file that config.json was written with" in refusal(folder)


def test_what_cannot_be_saved_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"save: nothing is counted yet\. Hint: call fit\(ids\)"):
        NGramLM(2, 7).save(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"cannot make the folder .*file': File exists"):
        NGramLM(2, 7).fit(IDS).save(tmp_path / "file")


# -------------------------------------------------------------------- broken, foreign, mixed
@pytest.mark.parametrize("name", [CONFIG, COUNTS])
@given(data=st.data())
def test_a_truncated_file_is_refused(saved, tmp_path_factory, name, data):
    copy = Path(shutil.copytree(saved, tmp_path_factory.mktemp("cut") / "copy"))
    content = (copy / name).read_bytes().rstrip()
    (copy / name).write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    assert name in refusal(copy)


@given(data=st.data())
def test_one_wrong_byte_among_the_counts_is_refused(saved, tmp_path_factory, data):
    copy = Path(shutil.copytree(saved, tmp_path_factory.mktemp("flip") / "copy"))
    content = bytearray((copy / COUNTS).read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    (copy / COUNTS).write_bytes(content)
    assert COUNTS in refusal(copy)


@pytest.mark.parametrize("name", [CONFIG, COUNTS])
@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00\x80" * 40, b"[]", b"3", b'{"a": 1}', b"[" * 100_000, b"\x80\x04K\x01."],
)
def test_a_file_of_something_else_is_refused(folder, name, content):
    (folder / name).write_bytes(content)
    assert name in refusal(folder)


@pytest.mark.parametrize("name", [CONFIG, COUNTS])
def test_a_missing_file_or_a_folder_in_its_place_is_refused(folder, name):
    (folder / name).unlink()
    assert "No such file" in refusal(folder)
    (folder / name).mkdir()
    message = refusal(folder)
    assert name in message
    assert "No such file" not in message


def test_counts_of_another_model_are_refused(folder, tmp_path):
    NGramLM(3, 7).fit(IDS[:100]).save(tmp_path / "other")
    shutil.copy(tmp_path / "other" / COUNTS, folder / COUNTS)
    assert "were files of two models mixed?" in refusal(folder)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        (
            "order",
            2,
            "must hold keys and counts of length 1 to 2, as config.json says; got counts.1,",
        ),
        (
            "order",
            4,
            "must hold keys and counts of length 1 to 4, as config.json says; got counts.1,",
        ),
        ("order", 2.5, "order must be an integer >= 1; got 2.5."),
        ("vocabulary", 6, "counted, too."),
        ("vocabulary", 8, "counted, too."),
        ("method", "katz", "method must be one of"),
        ("method", ["add-k"], "method must be one of"),
        ("k", 0.1, "only method='add-k' takes k"),
        ("weights", [1.0], "weights must be order + 1 = 4 numbers"),
        ("bias", True, "unexpected keyword argument 'bias'"),
    ],
)
def test_a_config_that_does_not_fit_the_counts_is_refused(folder, option, value, message):
    config = json.loads((folder / CONFIG).read_text())
    config["model"][option] = value
    (folder / CONFIG).write_text(json.dumps(config))
    assert message in refusal(folder)


def test_a_config_without_options_is_refused(folder):
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(config | {"model": [1]}))
    assert "'model' must hold options" in refusal(folder)
    (folder / CONFIG).write_text(json.dumps(config | {"model": {}}))
    assert "missing 2 required positional arguments: 'order' and 'vocabulary'" in refusal(folder)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("counts.2", "got counts.1, counts.3, keys.1, keys.2, keys.3, weights."),
        ("keys.3", "got counts.1, counts.2, counts.3, keys.1, keys.2, weights."),
        ("weights", "weights must be order + 1 = 4 numbers"),
    ],
)
def test_arrays_that_are_missing_are_refused(folder, name, message):
    """Somebody wrote the file anew, with its hash: it still must hold what a model needs."""
    arrays = load_file(folder / COUNTS)
    del arrays[name]
    save_file(arrays, folder / COUNTS)
    config = json.loads((folder / CONFIG).read_text())
    config["sha256"] = ngram_files.sha256_of(folder / COUNTS)
    (folder / CONFIG).write_text(json.dumps(config))
    assert message in refusal(folder)


def test_neural_models_and_models_of_counts_are_told_apart(folder, tmp_path):
    with pytest.raises(CheckpointError, match=r"cannot read .*tokenizer\.json"):
        load_checkpoint(folder)
    save_checkpoint(tmp_path / "gpt", tiny(), CharTokenizer(list("abcdefghijk")))
    message = refusal(tmp_path / "gpt")
    assert "must hold a model of kind 'ngram'; got 'decoder-only'. Hint: load_checkpoint" in message
    assert "cannot read" in refusal(tmp_path / "absent")
