"""An engine for scalars, to be read in one go: all of automatic differentiation, without arrays.

Leaves out: arrays, dtypes, freeing memory; those are what engine.py and function.py add. Who calls
it: nothing in the library. It is there to be understood, and rebuilt in the course.

>>> a, b = Value(2.0), Value(3.0)
>>> y = a * b + a
>>> y.backward()
>>> a.grad, b.grad
(4.0, 2.0)
"""

from __future__ import annotations

import math


class Value:
    """A number that remembers how it was made.

    data:     the number
    sources:  the values that it was made of
    slopes:   for each source, how much this value changes if the source changes by 1
    grad:     how much the root changes if this value changes by 1; `root.backward()` sets it

    Units:     plain Python floats; the other operand of + and * may be a plain number
    Source:    the form is that of micrograd (Andrej Karpathy, 2020), with slopes for its closures
    """

    def __init__(
        self, data: float, sources: tuple[Value, ...] = (), slopes: tuple[float, ...] = ()
    ) -> None:
        self.data = float(data)
        self.sources = sources
        self.slopes = slopes
        self.grad = 0.0

    def __repr__(self) -> str:
        return f"Value({self.data:g}, grad={self.grad:g})"

    def __add__(self, other: Value | float) -> Value:
        """self + other.

        >>> (Value(2.0) + 1).slopes
        (1.0, 1.0)
        """
        other = as_value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Value | float) -> Value:
        """self * other.

        >>> (Value(2.0) * Value(3.0)).slopes
        (3.0, 2.0)
        """
        other = as_value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, exponent: float) -> Value:
        """self ** exponent, for an exponent that is a plain number.

        >>> (Value(2.0) ** 3).slopes
        (12.0,)
        """
        slope = exponent * self.data ** (exponent - 1)
        return Value(self.data**exponent, (self,), (slope,))

    def tanh(self) -> Value:
        """tanh(self), between -1 and 1. Its slope is 1 - tanh(self)^2.

        >>> Value(0.0).tanh().slopes
        (1.0,)
        """
        y = math.tanh(self.data)
        return Value(y, (self,), (1.0 - y * y,))

    def __radd__(self, other: float) -> Value:
        """other + self, where other is a plain number."""
        return self + other

    def __rmul__(self, other: float) -> Value:
        """other * self, where other is a plain number."""
        return self * other

    def backward(self) -> None:
        """Set `grad` of self and of all values behind it; what an earlier call left is gone.

        Backward:  grad of self is 1; grad of a source is the sum, over all of its users, of
                   (user.grad times the user's slope for it)
        """
        order = users_first(self)
        for value in order:
            value.grad = 0.0
        self.grad = 1.0
        for value in order:
            for source, slope in zip(value.sources, value.slopes, strict=True):
                source.grad += slope * value.grad


def as_value(number: Value | float) -> Value:
    """Take a Value as it is; make one of a plain number."""
    return number if isinstance(number, Value) else Value(number)


def users_first(root: Value) -> list[Value]:
    """List `root` and all values behind it, each once, and each after all of its users.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> z = y + x
    >>> users_first(z) == [z, y, x]
    True
    """
    users: dict[Value, int] = {root: 0}  # how many users of a value are not yet in the list
    stack = [root]
    while stack:  # not a recursion: Python's call stack ends at a depth of about 1,000
        for source in stack.pop().sources:
            if source not in users:
                users[source] = 0
                stack.append(source)
            users[source] += 1
    order, ready = [], [root]
    while ready:
        value = ready.pop()
        order.append(value)
        for source in value.sources:
            users[source] -= 1
            if users[source] == 0:
                ready.append(source)
    return order
