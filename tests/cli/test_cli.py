import functools
import json
import os
import subprocess
import sys

import pytest

import tinyllm
from tests.cli.commands import TINY, listing, shell
from tests.train.runs import SIZES, TEXT, read_metrics, write_text
from tinyllm.cli import quickstart
from tinyllm.cli.generate import pieces
from tinyllm.cli.main import COMMANDS, build_parser
from tinyllm.decoding import beam_search
from tinyllm.text import BPETokenizer, datasets
from tinyllm.train import Run, load_checkpoint


# -------------------------------------------------------------------- help
def test_help_lists_every_command(command):
    result = command("--help")
    assert result.code == 0
    assert not result.err
    for name, module in COMMANDS.items():
        first_line = module.__doc__.strip().partition("\n")[0]
        assert name in result.out
        assert first_line[:30] in " ".join(result.out.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_says_what_it_does_and_explains_each_option(command, name):
    result = command(name, "--help")
    assert result.code == 0
    assert COMMANDS[name].__doc__.strip().partition("\n")[0] in result.out
    (sub,) = (a for a in build_parser()._actions if a.dest == "command")
    for action in sub.choices[name]._actions:
        assert action.help or action.choices, f"{name} {action.dest} has no help"
        for option in action.option_strings:
            assert option in result.out
    assert len(result.out.splitlines()) > 5


def test_version(command):
    result = command("--version")
    assert (result.code, result.out) == (0, f"tinyllm {tinyllm.__version__}\n")


# -------------------------------------------------------------------- train, then generate
def test_train_then_generate(command, here):
    write_text(here)
    result = command("train", "--data", "text.txt", *TINY, "--steps", 20, "--out", "run")
    assert result.code == 0
    assert not result.err
    assert "run: run\n" in result.out
    assert "validation loss: " in result.out
    assert 'tinyllm generate run --prompt "The " --temperature 0.8' in result.out
    assert [m["step"] for m in read_metrics(here / "run")] == list(range(2, 21, 2))
    line = ["generate", "run", "--prompt", "The ", "--temperature", "0.8", "--tokens", "40"]
    text = command(*line)
    assert text.code == 0
    assert text.out.startswith("The ")
    assert len(text.out) == 4 + 40 + 1
    assert set(text.out) <= set(TEXT)
    assert command(*line).out == text.out
    assert command(*line, "--seed", 2).out != text.out


def test_generate_without_options_writes_300_characters_after_a_new_line(command, run):
    text = command("generate", run).out
    assert len(text) == 1 + 300 + 1
    assert text.startswith("\n")
    assert command("generate", run, "--tokens", 0, "--prompt", "The").out == "The\n"


def test_the_options_of_generate_reach_the_filters(command, run):
    line = ["generate", run, "--prompt", "The ", "--tokens", 30]
    greedy = command(*line, "--temperature", 0).out
    assert command(*line, "--top-k", 1, "--seed", 5).out == greedy
    assert command(*line, "--top-p", 1e-9, "--seed", 6).out == greedy
    assert command(*line, "--temperature", 1e-6, "--seed", 7).out == greedy
    assert command(*line, "--temperature", 5).out != greedy


def test_min_p_and_the_penalty_reach_the_filters_too(command, run):
    line = ["generate", run, "--prompt", "The ", "--tokens", 30]
    greedy = command(*line, "--temperature", 0).out
    assert command(*line, "--min-p", 1, "--seed", 5).out == greedy
    other = command(*line, "--temperature", 0, "--repetition-penalty", 5).out
    assert len(set(other)) > len(set(greedy))


def test_beams_write_what_beam_search_finds(command, run):
    line = ["generate", run, "--prompt", "The ", "--tokens", 12]
    assert command(*line, "--beams", 1).out == command(*line, "--temperature", 0).out
    model, tokenizer = load_checkpoint(run)
    (best,) = beam_search(model, tokenizer.encode("The "), 12, beams=5)
    assert command(*line, "--beams", 5).out == tokenizer.decode(best.ids) + "\n"


def test_a_text_ends_before_a_stop_string_which_may_have_new_lines(command, run):
    line = ["generate", run, "--prompt", "The ", "--tokens", 200, "--seed", 3]
    whole = command(*line).out
    stop = whole[60:63]
    end = whole.index(stop, 4)
    assert command(*line, "--stop", stop).out == whole[:end] + "\n"
    assert command(*line, "--stop", "@", "--stop", stop).out == whole[:end] + "\n"
    first = command("generate", run, "--tokens", 200, "--stop", r"\n").out
    assert first == command("generate", run, "--tokens", 200, "--stop", "\n").out


@pytest.mark.filterwarnings("default")
def test_a_prompt_longer_than_the_context_is_said_in_one_line(command, run):
    result = command("generate", run, "--prompt", TEXT[:20], "--tokens", 5)
    assert result.code == 0
    assert result.err == (
        "tinyllm: the prompt has 20 tokens; the model reads the last 8, its context.\n"
    )
    assert result.out.startswith(TEXT[:20])


def test_a_character_of_several_tokens_comes_whole():
    tokenizer = BPETokenizer()  # its tokens are bytes
    ids = tokenizer.encode("aä€😀b")
    found = pieces(tokenizer, ids[:1], ids[1:, None])
    assert [piece for piece in found if piece] == ["ä", "€", "😀", "b"]
    half = pieces(tokenizer, ids[:1], ids[1:4, None])
    assert "".join(half) == "ä\ufffd"
    after = pieces(tokenizer, ids[2:3], ids[3:, None])  # the prompt ends with ä
    assert "".join(after) == "€😀b"


def test_a_text_without_new_lines_or_the_letters_of_the_has_its_own_prompts(command, here):
    (here / "a.txt").write_text("мама мыла раму " * 20, encoding="utf-8")
    result = command("train", "--data", "a.txt", *TINY, "--steps", 2, "--out", "run")
    assert "tinyllm generate run --temperature 0.8" in result.out
    text = command("generate", "run", "--tokens", 5)
    assert text.code == 0
    assert len(text.out) == 1 + 5 + 1


def test_without_a_name_runs_are_numbered(command, here):
    write_text(here)
    for _ in range(2):
        assert command("train", "--data", "text.txt", *TINY, "--steps", 1).code == 0
    assert sorted(os.listdir("runs")) == ["text-1", "text-2"]


def test_a_long_path_with_brackets_is_printed_whole(command, here):
    name = "[bold]" + "x" * 150
    write_text(here)
    result = command("train", "--data", "text.txt", *TINY, "--steps", 1, "--out", name)
    assert f"run: {name}\n" in result.out
    assert f"tinyllm generate {name} --prompt" in result.out


def test_options_reach_the_run(command, here):
    write_text(here)
    options = "--norm post --dropout 0.2 --seed 5 --learning-rate 0.01 --accumulate 2 --clip 3"
    command("train", "--data", "text.txt", *TINY, *options.split(), "--steps", 1, "--out", "run")
    config = json.loads((here / "run" / "config.json").read_text())
    sizes = {"layers": 1, "heads": 2, "width": 8, "context": 8, "norm": "post", "dropout": 0.2}
    assert config["model"].items() >= sizes.items()
    training = {"seed": 5, "learning_rate": 0.01, "accumulate": 2, "clip": 3.0, "batch": 2}
    assert config["training"].items() >= training.items()


# -------------------------------------------------------------------- architectures and tokenizers
RECURRENT = [option for i, option in enumerate(TINY) if i not in (2, 3)]  # without --heads


@pytest.mark.parametrize(
    ("arch", "tokenizer"),
    [
        ("rnn", "words"),
        ("gru", "characters"),
        ("lstm", "characters"),
        ("lstm", "words"),
        ("decoder-only", "words"),
    ],
)
def test_every_architecture_trains_resumes_and_writes(command, here, arch, tokenizer):
    write_text(here)
    sizes = TINY if arch == "decoder-only" else RECURRENT
    line = ["--data", "text.txt", "--arch", arch, "--tokenizer", tokenizer, *sizes]
    first = command("train", *line, "--steps", 8, "--stop-at", 3, "--out", "run")
    assert (first.code, first.err) == (0, "")
    assert "stopped at step 3 of 8" in first.out
    last = command("train", "--resume", "run")
    assert (last.code, last.err) == (0, "")
    assert f" nats a {tokenizer.rstrip('s')}\n" in last.out
    assert 'tinyllm generate run --prompt "The "' in last.out
    config = json.loads((here / "run" / "config.json").read_text())
    assert config["model"].get("cell", "decoder-only") == arch
    text = command("generate", "run", "--prompt", "The ", "--tokens", 12)
    assert (text.code, text.err) == (0, "")
    assert text.out.startswith("The ")
    assert "  " not in text.out.replace("\n", "") or tokenizer == "characters"
    assert len(command("generate", "run", "--tokens", 5).out) > 5
    assert command("generate", "run", "--prompt", "The ", "--tokens", 12).out == text.out


# -------------------------------------------------------------------- quickstart
@pytest.mark.filterwarnings("ignore:the prompt has")  # the small model has a context of 8
def test_quickstart_trains_compares_and_writes(command, here, monkeypatch):
    monkeypatch.setattr(datasets, "python_topics", lambda: (TEXT + "An object import\n") * 3)
    small = functools.partial(Run.create, **SIZES)
    monkeypatch.setattr(quickstart.Run, "create", lambda *args, context: small(*args))
    check_quickstart(command, here, steps=20)


@pytest.mark.slow
def test_quickstart_with_the_model_that_it_really_trains(command, here, monkeypatch):
    monkeypatch.setattr(datasets, "python_topics", lambda: (TEXT + "An object import\n") * 3)
    check_quickstart(command, here, steps=2)
    summary = json.loads((here / "runs" / "quickstart-1" / "summary.json").read_text())
    assert summary["parameters"] > 800_000


def check_quickstart(command, here, steps):
    result = command("quickstart", "--steps", steps)
    assert (result.code, result.err) == (0, "")
    for words in ("uniform", "5-gram", "this Transformer", "sample 3", "tinyllm generate"):
        assert words in result.out
    assert "runs/quickstart-1" in result.out
    assert command("generate", "runs/quickstart-1", "--tokens", 9).code == 0
    assert (here / "runs" / "quickstart-1" / "loss.png").read_bytes().startswith(b"\x89PNG")


# -------------------------------------------------------------------- in a process of its own
def test_the_command_runs_as_a_module_and_fails_in_one_line(here):
    helped = shell("--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert "quickstart" in helped.stdout
    wrong = shell("generate", "nowhere")
    assert wrong.returncode == 2
    assert wrong.stderr == "tinyllm: load: there is no folder 'nowhere'.\n"
    assert not listing(here)


def test_a_reader_that_has_had_enough_is_no_mistake(run):
    line = [sys.executable, "-m", "tinyllm", "generate", str(run), "--tokens", "100000"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(timeout=120) == 0
        said = process.stderr.read().splitlines()
    assert not [line for line in said if not line.startswith(b"tinyllm: compiled ")]


def test_importing_tinyllm_takes_along_nothing_that_is_slow():
    code = "import sys, tinyllm; tinyllm.Tensor, tinyllm.nn, tinyllm.ops; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = {name.partition(".")[0] for name in found.stdout.split()}
    assert "tinyllm" in names
    assert not names & {"numba", "matplotlib", "rich", "safetensors", "llvmlite"}
