"""How many lines each stage of docs/walk.md asks to read, counted in the source.

    python -m tests.walk

writes them into the page's table, in both languages; a test holds them. What is to be read stands
in the table itself, behind the link to a file:

    [text/corpus.py](../tinyllm/text/corpus.py)                      all of it
    [text/corpus.py](../tinyllm/text/corpus.py) to `split`           as far as the end of split
    [text/corpus.py](../tinyllm/text/corpus.py): `a`, `b` to `c`     a, and from b to the end of c
"""

import re
from pathlib import Path

from tests.definitions import definitions
from tests.pages import DOCS, STAMP, stamp, stamp_of, twin_of

PAGE = DOCS / "walk.md"
ROW = re.compile(r"^(\| \[.*) \| [\d,]+ \| \d+ \|$", re.MULTILINE)
TOTAL = re.compile(r"^(\| \*\*.*) \| \*\*[\d,]+\*\* \| \*\*\d+\*\* \|$", re.MULTILINE)
LINKED = re.compile(r"\]\((\.\./[^)]+)\)([^[]*)")
NAMES = re.compile(r"(?:`([\w.]+)` to )?`([\w.]+)`")
SECONDS = 10  # a line
ALONE = 5  # minutes for a stage without source: its text


def lines_to_read(row: str, folder: Path) -> int:
    """Count the lines that a row of the English table names, to the nearest 5.

    folder:  from which the links of the row lead
    """
    count = 0
    for link, behind in LINKED.findall(row):
        file = folder / link
        lines, names = definitions(file), NAMES.findall(behind)
        if not names:
            count += len(file.read_text(encoding="utf-8").splitlines())
        elif behind.strip().startswith("to "):
            count += lines[names[0][1]][1]
        else:
            count += sum(lines[last][1] - lines[first or last][0] + 1 for first, last in names)
    return 5 * round(count / 5)


def minutes_for(lines: int) -> int:
    """Return how long reading takes, in whole minutes."""
    return round(lines * SECONDS / 60) if lines else ALONE


def with_counts(text: str, counts: list[int]) -> str:
    """Write the lines of each stage into a page, and their sum."""
    left = iter(counts)

    def row(found: re.Match[str]) -> str:
        lines = next(left)
        return f"{found[1]} | {lines:,} | {minutes_for(lines)} |"

    lines, minutes = sum(counts), sum(map(minutes_for, counts))
    return TOTAL.sub(rf"\1 | **{lines:,}** | **{minutes}** |", ROW.sub(row, text))


def counted() -> dict[Path, str]:
    """Return the page and its twin as they must be."""
    english = PAGE.read_text(encoding="utf-8")
    counts = [lines_to_read(row, PAGE.parent) for row in ROW.findall(english)]
    return {
        page: with_counts(page.read_text(encoding="utf-8"), counts)
        for page in (PAGE, twin_of(PAGE))
    }


def main() -> None:
    """Write both pages. A twin that said the same as the page still does."""
    twin = twin_of(PAGE)
    before = STAMP.match(twin.read_text(encoding="utf-8"))
    in_step = before is not None and before[1] == stamp_of(PAGE)
    for page, text in counted().items():
        page.write_text(text, encoding="utf-8")
    if in_step:
        stamp(twin)


if __name__ == "__main__":
    main()
