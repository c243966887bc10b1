"""Every error that tinyllm raises on purpose. Each one also is the builtin a caller would expect.

A message has one form: operation or option, the rule, what arrived, a hint.
"""


class TinyllmError(Exception):
    """The parent of all errors below: `except TinyllmError` catches a user's mistake, not a bug."""


class ShapeError(TinyllmError, ValueError):
    """Shapes do not fit. Build it with `shape_error`, so that all messages read alike."""


class DtypeError(TinyllmError, TypeError):
    """An array holds the wrong kind of number."""


class OptionError(TinyllmError, ValueError):
    """An argument or a configuration value is outside of what it may be."""


class BackwardError(TinyllmError, RuntimeError):
    """`backward()` was called where no gradient can flow."""


class InPlaceError(TinyllmError, RuntimeError):
    """A value would be overwritten that `backward()` still needs."""


class GradientError(TinyllmError, AssertionError):
    """A gradient differs from the finite difference: what `gradcheck` raises."""


class DataError(TinyllmError, ValueError):
    """A text or a data file cannot be used."""


class CheckpointError(TinyllmError, ValueError):
    """A saved run is missing, broken, or belongs to another model."""


class MeasurementError(TinyllmError, RuntimeError):
    """A side of a benchmark could not be measured."""


class MissingPackageError(TinyllmError, ImportError):
    """A package that only this needs is not installed."""


class TrainingError(TinyllmError, ArithmeticError):
    """Training cannot go on: the loss is not a number."""


def shape_error(
    operation: str, rule: str, hint: str = "", /, **shapes: tuple[int, ...] | None
) -> ShapeError:
    """Say which operation, which rule broke, what arrived, and what to try.

    >>> print(shape_error("matmul", "inner sizes must agree", "transpose b?", a=(2, 8), b=(4, 8)))
    matmul: inner sizes must agree; got a=(2, 8), b=(4, 8). Hint: transpose b?
    """
    arrived = ", ".join(f"{name}={shape}" for name, shape in shapes.items())
    return ShapeError(f"{operation}: {rule}; got {arrived}." + (f" Hint: {hint}" if hint else ""))
