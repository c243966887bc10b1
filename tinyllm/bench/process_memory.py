"""How much memory this process holds, and the most that it held. Linux and macOS."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from tinyllm.errors import MeasurementError

STATUS = Path("/proc/self/status")


def resident() -> int:
    """Return the bytes that are in memory now; from now on, `peak` counts anew where it can."""
    if not STATUS.exists():
        return peak()  # all that macOS tells: the most so far
    with suppress(OSError):  # a container may forbid it; then the peak is that of all the time
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return from_status("VmRSS")


def peak() -> int:
    """Return the most bytes that were in memory at once.

    Raises:  MeasurementError where the system does not tell
    """
    if STATUS.exists():
        return from_status("VmHWM")
    try:
        resource = import_module("resource")
    except ImportError:
        raise MeasurementError(
            f"memory: needs a system that tells a process its peak; {sys.platform} does not. "
            "Hint: Linux and macOS do."
        ) from None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def from_status(name: str) -> int:
    """Return one line of Linux's /proc/self/status, in bytes."""
    for line in STATUS.read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0]) * 1024
    raise MeasurementError(f"memory: {STATUS} must have a line {name}; it has none.")
