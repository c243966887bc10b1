"""Follow every link of a built site: to a page that is there, and to a place on it."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlparse


class Page(HTMLParser):
    """Collects what a page points to, and the places on it that can be pointed to."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("href", "src") and value]
        self.places |= {value for name, value in attrs if name in ("id", "name") and value}


def broken_links(site: Path) -> list[str]:
    """List the links inside of the site that lead to no file, or to no place in it."""
    pages = {file.resolve(): Page(file) for file in sorted(site.rglob("*.html"))}
    absent = []
    for file, page in pages.items():
        for link in page.links if file.name != "404.html" else ():
            url = urlparse(link)
            if url.scheme or url.netloc:
                continue
            target = (file.parent / unquote(url.path)).resolve() if url.path else file
            there = pages.get(target / "index.html" if target.is_dir() else target)
            place = unquote(url.fragment)
            if not target.exists() or (place and there and place not in there.places):
                absent.append(f"{file.relative_to(site.resolve())}: {link}")
    return absent
