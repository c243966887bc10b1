"""What a person sees while a run trains: a progress bar, and how to stop it."""

from __future__ import annotations

import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tinyllm.kernels.jit import on_compile
from tinyllm.train.run import Run


class Stopwatch:
    """Adds up the seconds that compiling took, and how many loops were compiled."""

    def __init__(self) -> None:
        self.seconds, self.loops = 0.0, 0

    def add(self, name: str, seconds: float) -> None:
        """Take note of one compiled loop."""
        self.seconds, self.loops = self.seconds + seconds, self.loops + 1


def train_with_progress(run: Run, console: Console, until: int | None = None) -> bool:
    """Train a run and show how it goes; return False where Ctrl-C stopped it early.

    The first Ctrl-C ends the step that runs, saves, and says how to go on.
    """
    last = min(until or run.config.steps, run.config.steps)
    compiling = Stopwatch()
    token = on_compile.set(compiling.add)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
    )
    start, first, unit = time.perf_counter(), run.progress.step, run.objective.unit
    try:
        with Progress(*columns, console=console) as bar, stop_on_interrupt() as stopped:
            task = bar.add_task("compiling", total=last, completed=first, figures="once, kept")

            def report(metrics: dict[str, Any]) -> None:
                bar.console.print(
                    f"step {metrics['step']:>6}   training {metrics['train_loss']:.4f}   "
                    f"validation {metrics['val_loss']:.4f}   {metrics['seconds']:.0f} s"
                )

            for step in run.train(until, report):
                speed = run.progress.tokens / run.progress.seconds
                figures = f"loss {step.loss:.3f}  {speed:,.0f} {unit}s/s"
                bar.update(task, completed=step.number, description="training", figures=figures)
                if stopped():
                    break
    finally:
        on_compile.reset(token)
    done = run.progress.step >= last
    if not done:
        run.save()
    took = time.perf_counter() - start
    if compiling.loops:
        console.print(
            f"{took:.1f} s in all, of which {compiling.seconds:.1f} s to compile "
            f"{compiling.loops} loops: the next run starts without that."
        )
    else:
        console.print(f"{took:.1f} s in all.")
    return done


@contextmanager
def stop_on_interrupt() -> Generator[Any]:
    """Turn the first Ctrl-C into a flag, so that a step is never torn; the second one ends."""
    pressed = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)
