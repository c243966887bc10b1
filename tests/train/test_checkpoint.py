import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

import tinyllm
from tests.models.tiny import draw_ids, stirred
from tests.train.runs import trained
from tinyllm.errors import CheckpointError, DataError
from tinyllm.models import DecoderOnly
from tinyllm.text import CharTokenizer
from tinyllm.train import load_checkpoint, save_checkpoint
from tinyllm.train.checkpoint import CONFIG, TOKENIZER, WEIGHTS

LETTERS = CharTokenizer(list("abcdefghijk"))  # as many as the tiny models know


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A trained run, not to be written to."""
    return trained(tmp_path_factory.mktemp("checkpoint")).folder


@pytest.fixture
def folder(run_folder, tmp_path):
    """A copy of it, to be broken."""
    return Path(shutil.copytree(run_folder, tmp_path / "copy"))


def refusal(load, *args):
    with pytest.raises(CheckpointError) as caught:
        load(*args)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


# -------------------------------------------------------------------- what is saved comes back
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_model_and_its_tokenizer_come_back_as_they_were(tmp_path, norm):
    model, ids = stirred(norm=norm, dropout=0.1), draw_ids(0, 2, 8)
    save_checkpoint(tmp_path / "a" / "b", model, LETTERS)
    loaded, tokenizer = load_checkpoint(str(tmp_path / "a" / "b"))
    assert isinstance(loaded, DecoderOnly)
    assert loaded.config == model.config
    assert tokenizer.vocabulary == LETTERS.vocabulary
    np.testing.assert_equal(loaded.state_dict(), model.state_dict())
    np.testing.assert_array_equal(loaded.eval()(ids).data, model.eval()(ids).data)


def test_a_second_save_replaces_the_first(tmp_path):
    save_checkpoint(tmp_path, stirred(0), LETTERS)
    save_checkpoint(tmp_path, stirred(1), LETTERS)
    np.testing.assert_equal(load_checkpoint(tmp_path)[0].state_dict(), stirred(1).state_dict())
    assert sorted(os.listdir(tmp_path)) == sorted([CONFIG, TOKENIZER, WEIGHTS])


def test_what_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"cannot make the folder .*file/x': Not a directory"):
        save_checkpoint(tmp_path / "file" / "x", stirred(), LETTERS)
    with pytest.raises(DataError, match=r"cannot make the folder .*file': File exists"):
        save_checkpoint(tmp_path / "file", stirred(), LETTERS)


def test_every_file_is_json_safetensors_or_png_and_none_a_pickle(run_folder):
    readers = {
        ".safetensors": safetensors.numpy.load,
        ".json": json.loads,
        ".jsonl": lambda content: [json.loads(line) for line in content.splitlines()],
        ".png": lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"),
    }
    assert all(readers[file.suffix](file.read_bytes()) for file in run_folder.iterdir())


def test_no_line_of_the_package_unpickles():
    words = re.compile(
        r"^\s*(import|from) (pickle|cPickle|dill|joblib|shelve)|allow_pickle|\beval\("
    )
    root = Path(tinyllm.__file__).parent
    found = [
        f"{file.name}: {line.strip()}"
        for file in root.rglob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if words.search(line) and ".eval()" not in line and "def eval(" not in line
    ]
    assert not found


# -------------------------------------------------------------------- broken, foreign, mixed
@pytest.mark.parametrize("name", [CONFIG, TOKENIZER, WEIGHTS])
@given(data=st.data())
def test_a_truncated_file_is_refused(run_folder, tmp_path_factory, name, data):
    copy = tmp_path_factory.mktemp("cut") / "run"
    shutil.copytree(run_folder, copy)
    content = (copy / name).read_bytes().rstrip()
    (copy / name).write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    message = refusal(load_checkpoint, copy)
    assert name in message
    assert message.startswith("load: ")


@pytest.mark.parametrize("name", [CONFIG, TOKENIZER, WEIGHTS])
@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00\x80" * 40, b"[]", b"3", b'{"a": 1}', b"[" * 100_000, b"\x80\x04K\x01."],
)
def test_a_file_of_something_else_is_refused(folder, name, content):
    (folder / name).write_bytes(content)
    assert name in refusal(load_checkpoint, folder)


@pytest.mark.parametrize("name", [CONFIG, TOKENIZER, WEIGHTS])
def test_a_missing_file_or_a_folder_in_its_place_is_refused(folder, name):
    (folder / name).unlink()
    message = refusal(load_checkpoint, folder)
    assert name in message
    assert "No such file" in message
    (folder / name).mkdir()
    message = refusal(load_checkpoint, folder)
    assert name in message
    assert "No such file" not in message


def test_what_is_no_run_is_refused(tmp_path):
    assert refusal(load_checkpoint, tmp_path / "x") == f"load: there is no folder '{tmp_path}/x'."
    message = refusal(load_checkpoint, tmp_path)
    assert f"'{tmp_path}' is no run of tinyllm: cannot read config.json: No such file" in message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"architecture": "mamba"},
            "the architecture must be one of decoder-only, encoder-only, encoder-decoder, "
            "recurrent, ngram; got 'mamba'.",
        ),
        ({"architecture": ["decoder-only"]}, "is broken or of another program."),
        ({"model": [1, 2]}, "'model' and 'training' must hold options."),
        ({"training": [1, 2]}, "'model' and 'training' must hold options."),
        ({"model": {"vocabulary": 4}}, "config: names must be those of the fields; unknown: none;"),
    ],
)
def test_a_config_of_something_else_is_refused(folder, change, message):
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(config | change))
    assert message in refusal(load_checkpoint, folder)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("dropout", "much", "config: dropout must be at least 0 and below 1; got 'much'."),
        ("norm", ["pre"], "config: norm must be 'pre' or 'post'; got ['pre']."),
        ("layers", 2.5, "config: layers must be a whole number >= 1; got 2.5."),
        ("layers", 1, "missing: none; unknown: blocks.1.attention."),
        ("layers", 3, "missing: blocks.2.attention."),
        ("width", 4, "tokens.weight has another shape; got model=(30, 4), state=(30, 8)."),
        ("bias", True, "config: names must be those of the fields; unknown: bias;"),
    ],
)
def test_a_config_that_does_not_fit_the_weights_is_refused(folder, option, value, message):
    config = json.loads((folder / CONFIG).read_text())
    config["model"][option] = value
    (folder / CONFIG).write_text(json.dumps(config))
    found = refusal(load_checkpoint, folder)
    assert f"'{folder}' does not fit together: " in found
    assert message in found


def test_files_of_two_runs_are_not_mixed(folder):
    LETTERS.save(folder / TOKENIZER)
    message = refusal(load_checkpoint, folder)
    assert "the tokenizer has 11 tokens, the model 30. Hint: were files of two runs" in message


def test_weights_of_a_kind_that_numpy_does_not_have_are_refused(folder):
    header = b'{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}'
    (folder / WEIGHTS).write_bytes(len(header).to_bytes(8, "little") + header + b"\0\0")
    assert refusal(load_checkpoint, folder).startswith("load: ")
