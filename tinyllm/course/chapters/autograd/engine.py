"""The exercise small-engine: the class Value."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tinyllm.autograd.small import Value, as_value, users_first
from tinyllm.course.exercise import Arguments, Exercise

EXPRESSIONS: dict[str, Callable[[Any, Any], Any]] = {
    "a + b": lambda a, b: a + b,
    "a * b": lambda a, b: a * b,
    "a + a": lambda a, b: a + a,
    "a * a": lambda a, b: a * a,
    "a + 3": lambda a, b: a + 3,
    "3 + a": lambda a, b: 3 + a,
    "2 * a + 1": lambda a, b: 2 * a + 1,
    "a * b + a": lambda a, b: a * b + a,
    "c + c, where c = a * b": lambda a, b: twice(a * b),
    "d * d + c, where c = a * b, d = c + a": lambda a, b: square_and(a * b, a * b + a),
    "a ** -1": lambda a, b: a**-1,
    # Hypothesis goes back by one or two places: so what the last one is made of stands before it
    "a.tanh()": lambda a, b: a.tanh(),
    "a ** 3": lambda a, b: a**3,
    "(a * b + b).tanh() + a ** 2": lambda a, b: (a * b + b).tanh() + a**2,
}
AGAIN = ", and backward is called again"
TEXTS = [*EXPRESSIONS, *(text + AGAIN for text in ("a + b", "a * b", "c + c, where c = a * b"))]


def twice(c: Any) -> Any:
    """c + c, for one value c."""
    return c + c


def square_and(c: Any, d: Any) -> Any:
    """d * d + c, where d was made of a value like c."""
    return d * d + c


def use(kind: Callable[[float], Any], expression: str, numbers: dict[str, float]) -> Any:
    """Compute an expression with the learner's class, and all gradients."""
    a, b = kind(numbers["a"]), kind(numbers["b"])
    y = EXPRESSIONS[expression.removesuffix(AGAIN)](a, b)
    y.backward()
    if expression.endswith(AGAIN):
        y.backward()
    return {"y": y.data, "y.grad": y.grad, "a.grad": a.grad, "b.grad": b.grad}


def cases() -> Any:
    from tinyllm.course.chapters.autograd.broadcasting import few  # noqa: PLC0415
    from tinyllm.course.draws import st  # noqa: PLC0415

    return st.tuples(st.sampled_from(TEXTS), st.fixed_dictionaries({"a": few(), "b": few()}))


def probes() -> list[Arguments]:
    return [(text, {"a": 2.0, "b": 3.0}) for text in TEXTS]


class Rebuilt(Value):
    """Right, in another style. The mistakes below are made from it."""

    def __add__(self, other: Any) -> Any:
        other = as_value(other)
        return type(self)(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Any) -> Any:
        other = as_value(other)
        return type(self)(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, exponent: float) -> Any:
        y = self.data**exponent
        return type(self)(y, (self,), (exponent * y / self.data,))

    def tanh(self) -> Any:
        e = math.exp(2 * self.data)
        return type(self)((e - 1) / (e + 1), (self,), (4 * e / (e + 1) ** 2,))

    def backward(self) -> None:
        gradients = {id(self): 1.0}
        for value in users_first(self):
            value.grad = gradients.get(id(value), 0.0)
            for source, slope in zip(value.sources, value.slopes, strict=True):
                gradients[id(source)] = gradients.get(id(source), 0.0) + slope * value.grad


class overwrites_the_gradient(Rebuilt):  # noqa: N801
    def backward(self) -> None:
        self.grad = 1.0
        for value in users_first(self):
            for source, slope in zip(value.sources, value.slopes, strict=True):
                source.grad = slope * value.grad


class sum_with_the_slopes_of_a_product(Rebuilt):  # noqa: N801
    def __add__(self, other: Any) -> Any:
        other = as_value(other)
        return type(self)(self.data + other.data, (self, other), (other.data, self.data))


class own_number_as_slope(Rebuilt):  # noqa: N801
    def __mul__(self, other: Any) -> Any:
        other = as_value(other)
        return type(self)(self.data * other.data, (self, other), (self.data, other.data))


class plain_numbers_forgotten(Rebuilt):  # noqa: N801
    def __add__(self, other: Any) -> Any:
        return type(self)(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Any) -> Any:
        return type(self)(self.data * other.data, (self, other), (other.data, self.data))


class calls_itself(Rebuilt):  # noqa: N801
    def __radd__(self, other: float) -> Any:
        return other + self

    def __rmul__(self, other: float) -> Any:
        return other * self


class old_gradients_stay(Rebuilt):  # noqa: N801
    def backward(self) -> None:
        self.grad = 1.0
        for value in users_first(self):
            for source, slope in zip(value.sources, value.slopes, strict=True):
                source.grad += slope * value.grad


class root_is_not_one(Rebuilt):  # noqa: N801
    def backward(self) -> None:
        for value in users_first(self):
            for source, slope in zip(value.sources, value.slopes, strict=True):
                source.grad += slope * value.grad


class power_without_its_exponent(Rebuilt):  # noqa: N801
    def __pow__(self, exponent: float) -> Any:
        return type(self)(self.data**exponent, (self,), (self.data ** (exponent - 1),))


class exponent_without_brackets(Rebuilt):  # noqa: N801
    def __pow__(self, exponent: float) -> Any:
        return type(self)(self.data**exponent, (self,), (exponent * self.data**exponent - 1,))


class exponent_not_lowered(Rebuilt):  # noqa: N801
    def __pow__(self, exponent: float) -> Any:
        return type(self)(self.data**exponent, (self,), (exponent * self.data**exponent,))


class tanh_slope_of_the_input(Rebuilt):  # noqa: N801
    def tanh(self) -> Any:
        return type(self)(math.tanh(self.data), (self,), (1 - self.data**2,))


class goes_on_at_once(Rebuilt):  # noqa: N801
    def backward(self) -> None:
        for value in users_first(self):
            value.grad = 0.0
        self.grad = 1.0
        waiting: list[Any] = [self]
        while waiting:
            value = waiting.pop(0)
            for source, slope in zip(value.sources, value.slopes, strict=True):
                source.grad += slope * value.grad
                waiting.append(source)


class slopes_are_left_out(Rebuilt):  # noqa: N801
    def backward(self) -> None:
        order = users_first(self)
        for value in order:
            value.grad = 0.0
        self.grad = 1.0
        for value in order:
            for source in value.sources:
                source.grad += value.grad


SMALL_ENGINE = Exercise(
    name="small-engine",
    target="tinyllm.autograd.small:Value",
    use=use,
    imports="import math\n\nfrom tinyllm.autograd.small import as_value, users_first",
    cases=cases,
    probes=probes,
    mistakes=(
        overwrites_the_gradient,
        sum_with_the_slopes_of_a_product,
        own_number_as_slope,
        plain_numbers_forgotten,
        calls_itself,
        old_gradients_stay,
        root_is_not_one,
        power_without_its_exponent,
        exponent_without_brackets,
        exponent_not_lowered,
        tanh_slope_of_the_input,
        goes_on_at_once,
        slopes_are_left_out,
    ),
    others=(Rebuilt,),
    points=2,
)
