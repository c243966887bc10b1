"""What we show must run: every script in examples/, and the code of our pages, as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tinyllm.cli.experiment import EXPERIMENTS

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*.py"))
PAGES = [
    ROOT / "README.md",
    ROOT / "docs/walk.md",
    ROOT / "docs/tasks.md",
    ROOT / "docs/decoding.md",
    ROOT / "docs/models/ngram.md",
    ROOT / "docs/models/recurrent.md",
    ROOT / "docs/models/scaling.md",
    ROOT / "docs/models/three-architectures.md",
    ROOT / "docs/text/subwords.md",
    *sorted((ROOT / "docs/how-to").glob("*.md")),
]
COMMANDS = {"train-on-your-text.md"}  # those whose commands are run, too, before their Python
SLOW = {  # the names of those that take more than three seconds
    "02_three_matmuls.py",
    "07_encoder_only.py",
    "08_encoder_decoder.py",
    "add-a-kernel.md",
    "add-an-architecture.md",
    "load-a-published-model.md",
    "train-on-your-text.md",
}


def each(files):
    """The parameters of a test that runs each of some files."""
    return [
        pytest.param(file, id=file.name, marks=pytest.mark.slow if file.name in SLOW else ())
        for file in files
    ]


def run(*line, folder):
    """Run a command in an empty folder, where `tinyllm` is the one under test."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        list(map(str, line)),
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def run_blocks(blocks, folder):
    """Run blocks of Python one after the other, from a file: Numba keeps what it compiled by it."""
    file = folder / "page.py"
    file.write_text("\n".join(blocks), encoding="utf-8")
    return run(sys.executable, "-W", "error", file, folder=folder)


def blocks_of(markdown, *languages):
    """The blocks of code in a page, in order."""
    return re.findall(rf"^```(?:{'|'.join(languages)})\b[^\n]*\n(.*?)^```", markdown, re.M | re.S)


def promised(block):
    """What a block says that it prints."""
    return [line[2:] for line in block.splitlines() if line.startswith("# ")]


@pytest.mark.parametrize("file", each(EXAMPLES))
def test_an_example_runs_as_it_stands(file, tmp_path):
    result = run(sys.executable, "-W", "error", file, folder=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout, "an example shows something"


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_runs_quickly_as_a_script(name, tmp_path):
    line = [sys.executable, "-W", "error", str(ROOT / "examples" / EXPERIMENTS[name]), "--quick"]
    result = subprocess.run(
        line, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False
    )
    if "is not on this machine" in result.stderr:
        pytest.skip(result.stderr.strip().splitlines()[-1])
    assert result.returncode == 0, result.stderr
    assert "The claim " in result.stdout
    written = sorted(file.name for file in (tmp_path / "experiments").iterdir())
    assert written == [f"{name}.json", f"{name}.png", f"{name}.svg"]


def test_every_script_is_an_example_or_an_experiment():
    scripts = {file.name for file in (ROOT / "examples").glob("*.py")}
    assert scripts == {file.name for file in EXAMPLES} | set(EXPERIMENTS.values())


@pytest.mark.parametrize("page", each(PAGES))
def test_the_code_of_a_page_runs_and_prints_what_the_page_says(page, tmp_path):
    """All blocks one after the other, as a reader would paste them."""
    text = page.read_text(encoding="utf-8")
    if page.name in COMMANDS:
        commands = blocks_of(text, "sh")
        result = run("bash", "-ec", "\n".join(commands), folder=tmp_path)
        assert result.returncode == 0, result.stderr
        for line in (line for block in commands for line in promised(block)):
            assert line in result.stdout + result.stderr
    blocks = blocks_of(text, "python", "py")
    result = run_blocks(blocks, tmp_path)
    assert result.returncode == 0, result.stderr
    for block in blocks:
        assert "\n".join(promised(block)) in result.stdout


def test_what_is_listed_exists():
    assert {file.name for file in EXAMPLES + PAGES} >= SLOW | COMMANDS


def test_blocks_are_found_and_a_broken_one_would_be_noticed(tmp_path):
    page = "a\n```python\nx = 1\n```\nb\n```sh\nls\n```\n```python title=y\nprint(x / 0)\n```\n"
    assert blocks_of(page, "python", "py") == ["x = 1\n", "print(x / 0)\n"]
    assert blocks_of(page, "sh") == ["ls\n"]
    result = run_blocks(blocks_of(page, "python", "py"), tmp_path)
    assert result.returncode == 1
    assert "ZeroDivisionError" in result.stderr
