"""A user's mistake: one line on stderr that names it, exit code 2, and nothing half-written."""

import json

import pytest

from tests.cli.commands import TINY, listing
from tests.train.runs import TEXT, write_text


@pytest.fixture
def refused(command, here):
    """Run a command that must be refused; return its one line."""

    def call(*arguments):
        before = listing(here)
        result = command(*arguments)
        assert result.code == 2
        assert result.err.startswith("tinyllm")
        assert result.err.count("\n") == 1
        assert result.err.endswith("\n")
        assert "Traceback" not in result.out + result.err
        assert not result.out.strip()
        assert listing(here) == before
        return result.err

    return call


# -------------------------------------------------------------------- the command line itself
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND. See `tinyllm --help`."),
        (["trian"], "invalid choice: 'trian'"),
        (["train", "--steps", "many"], "argument --steps: invalid int value: 'many'. See `tinyllm"),
        (["train", "--colour", "red"], "unrecognized arguments: --colour red"),
        (["train", "--norm", "both"], "invalid choice: 'both'"),
        (["train", "--arch", "mamba"], "invalid choice: 'mamba'"),
        (["train", "--tokenizer", "bytes"], "invalid choice: 'bytes'"),
        (["generate"], "the following arguments are required: RUN. See `tinyllm generate --help`"),
        (["generate", "run", "--top-p", "much"], "--top-p: invalid float value: 'much'"),
    ],
)
def test_a_line_that_cannot_be_read_is_refused(refused, arguments, message):
    assert message in refused(*arguments)


# -------------------------------------------------------------------- train: the text
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "takes a data set or a file; there is no 'book.txt'. Data sets: names, "),
        (b"", "read_text: needs at least one character; 'BOOK' is empty."),
        (
            b"caf\xe9 " * 500,
            "read_text: 'BOOK' must be utf-8 text; got byte 0xe9 at offset 3.",
        ),
        (b"\x89PNG\r\n\x1a\n\0\0" * 99, "must be utf-8 text; got byte 0x89 at offset 0."),
        (b"short", "the text has 5 characters; with context 8 it needs at least 90, of which"),
        (b"x", "split: both parts need at least one id; got 1 ids"),
    ],
)
def test_a_text_that_cannot_train_is_refused(refused, here, content, message):
    if content is not None:
        (here / "book.txt").write_bytes(content)
    found = refused("train", "--data", "book.txt", *TINY)
    assert message.replace("BOOK", str(here / "book.txt")) in found


def test_a_folder_as_a_text_is_refused(refused, here):
    (here / "books").mkdir()
    assert "takes a data set or a file; got the folder 'books'." in refused(
        "train", "--data", "books"
    )


def test_a_data_set_that_is_not_here_is_named_with_the_way_to_get_it(refused, monkeypatch, here):
    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "cache"))
    message = refused("train", "--data", "names")
    assert "the data set 'names' is not on this machine; looked in " in message
    assert "Hint: tinyllm train --data names --download" in message


def test_no_text_and_unknown_encodings_are_refused(refused, here):
    assert "train: --data FILE says what to train on; or --resume RUN goes on." in refused("train")
    file = write_text(here)
    message = refused("train", "--data", file, "--encoding", "latin-99")
    assert "there is no text encoding 'latin-99'" in message


def test_a_name_that_is_too_long_for_a_file_is_refused(refused):
    assert "File name too long: 'xxx" in refused("train", "--data", "x" * 5000)


# -------------------------------------------------------------------- train: the options
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--width 10 --heads 4", "width must be divisible by heads; got width=10, heads=4. Hint"),
        ("--arch lstm --heads 2", "config: names must be those of the fields; unknown: heads; "),
        ("--arch gru --norm pre --width 8", "unknown: norm; missing: none. Hint: the fields are"),
        ("--arch rnn --layers 0", "config: layers must be a whole number >= 1; got 0."),
        ("--layers 0", "config: layers must be a whole number >= 1; got 0."),
        ("--context -5", "config: context must be a whole number >= 1; got -5."),
        ("--dropout 1", "config: dropout must be at least 0 and below 1; got 1.0."),
        ("--steps 0", "train: steps must be a whole number >= 1; got 0."),
        ("--batch 0", "train: batch must be a whole number >= 1; got 0."),
        ("--accumulate -1", "train: accumulate must be a whole number >= 1; got -1."),
        ("--learning-rate 0", "train: learning_rate must be above 0 and finite; got 0.0."),
        ("--learning-rate nan", "train: learning_rate must be above 0 and finite; got nan."),
        ("--clip 0", "train: clip must be above 0 and finite; got 0.0."),
        ("--seed -1", "train: seed must be a whole number >= 0; got -1."),
        ("--stop-at 0", "train: --stop-at must be at least 1; got 0."),
        ("--out text.txt", "train: 'text.txt' is a file. Hint: choose another --out."),
        ("--out run", "train: 'run' is there already. Hint: go on with `tinyllm train --resume"),
    ],
)
def test_an_option_out_of_range_is_refused(refused, here, run, options, message):
    write_text(here)
    assert message in refused("train", "--data", "text.txt", *options.split())


