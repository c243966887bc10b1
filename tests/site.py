"""The site: docs/ as HTML, in English and Chinese, with the source that its pages point to.

    pip install -e '.[docs]' && python -m tests.site build/site

The pages in docs/ are written to be read on GitHub, too: they link to files of the project. Here
each such file becomes a page of its own. Then zensical builds, strictly, and every link of every
page that came out is followed.
"""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlparse

from tests.pages import CODE, DOCS, LINK, STAMP, english_pages

ROOT = DOCS.parent
LANGUAGES = {".py": "python", ".toml": "toml", ".md": "markdown"}
HEAD = """\
site_name: tinyllm
site_description: Language models from scratch, which you can read in a weekend
docs_dir: docs
site_dir: site
use_directory_urls: false
theme:
  name: material
  features: [navigation.sections, content.code.copy, toc.follow]
markdown_extensions:
  - tables
  - attr_list
  - toc:
      permalink: true
      slugify: !!python/object/apply:pymdownx.slugs.slugify {kwds: {case: lower}}
  - pymdownx.superfences
  - pymdownx.highlight
nav:
"""
ORDER = (
    "walk.md",
    "course.md",
    "tasks.md",
    "models/ngram.md",
    "models/recurrent.md",
    "models/three-architectures.md",
    "models/scaling.md",
    "text/subwords.md",
    "decoding.md",
    "why-this-kernel-is-fast.md",
    "results.md",
    "performance.md",
    "design/README.md",
    "teaching.md",
)


def build(target: Path) -> None:
    """Write the pages, build them, follow their links, and put the site at `target`."""
    work = target.parent / "site-work"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(DOCS, work / "docs")
    shutil.copy(ROOT / "README.md", work / "docs" / "index.md")
    sources: set[Path] = set()
    for page in sorted((work / "docs").rglob("*.md")):
        place = page.relative_to(work / "docs")
        origin = ROOT / "README.md" if place == Path("index.md") else DOCS / place
        text = STAMP.sub("", page.read_text(encoding="utf-8"))
        page.write_text(rewritten(text, origin, place, sources), encoding="utf-8")
    for source in sources:
        write_source(source, work / "docs" / source_page(source))
    (work / "mkdocs.yml").write_text(HEAD + "\n".join(navigation()) + "\n", encoding="utf-8")
    subprocess.run([sys.executable, "-m", "zensical", "build", "--strict"], cwd=work, check=True)
    absent = broken_links(work / "site")
    if absent:
        sys.exit("links that lead nowhere:\n" + "\n".join(absent))
    shutil.rmtree(target, ignore_errors=True)
    shutil.move(work / "site", target)
    shutil.rmtree(work)


def navigation() -> list[str]:
    """The pages in order, in both languages."""
    left = {page.relative_to(DOCS).as_posix() for page in english_pages()} - set(ORDER)
    if left:
        sys.exit(f"tests/site.py: ORDER lacks {', '.join(sorted(left))}")
    lines = ["  - index.md", "  - English:"]
    lines += [f"      - {place}" for place in ORDER]
    return [*lines, "  - 中文:", *(f"      - zh/{place}" for place in ORDER)]


def rewritten(text: str, origin: Path, place: Path, sources: set[Path]) -> str:
    """Point links to files of the project at the pages that these become.

    origin:   the file that the text comes from, from which its links are read
    place:    where the page lies in the site
    sources:  files that need a page are added to it
    """

    def follow(found: re.Match[str]) -> str:
        link, _, anchor = found[1].partition("#")
        if not link or re.match(r"\w+:", found[1]):
            return found[0]
        target = Path(os.path.normpath(origin.parent / link))
        if DOCS in target.parents and target.is_file():
            to = target.relative_to(DOCS)
        elif target == ROOT / "README.md":
            to = Path("index.md")
        else:
            sources.add(target)
            to = source_page(target)
        relative = os.path.relpath(to, place.parent)
        return f"]({relative}{'#' + anchor if anchor else ''})"

    parts = re.split(f"({CODE.pattern})", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if i % 2 else LINK.sub(follow, part) for i, part in enumerate(parts))


def source_page(source: Path) -> Path:
    """Where in the site a file or folder of the project lies."""
    return Path("source") / f"{source.relative_to(ROOT)}.md"


def write_source(source: Path, page: Path) -> None:
    """Make a page of a file, or the list of a folder's files."""
    page.parent.mkdir(parents=True, exist_ok=True)
    name = source.relative_to(ROOT)
    if source.is_dir():
        files = sorted(file.name for file in source.iterdir() if file.name[0] not in "._")
        text = "\n".join(f"- `{file}`" for file in files)
    else:
        language = LANGUAGES.get(source.suffix, "text")
        text = f"~~~~{language}\n{source.read_text(encoding='utf-8')}~~~~"
    page.write_text(f"# {name}\n\n{text}\n", encoding="utf-8")


class Links(HTMLParser):
    """Collects what a page points to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("href", "src") and value]


def broken_links(site: Path) -> list[str]:
    """Follow every link of every page inside of the site."""
    absent = []
    for page in sorted(site.rglob("*.html")):
        reader = Links()
        reader.feed(page.read_text(encoding="utf-8"))
        for link in reader.found:
            url = urlparse(link)
            if url.scheme or url.netloc or not url.path or page.name == "404.html":
                continue
            target = (page.parent / unquote(url.path)).resolve()
            if not target.exists():
                absent.append(f"{page.relative_to(site)}: {link}")
    return absent


if __name__ == "__main__":
    build(Path(sys.argv[1]).resolve())
