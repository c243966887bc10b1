"""Data sets by name: where each lies on this machine, or where it comes from.

Leaves out: what a text means (corpus.py reads, tokenizers cut). Who calls it: the commands.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.request
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tinyllm.errors import DataError
from tinyllm.files import sha256_of, write_atomically
from tinyllm.text.corpus import read_text


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One data set. Without a `file` it is text that Python itself carries.

    The URL may one day give other bytes; the sha256 says that they are the ones we measured with.
    """

    about: str
    file: str = ""  # inside the data folder
    url: str = ""
    sha256: str = ""


DATASETS: dict[str, Dataset] = {
    "tinyshakespeare": Dataset(
        about="40,000 lines of Shakespeare's plays, 1,115,394 characters (Karpathy, char-rnn)",
        file="tinyshakespeare.txt",
        url="https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    ),
    "names": Dataset(
        about="32,033 first names, one a line (Karpathy, makemore)",
        file="names/names.txt",
        url="https://raw.githubusercontent.com/karpathy/makemore/master/names.txt",
        sha256="0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
    ),
    "python-topics": Dataset(
        about="the help texts that come with Python; they change a little from version to version",
    ),
}


def folders() -> list[Path]:
    """List the folders to look in: the one that TINYLLM_DATA names, then the user's cache."""
    named = os.environ.get("TINYLLM_DATA")
    return [*([Path(named)] if named else []), cache_folder()]


def cache_folder() -> Path:
    """Where `download` puts files: $XDG_CACHE_HOME/tinyllm/data, or under ~/.cache."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "tinyllm" / "data"


def find(name_or_path: str | os.PathLike[str]) -> Path:
    """Find the file of a data set, or take a path to a file as it is. Never downloads.

    Raises:    DataError if there is no such file or data set, or if it has no file
    """
    name = os.fspath(name_or_path)
    if Path(name).is_file():
        return Path(name)
    return located(_with_file(name, "find"), name, hint=f"tinyllm train --data {name} --download")


def located(dataset: Dataset, name: str, hint: str) -> Path:
    """Find the file of a data set in one of the folders.

    Raises:    DataError if it is in none; the hint says how to get it
    """
    for folder in folders():
        if (folder / dataset.file).is_file():
            return folder / dataset.file
    looked = " and ".join(repr(str(folder)) for folder in folders())
    raise DataError(
        f"find: the data set {name!r} is not on this machine; looked in {looked}. Hint: {hint}"
    )


def load_text(name_or_path: str | os.PathLike[str], encoding: str = "utf-8") -> tuple[str, str]:
    """Read a data set, or any text file, and say which bytes it was.

    The sha256 goes into a run's record, so that two runs can be told to have read the same.

    Raises:    DataError if it is absent, not text, or not the data set of that name

    >>> text, sha256 = load_text("python-topics")
    >>> len(text) > 400_000, len(sha256)
    (True, 64)
    """
    name = os.fspath(name_or_path)
    if name in DATASETS and not DATASETS[name].file and not Path(name).is_file():
        text = python_topics()
        return text, hashlib.sha256(text.encode("utf-8")).hexdigest()
    path = find(name)
    text = read_text(path, encoding)
    if path != Path(name):
        check_bytes(path, DATASETS[name], name)
    return text, sha256_of(path)


def check_bytes(path: Path, dataset: Dataset, name: str) -> None:
    """Refuse a file that is not the one we measured with.

    Raises:    DataError
    """
    digest = sha256_of(path)
    if digest != dataset.sha256:
        raise DataError(
            f"{str(path)!r} is not the data set {name!r}; it must have sha256 "
            f"{dataset.sha256[:12]}...; got {digest[:12]}.... "
            "Hint: delete it and download again, or give its path to use it as it is."
        )


def download(name: str) -> Path:
    """Fetch a data set into the cache folder, unless the right file is there already.

    Raises:    DataError if there is no network, or other bytes came than expected; then no
               file is left behind
    """
    return fetch(_with_file(name, "download"))


def fetch(dataset: Dataset) -> Path:
    """Fetch one file; see `download`."""
    target = cache_folder() / dataset.file
    if target.is_file() and sha256_of(target) == dataset.sha256:
        return target
    try:
        with urllib.request.urlopen(dataset.url, timeout=60) as response:
            content = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise DataError(
            f"download: cannot fetch {dataset.url}: {_one_line(error)}. "
            f"Hint: fetch it by other means and put it at {str(target)!r}."
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != dataset.sha256:
        raise DataError(
            f"download: {dataset.url} must have sha256 {dataset.sha256[:12]}...; got "
            f"{digest[:12]}... in {len(content)} bytes. Hint: try again; the file may have changed."
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"download: cannot make the folder {str(target.parent)!r}: {error.strerror}."
        ) from error
    write_atomically(target, content)
    return target


def python_topics() -> str:
    """Join the help texts that Python carries: real English, some code, no download.

    Raises:    DataError if this Python was installed without them
    """
    try:
        topics: dict[str, str] = import_module("pydoc_data.topics").topics
    except ImportError as error:
        raise DataError("python-topics: this Python has no module pydoc_data.topics.") from error
    return "".join(topics[key] for key in sorted(topics))


def _with_file(name: str, operation: str) -> Dataset:
    """Look a name up, and say what else there is if it is not one."""
    if Path(name).is_dir() and name not in DATASETS:
        raise DataError(f"{operation}: takes a data set or a file; got the folder {name!r}.")
    if name not in DATASETS:
        known = ", ".join(sorted(DATASETS))
        raise DataError(
            f"{operation}: takes a data set or a file; there is no {name!r}. Data sets: {known}."
        )
    if not DATASETS[name].file:
        raise DataError(
            f"{operation}: {name!r} has no file, Python carries it. "
            "Hint: load_text reads it; leave out --download."
        )
    return DATASETS[name]


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
