"""Run experiments in full, and write what they found into their pages, in both languages.

    TINYLLM_DATA=... python -m tests.benchmarks.experiments parallel-or-serial decoding
    python -m tests.benchmarks.experiments --again

docs/experiments/ keeps the raw figures of each run: --again writes all pages from them, without
measuring anything.
"""

import argparse
import json
import sys

from tests.benchmarks.report import DOCS, write_section
from tinyllm.bench.experiment import Table, drawn, measured, section
from tinyllm.cli.experiment import EXPERIMENTS, load
from tinyllm.files import make_folder, write_atomically, write_json

PAGES = DOCS / "experiments"
FIGURES = DOCS / "figures" / "experiments"


def record_of(name):
    """The raw figures of the run that a page shows; None before there was one."""
    file = PAGES / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def page_section(name):
    """What a page says of the run that is kept."""
    return section(load(name), record_of(name))


def index():
    """All claims at one glance."""
    table = Table(("experiment", "claim", "verdict", "seeds", "minutes"))
    for name in EXPERIMENTS:
        record, experiment = record_of(name), load(name)
        if record is not None:
            held = experiment.verdict(record["found"]).held
            minutes = f"{record['seconds'] / 60:.1f}"
            cells = (f"**{held}**", str(len(record["seeds"])), minutes)
        else:
            cells = ("not yet measured", "", "")
        table.rows.append((f"[{name}]({name}.md)", experiment.claim, *cells))
    return table.markdown()


def write_pages(names):
    """Draw the figures, fill the sections."""
    make_folder(FIGURES)
    for name in names:
        picture = drawn(load(name), record_of(name)["found"], "svg")
        write_atomically(FIGURES / f"{name}.svg", picture)
        write_section(PAGES / f"{name}.md", name, page_section(name))
    write_section(PAGES / "README.md", "claims", index())


def main(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--again", action="store_true", help="from the figures that are kept")
    args = parser.parse_args(arguments)
    for name in args.names:
        experiment = load(name)
        record = measured(experiment, False, experiment.seeds, lambda line: print(line, flush=True))
        write_json(PAGES / f"{name}.json", record)
        write_pages([name])
    if args.again:
        write_pages([name for name in EXPERIMENTS if record_of(name) is not None])


if __name__ == "__main__":
    main(sys.argv[1:])
