"""Call the command in this process, as a shell would, and see what it leaves."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyllm.cli.main import main

TINY = ["--layers", "1", "--heads", "2", "--width", "8", "--context", "8", "--batch", "2"]


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


class Command:
    """`command("train", "--steps", 3)`: exit code and both streams."""

    def __init__(self, capsys: Any) -> None:
        self.capsys = capsys

    def __call__(self, *arguments: Any) -> Result:
        self.capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        return Result(code, *self.capsys.readouterr())


def listing(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with its content; folders too."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.rglob("*"))
    }


def shell(*arguments: Any) -> subprocess.CompletedProcess[str]:
    """Run `tinyllm` in a process of its own."""
    line = [sys.executable, "-m", "tinyllm", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, timeout=300)
