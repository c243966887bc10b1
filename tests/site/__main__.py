"""The site: docs/ as HTML, in English and Chinese, with the source that its pages point to.

    pip install -e '.[docs]' && python -m tests.site build/site

The pages are written to be read on GitHub, too: links.py turns their links into those of the site,
reference.py adds pages of all public names. Then zensical builds, strictly, and every link of
every page that came out is followed.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.pages import DOCS, README, STAMP
from tests.site.follow import broken_links
from tests.site.links import ROOT, rewritten, source_page, write_source
from tests.site.navigation import navigation
from tests.site.reference import write_reference

HERE = Path(__file__).parent


def build(target: Path) -> None:
    """Write the pages, build them, follow their links, and put the site at `target`."""
    work = target.parent / "site-work"
    shutil.rmtree(work, ignore_errors=True)
    docs = work / "docs"
    shutil.copytree(DOCS, docs)
    shutil.copy(README, docs / "index.md")
    shutil.copy(HERE / "style.css", docs)
    sources: set[Path] = set()
    for page in sorted(docs.rglob("*.md")):
        place = page.relative_to(docs)
        origin = README if place == Path("index.md") else DOCS / place
        text = STAMP.sub("", page.read_text(encoding="utf-8"))
        page.write_text(rewritten(text, origin, place, sources), encoding="utf-8")
    reference = write_reference(docs / "reference", sources)
    for source in sources:
        write_source(source, docs / source_page(source))
    settings = (HERE / "mkdocs.yml").read_text(encoding="utf-8")
    nav = "\n".join(navigation(reference))
    (work / "mkdocs.yml").write_text(f"{settings}nav:\n{nav}\n", encoding="utf-8")
    paths = {**os.environ, "PYTHONPATH": str(ROOT)}  # mkdocstrings imports extension.py
    line = [sys.executable, "-m", "zensical", "build", "--strict"]
    subprocess.run(line, cwd=work, env=paths, check=True)
    for page in (work / "site" / "zh").rglob("*.html"):  # for fonts, and for who has it read aloud
        text = page.read_text(encoding="utf-8").replace('<html lang="en"', '<html lang="zh"', 1)
        page.write_text(text, encoding="utf-8")
    absent = broken_links(work / "site")
    if absent:
        sys.exit("links that lead nowhere:\n" + "\n".join(absent))
    shutil.rmtree(target, ignore_errors=True)
    shutil.move(work / "site", target)
    shutil.rmtree(work)


if __name__ == "__main__":
    build(Path(sys.argv[1]).resolve())
