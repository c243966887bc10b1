import shutil
from pathlib import Path

import pytest

from tests.cli.commands import Command
from tests.train.runs import trained


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in, with a cache of data sets that is empty too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TINYLLM_DATA", str(tmp_path / "absent"))
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


@pytest.fixture
def command(capsys, here):
    return Command(capsys)


@pytest.fixture(scope="session")
def trained_folder(tmp_path_factory):
    """A run that stopped at step 2 of 4, not to be written to."""
    return trained(tmp_path_factory.mktemp("cli"), until=2).folder


@pytest.fixture
def run(trained_folder, here):
    """A copy of it, here."""
    return Path(shutil.copytree(trained_folder, here / "run")).relative_to(here)
