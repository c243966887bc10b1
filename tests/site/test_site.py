"""The site: its links, its docstrings, its order. `python -m tests.site` builds the whole of it."""

import importlib
import re
from pathlib import Path

import pytest

from tests.definitions import definitions
from tests.pages import DOCS, english_pages, twin_of
from tests.site import navigation
from tests.site.docstrings import markdown
from tests.site.follow import broken_links
from tests.site.links import LINE, ROOT, rewritten, source_page, write_source
from tests.site.reference import PACKAGES, page, public_names
from tinyllm import kernels, ops

CORPUS = ROOT / "tinyllm" / "text" / "corpus.py"
PAGE = "../source/tinyllm/text/corpus.py.md"


def line_of(name, file=CORPUS):
    return f"{LINE}{definitions(file)[name][0]}"


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        (
            "[corpus](../tinyllm/text/corpus.py): `split`, `RandomWindows.state`, `nobody`.",
            f"[corpus]({PAGE}): [`split`]({PAGE}#{line_of('split')}), "
            f"[`RandomWindows.state`]({PAGE}#{line_of('RandomWindows.state')}), `nobody`.",
        ),
        (
            "[corpus](../tinyllm/text/corpus.py) | `split` | and. `split`",
            f"[corpus]({PAGE}) | `split` | and. `split`",
        ),
        ("[`split`](../tinyllm/text/corpus.py)", f"[`split`]({PAGE}#{line_of('split')})"),
        ("[the text](../tinyllm/text)", "[the text](../source/tinyllm/text.md)"),
        ("[walk](walk.md#7-attention)", "[walk](walk.md#7-attention)"),
        ("[start](../README.md) `split`", "[start](../index.md) `split`"),
        ("[a](https://a.org/b.py), `split`", "[a](https://a.org/b.py), `split`"),
        ("```\n[corpus](../tinyllm/text/corpus.py)\n```", None),
    ],
)
def test_links_lead_to_pages_and_names_to_their_lines(text, becomes):
    found = rewritten(text, DOCS / "new.md", Path("pages/new.md"), set())
    expected = text if becomes is None else becomes.replace("(walk.md", "(../walk.md")
    assert found == expected


def test_every_file_that_is_linked_to_becomes_a_page(tmp_path):
    sources: set[Path] = set()
    rewritten(
        "[a](tinyllm/text/corpus.py) [b](docs/walk.md)", ROOT / "README.md", Path("a"), sources
    )
    assert sources == {CORPUS}
    write_source(CORPUS, tmp_path / source_page(CORPUS))
    text = (tmp_path / source_page(CORPUS)).read_text(encoding="utf-8")
    assert CORPUS.read_text(encoding="utf-8") in text


def test_a_docstring_becomes_markdown():
    found = markdown(
        "Turn x_i * y into <pad> of `x_i`.\n\n"
        "Shapes:    x (..., N)\n           -> y (N)\naxis, to:  [a, b]\n\n"
        "Note: prose goes on,\nwith a list\n- of one\n\n"
        ">>> f(1)\n2",
        "LINK",
    )
    assert found == (
        "Turn x\\_i \\* y into &lt;pad&gt; of `x_i`. LINK\n\n"
        "Shapes\n:   x (..., N) -&gt; y (N)\n\naxis, to\n:   \\[a, b\\]\n\n"
        "Note: prose goes on,\nwith a list\n\n- of one\n\n"
        "```pycon\n>>> f(1)\n2\n```"
    )


def test_every_page_has_a_place_in_both_languages():
    lines = [line.strip(" -") for line in navigation.navigation(["reference/ops.md"])]
    pages = {p.relative_to(DOCS).as_posix() for p in map(twin_of, english_pages())}
    assert pages <= set(lines)
    assert {page.removeprefix("zh/") for page in pages} - {"README.md"} <= set(lines)
    assert lines.count("index.md") == 1
    assert lines.count("reference/ops.md") == 2


def test_experiments_find_their_place_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(navigation, "DOCS", tmp_path)
    assert navigation.pages_of(("experiments/*.md",)) == []
    (tmp_path / "experiments").mkdir()
    for name in ("depth.md", "README.md", "width.md"):
        (tmp_path / "experiments" / name).touch()
    found = [f"experiments/{name}.md" for name in ("README", "depth", "width")]
    assert navigation.pages_of(("experiments/*.md",)) == found


def test_a_page_without_a_place_is_noticed(monkeypatch):
    monkeypatch.setattr(navigation, "places", lambda: ["lost.md"])
    with pytest.raises(SystemExit, match=r"lacks lost\.md"):
        navigation.navigation([])


def test_the_reference_has_what_a_package_hands_out():
    files = ROOT / "tinyllm"
    assert public_names(files / "ops" / "softmax.py", ops) == ["softmax", "log_softmax"]
    assert public_names(files / "ops" / "heads.py", ops) == ["split_heads", "merge_heads"]
    kernel = public_names(files / "kernels" / "softmax.py", kernels)
    assert {"forward", "finite_maximum"} <= set(kernel)
    assert "_forward" not in kernel


@pytest.mark.parametrize("name", PACKAGES)
def test_every_public_name_is_in_the_reference(name):
    package = ROOT / "tinyllm" / name
    text = page(package, sorted(package.rglob("*.py")))
    for public in getattr(importlib.import_module(f"tinyllm.{name}"), "__all__", ()):
        here = len(re.findall(rf"^::: \S+\.{public}$", text, re.MULTILINE))
        assert here + text.count(f"- [`{public}`](") == 1, public


def test_links_that_lead_nowhere_are_found(tmp_path):
    (tmp_path / "a.html").write_text('<a href="b.html#x"> <a href="b.html#y"> <img src="c.png">')
    (tmp_path / "b.html").write_text('<p id="x"> <a href="a.html"> <a href="https://a.org/z">')
    assert broken_links(tmp_path) == ["a.html: b.html#y", "a.html: c.png"]
