"""Examples in files: lines of text, or rows of a table. Each mistake names its file and line.

Leaves out: what the columns mean (tasks.py). Who calls it: tasks.py.
"""

from __future__ import annotations

import csv
import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

from tinyllm.errors import DataError
from tinyllm.text.corpus import read_text

Row = tuple[int, list[str]]  # the number of its line, its values
TABLES = (".tsv", ".csv", ".jsonl")


def read_lines(file: str | os.PathLike[str], encoding: str = "utf-8") -> list[str]:
    r"""Read the lines of a file, without their ends: the one at place i is line i + 1.

    Only "\n" and "\r\n" end a line, so that a file has as many lines as other programs count.

    Raises:    DataError if the file cannot be read, or a line is blank
    """
    lines = lines_of(read_text(file, encoding))
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            raise wrong(file, number, "each line is an example; this one is blank")
    return lines


def read_rows(
    file: str | os.PathLike[str], columns: list[str], encoding: str = "utf-8"
) -> list[Row]:
    """Read some columns of a table: .csv and .tsv with a header, or .jsonl.

    Shapes:    -> rows of (line, one value for each of the columns); blank lines are left out
    Raises:    DataError if the file cannot be read, has no such column, or a value is missing
    """
    kind = Path(file).suffix.lower()
    if kind not in TABLES:
        raise DataError(
            f"read_rows: takes {', '.join(TABLES)}; got {os.fspath(file)!r}. "
            "Hint: as lines, read_labelled takes a .txt, read_pairs takes two files."
        )
    text = read_text(file, encoding)
    rows = json_rows(file, text, columns) if kind == ".jsonl" else csv_rows(file, text, columns)
    if not rows:
        raise DataError(f"read_rows: needs at least one example; {os.fspath(file)!r} has none.")
    for number, values in rows:
        for column, value in zip(columns, values, strict=True):
            if not value.strip():
                raise wrong(file, number, f"each row needs a {column!r}; this one has none")
    return rows


def csv_rows(file: str | os.PathLike[str], text: str, columns: list[str]) -> list[Row]:
    """Read comma- or tab-separated rows. In .tsv quotes are text, in .csv they enclose it."""
    tabs = Path(file).suffix.lower() == ".tsv"
    form: dict[str, Any] = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if tabs else {}
    reader = csv.reader(StringIO(text, newline=""), strict=True, **form)
    try:
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise wrong(file, reader.line_num, str(error)) from error
    _, header = rows[0] if rows else (0, [])
    check_columns(file, 1, columns, header)
    places = [header.index(column) for column in columns]
    for number, row in rows:
        if len(row) != len(header):
            rule = f"each row has the header's {len(header)} columns; this one has {len(row)}"
            raise wrong(file, number, rule)
    return [(number, [row[place] for place in places]) for number, row in rows[1:]]


def json_rows(file: str | os.PathLike[str], text: str, columns: list[str]) -> list[Row]:
    """Read one JSON object a line; its values are strings or whole numbers."""
    rows = []
    for number, line in enumerate(lines_of(text), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise wrong(file, number, "each line is a JSON object; this is no JSON") from error
        if not isinstance(entry, dict):
            raise wrong(file, number, f"each line is a JSON object; got {type(entry).__name__}")
        check_columns(file, number, columns, list(entry))
        values = [entry[column] for column in columns]
        for column, value in zip(columns, values, strict=True):
            if isinstance(value, bool) or not isinstance(value, str | int):
                rule = f"{column!r} must be a string or a whole number"
                raise wrong(file, number, f"{rule}; got {value!r}")
        rows.append((number, [str(value) for value in values]))
    return rows


def check_columns(
    file: str | os.PathLike[str], number: int, wanted: list[str], found: list[str]
) -> None:
    """Refuse columns that are not there."""
    for column in wanted:
        if column not in found:
            names = ", ".join(map(repr, found))
            raise wrong(file, number, f"there is no column {column!r}; the columns are {names}")


def lines_of(text: str) -> list[str]:
    r"""Split at "\n" and "\r\n" alone.

    >>> lines_of("a\r\nb\x85\n")
    ['a', 'b\x85']
    """
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def wrong(file: str | os.PathLike[str], number: int, rule: str) -> DataError:
    """Say which line of which file breaks a rule."""
    return DataError(f"{os.fspath(file)!r}, line {number}: {rule}.")
