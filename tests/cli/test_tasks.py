"""The commands for labels, translations and counts: train, generate, evaluate, compare."""

import json

import pytest

from tests.cli.commands import TINY
from tests.train.objectives.data import write_labelled, write_pairs
from tests.train.runs import read_json, write_text
from tinyllm.models import DecoderOnly, TransformerConfig
from tinyllm.text import CharTokenizer
from tinyllm.train import save_checkpoint

SMALL = [*TINY, "--steps", 2]


@pytest.fixture
def labelled(command, here):
    file = write_labelled(here)
    result = command("train", "--task", "classify", "--data", file, *SMALL, "--out", "colours")
    assert result.code == 0, result.err
    return result


@pytest.fixture
def translator(command, here):
    write_pairs(here)
    line = ("train", "--task", "translate", "--data", "pairs.tsv", "--vocabulary-size", 300)
    result = command(*line, *SMALL, "--context", 32, "--out", "backwards")
    assert result.code == 0, result.err
    return result


# -------------------------------------------------------------------- labels
def test_a_classifier_says_what_comes_next(labelled):
    assert "validation accuracy: " in labelled.out
    assert "nats a text" in labelled.out
    assert "tinyllm evaluate colours" in labelled.out


def test_a_classifier_is_measured_on_what_was_held_out_or_on_a_file(command, here, labelled):
    found = json.loads(command("evaluate", "colours", "--json").out)
    assert found["data"].endswith("labelled.csv, held out")
    assert found["texts"] == 6
    assert 0 <= found["macro_f1"] <= 1
    (here / "other.jsonl").write_text('{"say": "red cat", "is": "RED"}\n' * 3)
    line = ("evaluate", "colours", "--data", "other.jsonl", "--source", "say", "--target", "is")
    assert json.loads(command(*line, "--json").out)["texts"] == 3
    assert "accuracy" in command(*line).out
    (here / "new.csv").write_text("text,label\nred cat,PINK\n")
    result = command("evaluate", "colours", "--data", "new.csv")
    assert result.code == 2
    assert "new.csv', line 2: the labels are 'BLUE', 'GREEN', 'RED'; got 'PINK'" in result.err


def test_a_classifier_labels_a_prompt(command, labelled):
    lines = command("generate", "colours", "--prompt", "very red cat").out.splitlines()
    assert sorted(line.split()[-1] for line in lines) == ["BLUE", "GREEN", "RED"]
    shares = [float(line.split("%")[0]) for line in lines]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=0.2)
    assert "--prompt is the text" in command("generate", "colours").err


def test_hidden_words_first_then_labels(command, here):
    write_text(here)
    line = ("train", "--arch", "encoder-only", "--data", "text.txt", "--tokenizer", "words")
    result = command(*line, *SMALL, "--out", "hidden")
    assert "nats a hidden word" in result.out
    assert "--task classify --data NAME --from hidden" in result.out
    guesses = command("generate", "hidden", "--prompt", "The quick <mask> fox <mask>.").out
    assert len(guesses.splitlines()) == 2
    assert "needs <mask> where one is" in command("generate", "hidden", "--prompt", "The").err
    assert "loss" in command("evaluate", "hidden").out
    file = write_labelled(here)
    line = ("train", "--task", "classify", "--data", file, "--from", "hidden", "--steps", 2)
    assert command(*line, "--out", "labels").code == 0
    config = read_json(here / "labels" / "config.json")
    assert config["model"]["classes"] == 3
    assert config["model"]["width"] == 8
    assert config["model"]["dropout"] == 0.3
    assert config["training"]["tokenizer"] == "words"
    assert command("train", "--resume", "labels").code == 0
    result = command(*line, "--tokenizer", "words", "--out", "x")
    assert "--from keeps the tokenizer of its run" in result.err


