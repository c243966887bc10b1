"""Our docstrings as Markdown. Who calls it: extension.py, for each of them.

Shapes:    x (..., N) -> p of the same shape     a field: becomes an entry of a list
the examples, which doctest runs                 become code
x_i * y_i                                        a formula: no sign of it means emphasis
"""

import html
import re

FIELD = re.compile(r"(\w+(?:, \w+)*):\s+(\S.*)")
CODE = re.compile(r"(`[^`]*`)")
MARKUP = re.compile(r"([\\*_\[\]])")


def markdown(text: str, link: str) -> str:
    """Turn a docstring into Markdown; `link` stands behind its first paragraph."""
    first, *others = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join([f"{prose(first)} {link}", *map(paragraph, others)])


def paragraph(text: str) -> str:
    """Turn a paragraph after the first into Markdown: an example, fields, code, or prose."""
    lines = text.splitlines()
    if lines[0].startswith(">>>"):
        return f"```pycon\n{text}\n```"
    if lines[0].startswith("    "):
        return f"```text\n{text}\n```"
    if FIELD.match(lines[0]) and all(FIELD.match(line) or line[0] == " " for line in lines):
        return fields(lines)
    return prose(text)


def fields(lines: list[str]) -> str:
    """Make a definition list; lines that are indented go on with the field before."""
    entries: list[list[str]] = []
    for line in lines:
        found = FIELD.match(line)
        if found:
            entries.append([found[1], found[2]])
        else:
            entries[-1].append(line.strip())
    return "\n\n".join(f"{escaped(name)}\n:   {escaped(' '.join(text))}" for name, *text in entries)


def prose(text: str) -> str:
    """Write prose; a list, and lines that are indented, begin after an empty line."""
    escaped_lines = [escaped(line) for line in text.splitlines()]
    return re.sub(r"\n(?=- |    )", "\n\n", "\n".join(escaped_lines), count=1)


def escaped(text: str) -> str:
    """Keep Markdown and HTML from reading signs of a formula as their own; `code` stays."""
    parts = CODE.split(text)
    return "".join(
        part if i % 2 else MARKUP.sub(r"\\\1", html.escape(part, quote=False))
        for i, part in enumerate(parts)
    )
