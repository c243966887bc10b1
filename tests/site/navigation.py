"""What stands where in the site: sections of pages, the same in both languages."""

import sys

from tests.pages import DOCS, README, english_pages

SECTIONS: dict[tuple[str, str], tuple[str, ...]] = {
    ("Start", "开始"): ("README.md",),
    ("Learn", "学习"): (
        "course.md",
        "models/ngram.md",
        "models/recurrent.md",
        "models/three-architectures.md",
        "models/scaling.md",
        "text/subwords.md",
        "decoding.md",
        "tasks.md",
    ),
    ("Walk through the source", "源码导读"): (
        "walk.md",
        "why-this-kernel-is-fast.md",
        "design/README.md",
    ),
    ("Experiments", "实验"): ("experiments/*.md",),
    ("How-to", "操作指南"): (
        "how-to/train-on-your-text.md",
        "how-to/add-an-op.md",
        "how-to/add-a-kernel.md",
        "how-to/add-an-architecture.md",
        "how-to/load-a-published-model.md",
        "teaching.md",
    ),
    ("Results", "结果"): ("results.md", "performance.md"),
}


def navigation(reference: list[str]) -> list[str]:
    """Return the pages in order, in both languages, and the reference, as lines of YAML."""
    sections = {names: pages_of(patterns) for names, patterns in SECTIONS.items()}
    left = {*places()} - {place for pages in sections.values() for place in pages}
    if left:
        sys.exit(f"tests/site/navigation.py: SECTIONS lacks {', '.join(sorted(left))}")
    lines = []
    for language, title, prefix in ((0, "English", ""), (1, "中文", "zh/")):
        lines.append(f"  - {title}:")
        for names, pages in sections.items():
            if pages:
                lines.append(f"      - {names[language]}:")
                lines += [f"          - {at(prefix + place)}" for place in pages]
        lines.append(f"      - {('Reference', '英文参考')[language]}:")
        lines += [f"          - {page}" for page in reference]
    return lines


def places() -> list[str]:
    """List where the English pages lie, from docs/; README.md lies above it."""
    folders = {README: README.parent}
    return [page.relative_to(folders.get(page, DOCS)).as_posix() for page in english_pages()]


def pages_of(patterns: tuple[str, ...]) -> list[str]:
    """List the pages of a section; of those that a pattern finds, README.md is the first."""
    found = []
    for pattern in patterns:
        matching = DOCS.glob(pattern) if "*" in pattern else [DOCS / pattern]
        pages = sorted(page.relative_to(DOCS).as_posix() for page in matching)
        found += sorted(pages, key=lambda page: not page.endswith("README.md"))
    return found


def at(place: str) -> str:
    """Where in the site a page lies: README.md of the project is its index."""
    return "index.md" if place == "README.md" else place