# -------------------------------------------------------------------- translations
def test_a_translator_writes_and_is_measured(command, translator):
    assert "tinyllm generate backwards" in translator.out
    assert command("generate", "backwards", "--prompt", "12", "--tokens", 5).code == 0
    assert command("generate", "backwards", "--prompt", "12", "--beams", 2, "--tokens", 3).code == 0
    drawn = [
        command("generate", "backwards", "--prompt", "12", "--temperature", 2, "--seed", seed).out
        for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    assert "--prompt is the text to translate" in command("generate", "backwards").err
    found = json.loads(command("evaluate", "backwards", "--json").out)
    assert found["texts"] == 6
    assert 0 <= found["bleu"] <= 100
    assert " -> " in found["example"]
    assert "bleu" in command("evaluate", "backwards", "--beams", 2).out


# -------------------------------------------------------------------- counts
def test_an_ngram_model_is_a_run_like_others(command, here):
    write_text(here)
    line = ("train", "--arch", "ngram", "--data", "text.txt", "--order", 3)
    result = command(*line, "--out", "counts")
    assert result.code == 0
    assert "validation loss: " in result.out
    summary = read_json(here / "counts" / "summary.json")
    found = json.loads(command("evaluate", "counts", "--json").out)
    assert found["loss"] == pytest.approx(summary["val_loss"], abs=1e-6)
    one, two = (command("generate", "counts", "--prompt", "The ", "--tokens", 9) for _ in "12")
    assert one.out == two.out
    assert one.out.startswith("The ")
    assert "there already" in command(*line, "--out", "counts").err
    assert command(*line, "--method", "add-k", "--k", 0.1, "--out", "other").code == 0
    assert (
        "an n-gram model is counted in one go; leave out --steps"
        in command(*line, "--steps", 3).err
    )
    result = command("train", "--resume", "counts")
    assert result.code == 2
    assert "holds counts, made in one go: there is nothing to go on with." in result.err


# -------------------------------------------------------------------- compare
def test_runs_are_compared_best_first(command, here):
    write_text(here)
    line = ("train", "--data", "text.txt")
    assert command(*line, "--arch", "ngram", "--out", "counts").code == 0
    assert command(*line, *SMALL, "--out", "gpt").code == 0
    result = command("compare", "gpt", "counts", "--figure", "both.png")
    assert result.code == 0
    assert (here / "both.png").read_bytes().startswith(b"\x89PNG")
    rows = [line for line in result.out.splitlines() if "characters" in line]
    assert ["counts" in row for row in rows] == [True, False]
    assert "figure: both.png" in result.out
    assert "compare" not in result.out


def test_what_must_not_be_compared_is_said(command, here, labelled):
    write_text(here)
    line = ("train", "--data", "text.txt", *SMALL)
    assert command(*line, "--out", "letters").code == 0
    assert command(*line, "--tokenizer", "words", "--out", "words").code == 0
    result = command("compare", "letters", "words")
    assert "The tokens differ: compare bits a byte" in result.out
    assert "<unk>" in result.out
    result = command("compare", "letters", "colours")
    assert "different data" in result.out
    assert "learnt different things" in result.out


def test_a_run_that_was_never_measured_is_refused(command, here):
    write_text(here)
    assert (
        command("train", "--data", "text.txt", *SMALL, "--stop-at", 1, "--out", "early").code == 0
    )
    for name in ("metrics.jsonl", "summary.json"):
        (here / "early" / name).unlink(missing_ok=True)
    result = command("compare", "early")
    assert "'early' has no evaluation yet. Hint: tinyllm train --resume early" in result.err
    assert not (here / "compare.png").exists()


# -------------------------------------------------------------------- all architectures
@pytest.mark.parametrize("arch", ["rnn", "gru", "encoder-only", "encoder-decoder", "decoder-only"])
def test_every_architecture_learns_from_a_plain_text(command, here, arch):
    write_text(here)
    sizes = [word for word in SMALL if arch not in ("rnn", "gru") or word != "--heads"]
    if arch in ("rnn", "gru"):
        sizes.remove("2")
    result = command("train", "--arch", arch, "--data", "text.txt", *sizes, "--out", "run")
    assert result.code == 0, result.err
    found = json.loads(command("evaluate", "run", "--json").out)
    metrics = (here / "run" / "metrics.jsonl").read_text().splitlines()
    assert found["loss"] == pytest.approx(json.loads(metrics[-1])["val_loss"], abs=1e-5)
    if arch != "encoder-only":
        assert command("generate", "run", "--prompt", "The ", "--tokens", 20).code == 0
        assert found["bits_per_character"] == pytest.approx(found["bits_per_byte"])


def test_every_option_of_a_transformer_can_be_given(command, here):
    write_text(here)
    options = (
        "--norm post --normalisation rms --positions rotary --activation swiglu --kv-heads 1 "
        "--no-tied --no-biases"
    )
    line = ("train", "--data", "text.txt", *SMALL, *options.split(), "--out", "run")
    assert command(*line).code == 0
    model = read_json(here / "run" / "config.json")["model"]
    wanted = ("norm", "normalisation", "positions", "activation", "kv_heads", "tied", "biases")
    assert [model[name] for name in wanted] == ["post", "rms", "rotary", "swiglu", 1, False, False]


def test_a_run_without_data_is_measured_on_data_that_are_named(command, here):
    tokenizer = CharTokenizer.train("hello world")
    config = TransformerConfig(vocabulary=len(tokenizer), context=4, layers=1, heads=1, width=4)
    save_checkpoint(
        here / "own", DecoderOnly(config, rng=0), tokenizer, {"tokenizer": "characters"}
    )
    (here / "text.txt").write_text("hello world hello")
    refused = command("evaluate", "own")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "'own' does not say which data it was trained on. Hint: --data FILE." in refused.err
    assert command("evaluate", "own", "--data", "text.txt").code == 0
