"""Write measured figures into a page of docs/, with what it takes to measure them again."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]


def write_section(page: str, name: str, text: str) -> None:
    """Replace what stands between the two marks of `name` in docs/`page`."""
    file = ROOT / "docs" / page
    start, end = f"<!-- measured: {name} -->\n", f"<!-- end: {name} -->"
    before, found, rest = file.read_text(encoding="utf-8").partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"docs/{page} must have the lines {start.strip()!r} and {end!r}")
    file.write_text(f"{before}{start}\n{text.strip()}\n\n{end}{after}", encoding="utf-8")


def measured_with(command: str, *packages: str) -> str:
    """One line: the command, the versions, the commit, the machine."""
    versions = ", ".join(
        f"{package} {version(package)}" for package in ("numpy", "numba", *packages)
    )
    return (
        f"Measured by `{command}` at commit {commit()} with Python {platform.python_version()}, "
        f"{versions}, on {processor()}."
    )


def commit() -> str:
    """Which version of the source this is; `+` where files differ from it."""
    line = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def processor() -> str:
    """The processor's name and how many cores there are for us."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{len(names) or 'some'} cores of {name}"
