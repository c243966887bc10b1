"""Is the graph being recorded right now? One context variable, nothing else."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_recording: ContextVar[bool] = ContextVar("tinyllm_recording", default=True)


def is_recording() -> bool:
    """Whether operations remember how to go back."""
    return _recording.get()


@contextmanager
def no_grad() -> Generator[None]:
    """Inside this block operations compute values and keep nothing for backward.

    >>> import tinyllm
    >>> x = tinyllm.Tensor([1.0], requires_grad=True)
    >>> with tinyllm.no_grad():
    ...     (x * 2).requires_grad
    False
    """
    token = _recording.set(False)
    try:
        yield
    finally:
        _recording.reset(token)
