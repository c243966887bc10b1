"""A learner's function in a process of its own, called like one that is here.

Who calls it: checker.py.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from tinyllm.course.outcome import Outcome
from tinyllm.course.wire import pack, unpack

START, LOAD, CALL = 60.0, 10.0, 5.0  # seconds: to start, to load a file, and for each call


class Learner:
    """Starts runner.py; `load` gives it a file, `call` says what the function in it does.

    trust:  whether the file may import the course's own answers, as the course's tests do
    """

    def __init__(self, exercise: str, trust: bool = False) -> None:
        line = [sys.executable, "-m", "tinyllm.course.runner", exercise]
        line += ["--trust"] if trust else []
        environment = os.environ | {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(
            line,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            errors="replace",  # what is no reply must not end the listener
            env=environment,
        )
        self.replies: queue.Queue[str] = queue.Queue()
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def __enter__(self) -> Learner:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.listener.join()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was not sent is lost, and may be
                    pipe.close()

    def load(self, file: Path) -> Outcome | None:
        """Take a file; return why there is no function to call, or None if all is well."""
        found = self._ask({"load": str(file.resolve())}, START)  # it has started
        if not found.error:
            found = self._reply(LOAD)
        return found if found.error else None

    def call(self, arguments: Any) -> Outcome:
        """Call the learner's function; "Endless" and "Died" are errors like others."""
        return self._ask({"call": pack(arguments)}, CALL)

    def _ask(self, message: dict[str, Any], seconds: float) -> Outcome:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()
        except OSError:
            return self._died()
        return self._reply(seconds)

    def is_alive(self) -> bool:
        """Whether it can be asked once more."""
        return self.process.poll() is None

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.replies.put(line)
        self.replies.put("")  # it has ended

    def _reply(self, seconds: float) -> Outcome:
        try:
            line = self.replies.get(timeout=seconds)
        except queue.Empty:
            self.process.kill()
            return Outcome(error="Endless", message=f"{seconds:g}")
        try:
            reply = json.loads(line)
            return Outcome(**(reply | {"value": unpack(reply["value"])}))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return self._died()  # or it wrote what is no reply

    def _died(self) -> Outcome:
        """Say how the process ended: its exit code, or the signal that ended it."""
        self.process.kill()  # no more than a wait where it has ended already
        code = self.process.wait()
        name = f"exit code {code}"
        with suppress(ValueError):
            name = signal.Signals(-code).name
        return Outcome(error="Died", message=name)
