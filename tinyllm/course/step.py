"""The tape, step by step: one HTML file that walks a small expression forward and backward.

The numbers are the library's own: the expression is recorded by its engine, and each step of the
way back calls the operation's `backward`. Who calls it: `tinyllm course step`.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from tinyllm.autograd.engine import latest_first
from tinyllm.autograd.tape_svg import Box, render
from tinyllm.autograd.tensor import Tensor
from tinyllm.course.words import say

WIDTH = 24  # letters in a box: it stays as large as it is when all is known


@dataclass(frozen=True)
class Value:
    """A number of the expression: what it is made of, and how it is written."""

    name: str
    tensor: Tensor
    sources: tuple[int, ...] = ()  # places in the list of values
    formula: str = ""


@dataclass(frozen=True)
class Frame:
    """One step: what happens, and what is known by then."""

    text: str
    known: dict[int, float]  # values
    gradients: dict[int, float]
    active: int


def expression() -> list[Value]:
    """Record L = (a · b + a)²: a is used twice, and so is d."""
    a = Tensor([2.0], requires_grad=True)
    b = Tensor([-3.0], requires_grad=True)
    c = a * b
    d = c + a
    loss = d * d
    return [
        Value("a", a),
        Value("b", b),
        Value("c", c, (0, 1), "a · b"),
        Value("d", d, (2, 0), "c + a"),
        Value("L", loss, (3, 3), "d · d"),
    ]


def frames(values: list[Value], language: str) -> list[Frame]:
    """Walk forward, then backward; a frame for each number that is found."""
    known: dict[int, float] = {}
    gradients: dict[int, float] = {}
    steps = []
    for i, value in enumerate(values):
        known[i] = float(value.tensor.data[0])
        key = "step-operation" if value.sources else "step-leaf"
        words = {"name": value.name, "formula": value.formula, "value": shown(known[i])}
        steps.append(Frame(say(language, key, **words), dict(known), {}, i))
    last = len(values) - 1
    gradients[last] = 1.0
    name = values[last].name
    steps.append(Frame(say(language, "step-begin", name=name), known, dict(gradients), last))
    places = {id(v.tensor.node): i for i, v in enumerate(values) if v.tensor.node is not None}
    for node in latest_first(values[last].tensor.node):
        place = places[id(node)]
        found: Any = node.op.backward(node.context, np.array([gradients[place]], np.float32))
        for source, gradient in zip(values[place].sources, found, strict=True):
            before, part = gradients.get(source), float(gradient[0])
            gradients[source] = (before or 0.0) + part
            words = {
                "name": values[place].name,
                "formula": values[place].formula,
                "source": values[source].name,
                "part": shown(part),
                "before": shown(before or 0.0),
                "total": shown(gradients[source]),
            }
            key = "step-first" if before is None else "step-again"
            steps.append(Frame(say(language, key, **words), known, dict(gradients), place))
    end = say(language, "step-end", a=shown(gradients[0]), b=shown(gradients[1]))
    return [*steps, Frame(end, known, dict(gradients), 0)]


def shown(number: float) -> str:
    """Write a number as short as it is."""
    return f"{number:g}"


def picture(values: list[Value], frame: Frame) -> str:
    """Draw the graph as far as it is known."""
    boxes = []
    for i, value in enumerate(values):
        number = shown(frame.known[i]) if i in frame.known else "?"
        kind = "result" if i == frame.active else "operation" if value.sources else "leaf"
        title = f"{value.name} = {value.formula}" if value.formula else value.name
        if i in frame.gradients:
            number += f",  d{values[-1].name}/d{value.name} = {shown(frame.gradients[i])}"
        sources = tuple((source, 0) for source in value.sources)
        boxes.append(Box(kind, title, number.center(WIDTH), title, sources))
    return render(boxes)


def page(language: str) -> str:
    """Write the whole HTML file. It needs no network, and no other file."""
    values = expression()
    steps = frames(values, language)
    parts = [
        f'<section data-step="{i}"{"" if i == 0 else " hidden"}>{picture(values, frame)}'
        f"<p>{escape(frame.text)}</p></section>"
        for i, frame in enumerate(steps)
    ]
    title = say(language, "step-title")
    return PAGE.format(
        language="zh-CN" if language == "zh" else "en",
        title=escape(title),
        about=escape(say(language, "step-about")),
        back=escape(say(language, "step-back")),
        forward=escape(say(language, "step-forward")),
        count=len(steps),
        sections="\n".join(parts),
    )


PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
 body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem;
   margin: 2rem auto; padding: 0 1rem }}
 section svg {{ display: block; margin: 1rem auto }}
 section p {{ min-height: 4.5rem; font-size: 1.1rem }}
 button {{ font: inherit; padding: .4rem 1rem }}
 nav {{ display: flex; gap: 1rem; align-items: center }}
</style>
<h1>{title}</h1>
<p>{about}</p>
<nav>
<button id="back">← {back}</button>
<span id="count" aria-live="polite">1 / {count}</span>
<button id="forward">{forward} →</button>
</nav>
<main>
{sections}
</main>
<script>
"use strict";
const sections = [...document.querySelectorAll("section")];
let step = 0;
function show(wanted) {{
  step = Math.max(0, Math.min(sections.length - 1, wanted));
  sections.forEach((section, i) => {{ section.hidden = i !== step; }});
  document.getElementById("count").textContent = (step + 1) + " / " + sections.length;
  document.getElementById("back").disabled = step === 0;
  document.getElementById("forward").disabled = step === sections.length - 1;
}}
document.getElementById("back").onclick = () => show(step - 1);
document.getElementById("forward").onclick = () => show(step + 1);
document.addEventListener("keydown", (event) => {{
  if (event.key === "ArrowLeft") show(step - 1);
  if (event.key === "ArrowRight") show(step + 1);
}});
show(0);
</script>
</html>
"""
