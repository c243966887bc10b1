"""Write measured figures into a page of docs/, with what it takes to measure them again.

    tinyllm bench train --json train.json
    tinyllm bench growth --json growth.json --figure growth.png
    python -m tests.benchmarks.report train.json growth.json

Each file fills the section of its subject in docs/performance.md. The page itself shows the figure,
and says in its language what is to be seen on it.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from tinyllm.bench import machine, results
from tinyllm.bench.peers import OURS

DOCS = Path(__file__).parents[2] / "docs"


def write_section(page: Path, name: str, text: str) -> None:
    """Replace what stands between the two marks of `name` on a page, and on its Chinese twin."""
    twin = DOCS / "zh" / page.relative_to(DOCS) if DOCS in page.parents else page
    if twin.exists() and twin != page:
        write_between(twin, name, text)
    write_between(page, name, text)


def write_between(page: Path, name: str, text: str) -> None:
    """Replace what stands between the two marks of `name` on one page."""
    start, end = f"<!-- measured: {name} -->\n", f"<!-- end: {name} -->"
    before, found, rest = page.read_text(encoding="utf-8").partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"{page} must have the lines {start.strip()!r} and {end!r}")
    page.write_text(f"{before}{start}\n{text.strip()}\n\n{end}{after}", encoding="utf-8")


def measured_with(command: str) -> str:
    """One line: the command, and with what it was run here and now."""
    here = machine.conditions([OURS], machine.cores())
    return f"Measured by `{command}` with {machine.sentence(here)}."


def section(found: dict[str, Any]) -> str:
    """The tables of a subject's raw figures, what was noisy, and the conditions."""
    parts = [table.markdown() for table in results.tables(found)]
    parts.append(" ".join(found["notes"]))
    day = found["date"].partition("T")[0]
    how = f"Measured by `{found['command']}` on {day} with {machine.sentence(found)}."
    verdict, *problems = found["noise"]
    listed = "\n".join(f"- {line.strip()}" for line in problems)
    return "\n\n".join([*parts, how, verdict, listed])


def main(files: list[str], docs: Path = DOCS) -> None:
    for file in map(Path, files):
        found = json.loads(file.read_text(encoding="utf-8"))
        if found["figure"]:
            picture = file.parent / found["figure"]
            (docs / "figures").mkdir(exist_ok=True)
            shutil.copy(picture, docs / "figures" / f"{found['subject']}{picture.suffix}")
        write_section(docs / "performance.md", found["subject"], section(found))


if __name__ == "__main__":
    main(sys.argv[1:])
