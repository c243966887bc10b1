"""The pages, README.md and docs/, and their Chinese twins in docs/zh/, at the same place.

    python -m tests.pages docs/zh/walk.md ...

stamps twins: it writes down which text of the English page a twin says. Do that after you have
brought it up to date, and not before.
"""

import hashlib
import re
import sys
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
README = DOCS.parent / "README.md"
CHINESE = DOCS / "zh"
MEASURED = re.compile(r"<!-- measured: (.+?) -->.*?<!-- end: \1 -->", re.DOTALL)
STAMP = re.compile(r"^<!-- english: (\w+) -->\n")
CODE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^(#+) ", re.MULTILINE)
IMAGE = re.compile(r"!\[([^]]*)\]\(([^)\s]+)\)")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def english_pages() -> list[Path]:
    """README.md, and every page of docs/ but the Chinese ones."""
    return [README, *sorted(page for page in DOCS.rglob("*.md") if CHINESE not in page.parents)]


def twin_of(page: Path) -> Path:
    """Where the Chinese twin of a page lies."""
    return CHINESE / page.relative_to(README.parent if page == README else DOCS)


def without_figures(text: str) -> str:
    """Leave out what commands measured: it changes, and its text does not."""
    return MEASURED.sub("", text)


def figures(text: str) -> list[str]:
    """What commands measured."""
    return [match[0] for match in MEASURED.finditer(text)]


def stamp_of(page: Path) -> str:
    """A short hash of what a page says."""
    text = without_figures(page.read_text(encoding="utf-8"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def blocks(text: str) -> list[str]:
    """The code on a page."""
    return CODE.findall(without_figures(text))


def levels(text: str) -> list[int]:
    """The levels of a page's headings, in order."""
    return [len(marks) for marks in HEADING.findall(CODE.sub("", without_figures(text)))]


def links(text: str) -> list[str]:
    """Where a page points to inside of the project."""
    found = LINK.findall(CODE.sub("", text))
    return [link for link in found if not re.match(r"\w+:|#", link)]


def stamp(twin: Path) -> None:
    """Write into a twin which English text it says."""
    page = next(page for page in english_pages() if twin_of(page) == twin.resolve())
    text = STAMP.sub("", twin.read_text(encoding="utf-8"))
    twin.write_text(f"<!-- english: {stamp_of(page)} -->\n{text}", encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        stamp(Path(name))
