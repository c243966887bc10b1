"""What `tinyllm bench --json` writes becomes a section of docs/performance.md."""

import json
from dataclasses import replace

import pytest

from tests.bench.figures import at, measured
from tests.benchmarks import report
from tinyllm.bench import machine, results
from tinyllm.bench.compare import Request
from tinyllm.bench.subjects import SUBJECTS

KEYS = {
    "format", "subject", "command", "machine", "threads", "versions", "tinyllm", "date", "seed",
    "rounds", "measurements", "noise", "notes", "figure",
}  # fmt: skip


@pytest.fixture
def found(monkeypatch):
    """Results of made-up figures."""

    def make(subject, measurements):
        made_up = replace(SUBJECTS[subject], measure=lambda request: measurements)
        monkeypatch.setitem(SUBJECTS, subject, made_up)
        return results.measure(subject, Request([], False, 2, 1), f"tinyllm bench {subject}")

    return make


def test_results_name_all_that_another_measurement_is_to_be_compared_by(found):
    got = found("train", [measured(tinyllm=[[1.0]] * 2, torch=[[3.0]] * 2)])
    assert got.keys() == KEYS
    assert got["versions"].keys() == {"python", "numpy", "numba"}
    assert got["tinyllm"].keys() == {"version", "commit"}
    assert got["machine"].keys() == {"processor", "cores", "system"}
    assert json.loads(json.dumps(got)) == got
    assert got["measurements"][0]["sides"]["torch"][0]["values"] == [3.0]
    assert "1 thread on" in machine.sentence(got)


def test_a_report_fills_the_section_of_its_subject_alone(found, tmp_path):
    got = found("growth", [at("width", n, tinyllm=n, torch=2 * n) for n in (64, 128)])
    (tmp_path / "measured.png").write_bytes(b"a picture")
    (tmp_path / "growth.json").write_text(json.dumps(got | {"figure": "measured.png"}))
    docs = tmp_path / "docs"
    docs.mkdir()
    page = docs / "performance.md"
    page.write_text("a\n<!-- measured: growth -->\nold\n<!-- end: growth -->\nz\n")
    report.main([str(tmp_path / "growth.json")], docs)
    text = page.read_text()
    assert text.startswith("a\n<!-- measured: growth -->\n\n| grows with | from | to |")
    assert text.endswith("\n\n<!-- end: growth -->\nz\n")
    assert "old" not in text
    assert "| width | 64 | 128 | 1.00 | 1.00 |" in text
    assert "Measured by `tinyllm bench growth` on 2" in text
    assert (docs / "figures" / "growth.png").read_bytes() == b"a picture"


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_page_has_a_place_for_every_subject(subject):
    text = (report.DOCS / "performance.md").read_text(encoding="utf-8")
    assert text.count(f"<!-- measured: {subject} -->\n") == 1
    assert text.count(f"<!-- end: {subject} -->\n") == 1
