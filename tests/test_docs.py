"""The pages: every link leads somewhere, and every page has a Chinese twin that says the same."""

import pytest

from tests.benchmarks.experiments import PAGES as PAGES_OF_EXPERIMENTS
from tests.benchmarks.experiments import index, page_section, record_of
from tests.pages import (
    CHINESE,
    DOCS,
    IMAGE,
    STAMP,
    blocks,
    english_pages,
    figures,
    levels,
    links,
    stamp_of,
    twin_of,
)
from tinyllm.cli.experiment import EXPERIMENTS

ROOT = DOCS.parent
PAGES = english_pages()
EVERY = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


@pytest.mark.parametrize("page", EVERY, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")
    absent = [link for link in links(text) if not (page.parent / link.partition("#")[0]).exists()]
    assert not absent


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_has_a_twin_that_says_the_same(page):
    twin = twin_of(page)
    assert twin.exists(), f"{twin} is missing: translate {page.name}"
    english, chinese = (file.read_text(encoding="utf-8") for file in (page, twin))
    found = STAMP.match(chinese)
    assert found, f"{twin} has no stamp: python -m tests.pages {twin}"
    assert found[1] == stamp_of(page), f"{twin} lags behind {page.name}"
    assert levels(chinese) == levels(english)
    assert blocks(chinese) == blocks(english)
    assert figures(chinese) == figures(english)
    switch = english.splitlines()[2], chinese.splitlines()[3]
    assert [leads_to(line, file) for line, file in zip(switch, (page, twin), strict=True)] == [
        twin.resolve(),
        page.resolve(),
    ]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_page_of_an_experiment_says_what_was_measured(name):
    page = (PAGES_OF_EXPERIMENTS / f"{name}.md").read_text(encoding="utf-8")
    if record_of(name) is None:
        pytest.skip("not yet measured")
    assert between(page, name) == page_section(name).strip(), (
        "python -m tests.benchmarks.experiments --again"
    )


def test_the_index_of_experiments_has_the_verdicts_of_their_pages():
    page = (PAGES_OF_EXPERIMENTS / "README.md").read_text(encoding="utf-8")
    assert between(page, "claims") == index().strip(), (
        "python -m tests.benchmarks.experiments --again"
    )


def between(page, name):
    """What stands between the two marks of a measured section."""
    return page.partition(f"<!-- measured: {name} -->")[2].partition("<!-- end: ")[0].strip()


def leads_to(line, page):
    """Where the only link of a line leads, from a page."""
    (link,) = links(line)
    return (page.parent / link).resolve()


@pytest.mark.parametrize("page", EVERY, ids=lambda page: str(page.relative_to(ROOT)))
def test_who_cannot_see_a_picture_is_told_what_it_shows(page):
    for says, link in IMAGE.findall(page.read_text(encoding="utf-8")):
        assert len(says) >= 20, f"{link}: say what is to be seen on it"
        assert says not in link


def test_pictures_are_found():
    text = "A ![curve\nthat falls](a.png) and ![b](../b.png), no [link](c.md)."
    assert IMAGE.findall(text) == [("curve\nthat falls", "a.png"), ("b", "../b.png")]


def test_no_twin_is_left_over():
    assert set(CHINESE.rglob("*.md")) == {twin_of(page) for page in PAGES}
