"""What we show must run: every script in examples/, and the Python of our pages, as they stand."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tinyllm.cli.experiment import EXPERIMENTS

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*.py"))
PAGES = [
    "README.md",
    "docs/walk.md",
    "docs/tasks.md",
    "docs/decoding.md",
    "docs/models/ngram.md",
    "docs/models/recurrent.md",
    "docs/models/scaling.md",
    "docs/models/three-architectures.md",
    "docs/text/subwords.md",
]
SLOW = {  # the names of those that take more than three seconds
    "02_three_matmuls.py",
    "07_encoder_only.py",
    "08_encoder_decoder.py",
}

PYTHON = re.compile(r"^```(?:python|py)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def run(source, folder):
    """Run Python code in an empty folder, in a process of its own."""
    line = [sys.executable, "-W", "error", "-"]
    return subprocess.run(
        line, input=source, cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )


def blocks_of(markdown):
    """The blocks of Python in a page, in order."""
    return PYTHON.findall(markdown)


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(file, id=file.name, marks=pytest.mark.slow if file.name in SLOW else ())
        for file in EXAMPLES
    ],
)
def test_an_example_runs_as_it_stands(file, tmp_path):
    line = [sys.executable, "-W", "error", str(file)]
    result = subprocess.run(
        line, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False
    )
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


@pytest.mark.parametrize("page", PAGES)
def test_the_python_of_a_page_runs_and_prints_what_the_page_says(page, tmp_path):
    """All blocks one after the other, as a reader would paste them."""
    blocks = blocks_of((ROOT / page).read_text(encoding="utf-8"))
    result = run("\n".join(blocks), tmp_path)
    assert result.returncode == 0, result.stderr
    for block in blocks:
        promised = "\n".join(line[2:] for line in block.splitlines() if line.startswith("# "))
        assert promised in result.stdout


def test_what_is_listed_as_slow_exists():
    assert {file.name for file in EXAMPLES} >= SLOW


def test_blocks_are_found_and_a_broken_one_would_be_noticed(tmp_path):
    page = "a\n```python\nx = 1\n```\nb\n```sh\nls\n```\n```python title=y\nprint(x / 0)\n```\n"
    assert blocks_of(page) == ["x = 1\n", "print(x / 0)\n"]
    result = run("\n".join(blocks_of(page)), tmp_path)
    assert result.returncode == 1
    assert "ZeroDivisionError" in result.stderr
