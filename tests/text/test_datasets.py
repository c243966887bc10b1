import hashlib
import http.client
import os
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyllm.errors import DataError
from tinyllm.text import datasets
from tinyllm.text.datasets import DATASETS, Dataset, download, find, load_text

TEXT = "To be, or not to be\n"
SHA256 = hashlib.sha256(TEXT.encode()).hexdigest()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """No data on this machine, and a data set of one line that a file:// URL gives."""
    source = tmp_path / "source.txt"
    source.write_text(TEXT, encoding="utf-8")
    line = Dataset(about="one line", file="line/line.txt", url=source.as_uri(), sha256=SHA256)
    monkeypatch.setitem(DATASETS, "line", line)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("TINYLLM_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cache" / "tinyllm" / "data"


def files_under(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_the_table_is_whole():
    for name, dataset in DATASETS.items():
        assert dataset.about
        assert bool(dataset.file) == bool(dataset.url) == bool(dataset.sha256), name
        assert not dataset.file or (len(dataset.sha256) == 64 and dataset.url.startswith("https"))


@pytest.mark.parametrize("name", [name for name, dataset in DATASETS.items() if dataset.file])
def test_the_known_file_has_the_known_bytes(name):
    folder = os.environ.get("TINYLLM_DATA", "")
    if not folder or not (Path(folder) / DATASETS[name].file).is_file():
        pytest.skip(f"needs {DATASETS[name].file} in the folder that TINYLLM_DATA names")
    text, sha256 = load_text(name)
    assert sha256 == DATASETS[name].sha256
    assert len(text) > 200_000


def test_absent_says_how_to_get_it(cache):
    with pytest.raises(DataError) as caught:
        find("tinyshakespeare")
    message = str(caught.value)
    assert str(cache) in message
    assert "Hint: tinyllm train --data tinyshakespeare --download" in message
    assert len(message.splitlines()) == 1


def test_an_unknown_name_lists_the_known_ones(cache):
    with pytest.raises(DataError, match=r"there is no 'tinyshakspere'. Data sets: .*tinyshakespe"):
        load_text("tinyshakspere")
    with pytest.raises(DataError, match="got the folder"):
        load_text(".")


def test_the_named_folder_comes_before_the_cache(cache, tmp_path, monkeypatch):
    target = download("line")
    assert find("line") == target == cache / "line" / "line.txt"
    own = tmp_path / "own"
    monkeypatch.setenv("TINYLLM_DATA", str(own))
    assert find("line") == target  # not there: the cache has it
    (own / "line").mkdir(parents=True)
    (own / "line" / "line.txt").write_text(TEXT, encoding="utf-8")
    assert find("line") == own / "line" / "line.txt"


def test_without_a_cache_variable_it_is_the_home_folder(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert datasets.cache_folder() == tmp_path / ".cache" / "tinyllm" / "data"


@given(st.text(min_size=1).map(lambda text: text.removeprefix("\ufeff") or "x"))
def test_a_path_is_that_file(tmp_path_factory, text):
    file = tmp_path_factory.mktemp("corpus") / "my.txt"
    file.write_bytes(text.encode())
    assert find(file) == find(str(file)) == file
    assert load_text(file) == (text, hashlib.sha256(text.encode()).hexdigest())


def test_a_file_named_like_a_data_set_is_that_file(cache):
    Path("line").write_text("mine", encoding="utf-8")
    assert load_text("line")[0] == "mine"


def test_the_encoding_reaches_the_file(cache):
    Path("old.txt").write_bytes("né".encode("latin-1"))
    assert load_text("old.txt", encoding="latin-1")[0] == "né"
    with pytest.raises(DataError, match="pass --encoding"):
        load_text("old.txt")


def test_python_topics_need_no_file(cache):
    text, sha256 = load_text("python-topics")
    assert len(text) > 400_000
    assert sha256 == hashlib.sha256(text.encode()).hexdigest()
    with pytest.raises(DataError, match="has no file, Python carries it"):
        find("python-topics")
    with pytest.raises(DataError, match="has no file, Python carries it"):
        download("python-topics")


def test_a_python_without_topics_says_so(cache, monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(datasets, "import_module", absent)
    with pytest.raises(DataError, match=r"no module pydoc_data\.topics"):
        load_text("python-topics")


def test_download_then_load(cache):
    assert download("line") == cache / "line" / "line.txt"
    assert load_text("line") == (TEXT, SHA256)
    assert files_under(cache) == ["line.txt"]


def test_what_is_there_is_not_fetched_again(cache, monkeypatch):
    target = download("line")
    monkeypatch.setattr(urllib.request, "urlopen", None)  # calling it would raise TypeError
    assert download("line") == target


def test_a_broken_file_is_named_and_fetched_again(cache):
    target = download("line")
    target.write_text("To be, or", encoding="utf-8")
    with pytest.raises(DataError, match=r"is not the data set 'line'; it must have sha256"):
        load_text("line")
    download("line")
    assert load_text("line") == (TEXT, SHA256)


def test_a_wrong_checksum_leaves_nothing_behind(cache, monkeypatch):
    monkeypatch.setitem(DATASETS, "line", replace(DATASETS["line"], sha256="0" * 64))
    with pytest.raises(DataError, match=r"must have sha256 000000000000\.\.\.; got .* in 20 bytes"):
        download("line")
    assert files_under(cache) == []


def test_no_network_is_one_clear_line(cache, monkeypatch):
    gone = replace(DATASETS["line"], url=DATASETS["line"].url + ".gone")
    monkeypatch.setitem(DATASETS, "line", gone)
    with pytest.raises(DataError, match=r"download: cannot fetch file://.*\. Hint: ") as caught:
        download("line")
    assert len(str(caught.value).splitlines()) == 1
    assert files_under(cache) == []


@pytest.mark.parametrize(
    "error", [http.client.IncompleteRead(b"half"), TimeoutError(), ConnectionResetError("a\nb")]
)
def test_a_broken_connection_is_one_clear_line(cache, monkeypatch, error):
    def fail(url, timeout):
        raise error

    monkeypatch.setattr(urllib.request, "urlopen", fail)
    with pytest.raises(DataError, match="download: cannot fetch") as caught:
        download("line")
    assert len(str(caught.value).splitlines()) == 1
    assert files_under(cache) == []


def test_a_cache_that_cannot_be_made_is_refused(cache, tmp_path):
    (tmp_path / "cache").write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(DataError, match="cannot make the folder"):
        download("line")


def test_download_takes_names_only(cache):
    with pytest.raises(DataError, match="there is no 'source"):
        download("source.txt.gz")
