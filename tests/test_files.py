import os

import pytest

from tinyllm.errors import DataError
from tinyllm.files import write_atomically


def test_write_atomically_replaces_and_leaves_nothing_behind(tmp_path, monkeypatch):
    file = tmp_path / "a.bin"
    write_atomically(file, b"old")
    write_atomically(str(file), b"new")
    assert file.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.bin"]

    def refuse(source, target):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(DataError, match=r"cannot write .*a\.bin': Input/output error"):
        write_atomically(file, b"newer")
    assert file.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_write_where_no_folder_is_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot write"):
        write_atomically(tmp_path / "absent" / "a.bin", b"x")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot write"):
        write_atomically(tmp_path / "file" / "a.bin", b"x")