def test_a_folder_that_cannot_be_made_is_refused(command, here):
    write_text(here)
    result = command("train", "--data", "text.txt", *TINY, "--steps", 2, "--out", "text.txt/run")
    assert result.code == 2
    assert result.err == "tinyllm: cannot make the folder 'text.txt/run': Not a directory.\n"
    assert listing(here).keys() == {"text.txt"}


# -------------------------------------------------------------------- train: resuming
@pytest.mark.parametrize(
    ("options", "named"),
    [
        ("--steps 9", "--steps"),
        ("--data text.txt", "--data"),
        ("--learning-rate 0.1 --width 16", "--learning-rate, --width"),
        ("--out elsewhere", "--out"),
        ("--encoding latin-1", "--encoding"),
        ("--norm post --seed 1", "--seed, --norm"),
        ("--arch gru --tokenizer words", "--tokenizer, --arch"),
    ],
)
def test_resuming_with_other_options_is_refused(refused, run, options, named):
    message = refused("train", "--resume", run, *options.split())
    start, _, names = message.partition("leave out ")
    assert start == "tinyllm: train: --resume keeps the run's options; "
    assert set(names.strip(".\n").split(", ")) == set(named.split(", "))


@pytest.mark.parametrize("verb", [["generate"], ["train", "--resume"]])
def test_a_run_that_is_none_is_refused(refused, here, verb):
    assert "load: there is no folder 'nowhere'." in refused(*verb, "nowhere")
    (here / "empty").mkdir()
    message = refused(*verb, "empty")
    assert "'empty' is no run of tinyllm: cannot read config.json: No such file" in message
    (here / "file").touch()
    assert "load: there is no folder 'file'." in refused(*verb, "file")


@pytest.mark.parametrize("verb", [["generate"], ["train", "--resume"]])
def test_a_broken_or_foreign_run_is_refused(refused, run, verb):
    name = "model" if verb == ["generate"] else "optimizer"
    file = run / f"{name}.safetensors"
    content = file.read_bytes()
    file.write_bytes(content[:-100])
    assert f"load: '{file}' is broken or no safetensors file: " in refused(*verb, run)
    file.write_bytes(content)
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps(config | {"architecture": "llama"}))
    assert (
        "must be one of decoder-only, encoder-only, encoder-decoder, recurrent, ngram; got 'llama'."
        in refused(*verb, run)
    )
    (run / "config.json").write_text('{"model_type": "gpt2"}')
    assert "config.json' is broken or of another program." in refused(*verb, run)


def test_a_text_that_has_changed_or_gone_is_refused_when_resuming(command, refused, here):
    file = write_text(here)
    command("train", "--data", file, *TINY, "--steps", 4, "--stop-at", 1, "--out", "run")
    write_text(here, TEXT.replace("fox", "cat"))
    assert "has changed since the run began. Hint: start a new run." in refused(
        "train", "--resume", "run"
    )
    (here / "text.txt").unlink()
    assert f"there is no '{file}'." in refused("train", "--resume", "run")


