"""How long this process has been running, its start included."""

import os
import time
from pathlib import Path


def seconds_since_start() -> float:
    """Wall-clock seconds since this process began, before Python's own start (Linux)."""
    after_name = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2]
    began = int(after_name.split()[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - began
