"""The page that walks the tape: its numbers are those of backward, and a browser can use it."""

import re
import shutil
import subprocess

import pytest

from tinyllm import Tensor
from tinyllm.course.step import expression, frames, page

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


def test_the_gradients_are_those_of_backward():
    steps = frames(expression(), "en")
    a, b = Tensor([2.0], requires_grad=True), Tensor([-3.0], requires_grad=True)
    c = a * b + a
    (c * c).sum().backward()
    assert steps[-1].gradients[0] == a.grad[0]
    assert steps[-1].gradients[1] == b.grad[0]


def test_what_is_used_twice_gets_two_parts():
    texts = [step.text for step in frames(expression(), "en")]
    assert sum("both parts count" in text for text in texts) == 2
    assert texts[-1].startswith("Done.")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_needs_nothing_else(language):
    text = page(language)
    assert not re.search(r"(src|href)=|https?://(?!www\.w3\.org)", text)
    assert text.count("<section") == len(frames(expression(), language))


def dom_after(tmp_path, script):
    """What a real browser shows after a script has pressed some keys."""
    file = tmp_path / "page.html"
    file.write_text(page("en").replace("show(0);", f"show(0); {script}"), encoding="utf-8")
    line = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    line += [f"--user-data-dir={tmp_path / 'profile'}", "--disable-background-networking"]
    done = subprocess.run([*line, file.as_uri()], capture_output=True, text=True, timeout=120)
    return done.stdout


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium: apt install chromium")
def test_a_browser_goes_forward_and_back(tmp_path):
    press = 'document.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight"}));'
    click = 'document.getElementById("forward").click();'
    back = 'document.getElementById("back").click();'
    dom = dom_after(tmp_path, press + click + click + back)
    total = len(frames(expression(), "en"))
    assert f">3 / {total}<" in dom
    shown = re.findall(r'<section data-step="(\d+)"( hidden="")?', dom)
    assert [int(step) for step, hidden in shown if not hidden] == [2]


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium: apt install chromium")
def test_a_browser_stops_at_both_ends(tmp_path):
    dom = dom_after(tmp_path, "show(-5);")
    assert re.search(r'<button id="back" disabled', dom)
    dom = dom_after(tmp_path, "show(99);")
    assert re.search(r'<button id="forward" disabled', dom)
    assert "Done. If a grows" in dom
