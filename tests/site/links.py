"""Links of the pages, as the site has them: to pages, and to the source, line by line.

A page is written to be read on GitHub, too: it links to files of the project. Here each such file
becomes a page of its own. Where a name that the file defines stands in the link or behind it, as in

    [text/corpus.py](../tinyllm/text/corpus.py): `split`, `RandomWindows`

the name leads to its line there.
"""

import os
import re
from pathlib import Path

from tests.definitions import definitions
from tests.pages import CODE, DOCS, README

ROOT = DOCS.parent
LANGUAGES = {".py": "python", ".toml": "toml", ".md": "markdown"}
LINE = "__codelineno-0-"  # what zensical calls a line of the first code on a page
# a link, and the rest of its sentence, up to the next link or the next cell of a table
LINKED = re.compile(r"\[([^][]*)\]\(([^)\s]+)\)((?:(?!\n\n|[.。]\s)[^[|])*)")
NAME = re.compile(r"`([\w.]+)`")


def rewritten(text: str, origin: Path, place: Path, sources: set[Path]) -> str:
    """Point links to files of the project at the pages that these become.

    origin:   the file that the text comes from, from which its links are read
    place:    where the page lies in the site
    sources:  files that need a page are added to it
    """

    def follow(found: re.Match[str]) -> str:
        words, link, behind = found.groups()
        path, mark, anchor = link.partition("#")
        if not path or re.match(r"\w+:", link):
            return found[0]
        target = Path(os.path.normpath(origin.parent / path))
        page = page_of(target)
        if page is None:
            page = source_page(target)
            sources.add(target)
        to = os.path.relpath(page, place.parent)
        lines = definitions(target) if target.suffix == ".py" else {}
        if words.strip("`") in lines:
            mark, anchor = "#", f"{LINE}{lines[words.strip('`')][0]}"

        def point(name: re.Match[str]) -> str:
            line = lines.get(name[1])
            return f"[{name[0]}]({to}#{LINE}{line[0]})" if line else name[0]

        return f"[{words}]({to}{mark}{anchor}){NAME.sub(point, behind)}"

    parts = re.split(f"({CODE.pattern})", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if i % 2 else LINKED.sub(follow, part) for i, part in enumerate(parts))


def page_of(file: Path) -> Path | None:
    """Where in the site a page lies; None for a file of the project."""
    if file == README:
        return Path("index.md")
    return file.relative_to(DOCS) if DOCS in file.parents and file.is_file() else None


def source_page(source: Path) -> Path:
    """Where in the site a file or folder of the project lies."""
    return Path("source") / f"{source.relative_to(ROOT)}.md"


def write_source(source: Path, page: Path) -> None:
    """Make a page of a file, with numbered lines, or the list of a folder's files."""
    page.parent.mkdir(parents=True, exist_ok=True)
    name = source.relative_to(ROOT)
    if source.is_dir():
        files = sorted(file.name for file in source.iterdir() if file.name[0] not in "._")
        text = "\n".join(f"- `{file}`" for file in files)
    else:
        language = LANGUAGES.get(source.suffix, "text")
        content = source.read_text(encoding="utf-8")
        text = f'~~~~ {{.{language} linenums="1"}}\n{content}~~~~'
    wide = "---\nhide: [navigation, toc]\n---\n"  # lines of code are long
    page.write_text(f"{wide}# `{name}`\n\n{text}\n", encoding="utf-8")
