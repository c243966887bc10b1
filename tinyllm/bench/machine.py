"""Where and with what the figures were measured."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tinyllm import __version__
from tinyllm.bench.compare import HOME
from tinyllm.bench.peers import PACKAGES


def cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor() -> str:
    """The processor's name."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def commit() -> str | None:
    """Which version of the source this is, `+` where files differ from it; None if installed."""
    if not (HOME / ".git").exists():
        return None
    line = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        done = subprocess.run(line, cwd=HOME, capture_output=True, text=True, check=False)
    except OSError:  # no git here
        return None
    return done.stdout.strip() or None


def versions(sides: Iterable[str] = ()) -> dict[str, str]:
    """Return the versions of Python, NumPy, Numba, and what the peers need."""
    needed = dict.fromkeys(package for side in sides for package in PACKAGES.get(side, ()))
    found = {"python": platform.python_version()}
    for package in ("numpy", "numba", *needed):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found


def conditions(sides: Iterable[str], threads: int) -> dict[str, Any]:
    """Return all that another measurement is to be compared by."""
    return {
        "machine": {"processor": processor(), "cores": cores(), "system": platform.platform()},
        "threads": threads,
        "versions": versions(sides),
        "tinyllm": {"version": __version__, "commit": commit()},
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def sentence(found: dict[str, Any]) -> str:
    """Conditions in one line.

    >>> sentence({"machine": {"processor": "a CPU", "cores": 2}, "threads": 2,
    ...           "versions": {"numpy": "2.4"}, "tinyllm": {"version": "0.1.0", "commit": None}})
    'tinyllm 0.1.0, numpy 2.4, 2 threads on 2 cores of a CPU'
    """
    own, machine = found["tinyllm"], found["machine"]
    at = f" at commit {own['commit']}" if own["commit"] else ""
    named = "".join(f", {name} {number}" for name, number in found["versions"].items())
    threads = f"{found['threads']} thread{'s' * (found['threads'] != 1)}"
    where = f"{threads} on {machine['cores']} cores of {machine['processor']}"
    return f"tinyllm {own['version']}{at}{named}, {where}"