# -------------------------------------------------------------------- generate
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--prompt", "Thé"],
            "each character must be in the vocabulary; got 'é' (U+00E9) at posit",
        ),
        (
            ["--prompt", "Thé"],
            "each character must be in the vocabulary; got 'é' (U+00E9) at position 2. "
            "Hint: remove it, or train on text that has it.",
        ),
        (["--prompt", ""], "generate: the prompt needs at least one character; got none."),
        (["--top-p", "0"], "top_p: must be above 0 and at most 1; got 0.0."),
        (["--top-p", "1.5"], "top_p: must be above 0 and at most 1; got 1.5."),
        (["--top-k", "0"], "top_k: must be at least 1; got 0."),
        (["--temperature", "-1"], "temperature: must be above 0; got -1.0. Hint: 0 means greedy."),
        (["--temperature", "nan"], "temperature: must be above 0; got nan."),
        (["--min-p", "1.5"], "min_p: must be at least 0 and at most 1; got 1.5."),
        (["--repetition-penalty", "0"], "repetition_penalty: must be above 0 and finite; got 0.0."),
        (["--stop", ""], "stop: takes strings of at least one character; got ['']."),
        (["--beams", "0"], "generate: --beams must be at least 1; got 0."),
        (
            ["--beams", "3", "--temperature", "1", "--min-p", "0.1"],
            "generate: --beams draws nothing at random. Hint: leave out --temperature, --min-p.",
        ),
        (["--tokens", "-1"], "generate: --tokens must be at least 0; got -1."),
        (["--seed", "-1"], "generate: --seed must be at least 0; got -1."),
    ],
)
def test_what_generate_cannot_do_is_refused(refused, run, options, message):
    assert message in refused("generate", run, *options)


def test_quickstart_refuses_bad_options_too(refused, run):
    assert "train: steps must be a whole number >= 1; got 0." in refused("quickstart", "--steps", 0)
    assert "seed must be a whole number >= 0; got -3." in refused("quickstart", "--seed", -3)
    assert "'run' is there already." in refused("quickstart", "--out", run)


# -------------------------------------------------------------------- labels and translations
def test_the_byte_that_is_no_utf8_is_named_and_so_is_the_option(refused, here):
    (here / "questions.txt").write_bytes(b"NUM:x How many ?\nHUM:y Who is caf\xe9 ?\n" * 10)
    message = refused("train", "--task", "classify", "--data", "questions.txt", *TINY)
    assert "questions.txt' must be utf-8 text; got byte 0xe9 at offset 33." in message
    assert "--encoding latin-1" in message


@pytest.mark.parametrize(
    ("options", "content", "message"),
    [
        ("--task classify", "NUM how many\n\nHUM who\n", "line 2: each line is an example"),
        ("--task classify", "NUM how many\nHUM\n", "line 2: each line is a label, a blank, a text"),
        ("--task classify", "A a b\nB c d\n" * 4, "needs at least 10 examples"),
        ("--task classify --arch lstm", "A a\n" * 20, "needs encoder-only; got recurrent"),
        ("--task translate", "A a\n" * 20, "lie in DATA.SOURCE and DATA.TARGET; got only DATA"),
        ("--task translate --source en --target de", "a\n", "cannot read 'book.txt.en'"),
        ("--order 3", "A a\n" * 20, "--order, --method and --k are for --arch ngram"),
        ("--arch ngram --steps 3", "A a\n" * 20, "counted in one go; leave out --steps"),
        ("--arch ngram --order 0", "A a\n" * 20, "order must be an integer >= 1; got 0"),
        ("--arch ngram --k 2", "A a\n" * 20, "only method='add-k' takes k; got k=2.0"),
        ("--hide 1", "A a\n" * 20, "hide must be at least 0 and below 1; got 1.0"),
        ("--segments 2", "A a\n" * 20, "unrecognized arguments: --segments 2"),
        ("--pooling mean", "A a\n" * 99, "DecoderOnly has no pooling; got 'mean'"),
        ("--data trec", "", "'trec' is no text, but examples. Hint: --task classify"),
        (
            "--task classify --data absent",
            "",
            "no data set of that name with labels. Data sets: trec",
        ),
        ("--from absent", "A a\n" * 99, "there is no folder 'absent'"),
    ],
)
def test_what_cannot_be_learnt_is_refused(refused, here, options, content, message):
    book = here / "book.txt"
    book.write_text(content)
    given = refused("train", "--data", "book.txt", *options.split())
    assert message in given


@pytest.mark.parametrize("verb", ["evaluate", "compare"])
def test_a_run_that_is_none_cannot_be_measured(refused, here, verb):
    assert "load: there is no folder 'nowhere'." in refused(verb, "nowhere")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--data absent.txt", "takes a data set or a file; there is no 'absent.txt'"),
        ("--part test", "a text has no parts; leave out --part test"),
        ("--beams 0", "--beams must be at least 1; got 0"),
    ],
)
def test_what_cannot_be_measured_is_refused(refused, run, options, message):
    assert message in refused("evaluate", run, *options.split())
