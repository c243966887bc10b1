"""Exercise sgd-momentum: a step that remembers the steps before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinyllm.course.exercise import Arguments, Exercise, Variant
from tinyllm.nn.module import Parameter
from tinyllm.train.optimisers import SGD
from tinyllm.types import FLOAT

State = dict[str, Any]
RATES = {"float": float, "np.float64": np.float64}  # a schedule may hand over either


def one_step(step: Callable[[SGD], None], self: State) -> State:
    """Make an SGD in this state, let it take one step, and show what became of it."""
    parameters = []
    for values, gradient in zip(self["values"], self["gradients"], strict=True):
        p = Parameter(values.copy())
        p.grad = None if gradient is None else gradient.copy()
        parameters.append(p)
    sgd = SGD(parameters, self["learning_rate"], self["momentum"])
    sgd.learning_rate = RATES[self["type of the rate"]](self["learning_rate"])
    sgd.velocities = [velocity.copy() for velocity in self["velocities"]]
    before = [p.data for p in parameters]
    step(sgd)
    return {
        "values": [p.data for p in parameters],
        "velocities": list(sgd.velocities),
        "arrays of before": before,
    }


def cases() -> Any:
    from tinyllm.course.draws import arrays, nice, st  # noqa: PLC0415

    def state_of(sizes: list[int]) -> Any:
        numbers = [arrays(size, nice(2)) for size in sizes]
        return st.fixed_dictionaries(
            {
                "values": st.tuples(*numbers).map(list),
                "gradients": st.tuples(*(n | st.none() for n in numbers)).map(list),
                "velocities": st.tuples(*numbers).map(list),
                "learning_rate": st.just(0.5),
                "type of the rate": st.sampled_from([*RATES]),
                "momentum": st.sampled_from([0.0, 0.5]),
            }
        )

    sizes = st.lists(st.integers(1, 2), min_size=1, max_size=2)
    return st.tuples(sizes.flatmap(state_of))


def probes() -> list[Arguments]:
    state = {
        "values": [np.array([1.0, -2.0], FLOAT), np.array([3.0], FLOAT)],
        "gradients": [np.array([0.5, 4.0], FLOAT), np.array([-1.0], FLOAT)],
        "velocities": [np.array([1.0, 2.0], FLOAT), np.array([-2.0], FLOAT)],
        "learning_rate": 0.25,
        "type of the rate": "float",
        "momentum": 0.75,
    }
    other = state | {"learning_rate": 0.5, "momentum": 0.5}
    first = state | {"velocities": [np.zeros(2, FLOAT), np.zeros(1, FLOAT)]}
    unused = state | {"gradients": [np.array([0.5, 4.0], FLOAT), None]}
    scheduled = state | {"type of the rate": "np.float64"}
    return [(state,), (other,), (first,), (unused,), (scheduled,)]


def forgets_the_momentum(self: SGD) -> None:
    for p, velocity in zip(self.parameters, self.velocities, strict=True):
        if p.grad is None:
            continue
        velocity[:] = p.grad
        p.data = p.data - p.dtype.type(self.learning_rate) * velocity


def velocity_is_not_kept(self: SGD) -> None:
    for p, velocity in zip(self.parameters, self.velocities, strict=True):
        if p.grad is None:
            continue
        velocity = self.momentum * velocity + p.grad
        p.data = p.data - p.dtype.type(self.learning_rate) * velocity


def gradient_counts_less(self: SGD) -> None:
    for p, velocity in zip(self.parameters, self.velocities, strict=True):
        if p.grad is None:
            continue
        velocity *= self.momentum
        velocity += (1 - self.momentum) * p.grad
        p.data = p.data - p.dtype.type(self.learning_rate) * velocity


def rate_in_the_velocity(self: SGD) -> None:
    for p, velocity in zip(self.parameters, self.velocities, strict=True):
        if p.grad is None:
            continue
        velocity *= self.momentum
        velocity += p.dtype.type(self.learning_rate) * p.grad
        p.data = p.data - velocity


def uphill(self: SGD) -> None:
    for p, velocity in zip(self.parameters, self.velocities, strict=True):
        if p.grad is None:
            continue
        velocity *= self.momentum
        velocity += p.grad
        p.data = p.data + p.dtype.type(self.learning_rate) * velocity


def moves_before_it_remembers(self: SGD) -> None:
    for p, velocity in zip(self.parameters, self.velocities, strict=True):
        if p.grad is None:
            continue
        p.data = p.data - p.dtype.type(self.learning_rate) * velocity
        velocity *= self.momentum
        velocity += p.grad


def nesterov(self: SGD) -> None:
    for p, velocity in zip(self.parameters, self.velocities, strict=True):
        if p.grad is None:
            continue
        velocity *= self.momentum
        velocity += p.grad
        ahead = p.grad + self.momentum * velocity
        p.data = p.data - p.dtype.type(self.learning_rate) * ahead


def writes_into_the_values(self: SGD) -> None:
    for p, velocity in zip(self.parameters, self.velocities, strict=True):
        if p.grad is None:
            continue
        velocity *= self.momentum
        velocity += p.grad
        p.data -= p.dtype.type(self.learning_rate) * velocity


def float64_values(self: SGD) -> None:
    for p, velocity in zip(self.parameters, self.velocities, strict=True):
        if p.grad is None:
            continue
        velocity *= self.momentum
        velocity += p.grad
        p.data = p.data - self.learning_rate * velocity


def no_gradient_counts_as_0(self: SGD) -> None:
    for p, velocity in zip(self.parameters, self.velocities, strict=True):
        velocity *= self.momentum
        if p.grad is not None:
            velocity += p.grad
        p.data = p.data - p.dtype.type(self.learning_rate) * velocity


def new_velocities(self: SGD) -> None:
    velocities = []
    for p, velocity in zip(self.parameters, self.velocities, strict=True):
        if p.grad is not None:
            velocity = velocity * self.momentum + p.grad
            p.data = p.data - np.float32(self.learning_rate) * velocity
        velocities.append(velocity)
    self.velocities = velocities


def number_by_number(self: SGD) -> None:
    for i, p in enumerate(self.parameters):
        if p.grad is None:
            continue
        moved = p.data.copy()
        for place in np.ndindex(p.shape):
            old = float(self.velocities[i][place])
            self.velocities[i][place] = self.momentum * old + float(p.grad[place])
            moved[place] -= self.learning_rate * self.velocities[i][place]
        p.data = moved


def in_one_long_vector(self: Any) -> None:
    used = [i for i, p in enumerate(self.parameters) if p.grad is not None]
    if not used:
        return
    sizes = np.cumsum([self.parameters[i].data.size for i in used])[:-1]
    grad = np.concatenate([np.ravel(self.parameters[i].grad) for i in used]).astype(np.float64)
    velocity = grad + self.momentum * np.concatenate([self.velocities[i].ravel() for i in used])
    values = np.concatenate([self.parameters[i].data.ravel() for i in used])
    moved = (values - self.learning_rate * velocity).astype(FLOAT)
    kept = velocity.astype(FLOAT)
    for i, value, v in zip(used, np.split(moved, sizes), np.split(kept, sizes), strict=True):
        shape = self.parameters[i].shape
        self.parameters[i].data, self.velocities[i] = value.reshape(shape), v.reshape(shape)


def damped(value: float) -> Variant:
    """PyTorch's `dampening`: a new gradient counts less."""

    def change(step: Callable[[SGD], None]) -> Callable[[SGD], None]:
        def damped_step(self: SGD) -> None:
            for p in self.parameters:
                p.grad = None if p.grad is None else p.grad * FLOAT.type(1 - value)
            step(self)

        return damped_step

    share = 1 - value
    return Variant(
        text={
            "en": f"a new gradient counts less: v = momentum · v + {share:g} · gradient. For the "
            f"velocity 4, momentum 0.5 and the gradient 2, the velocity becomes "
            f"{2 + 2 * share:g}.",
            "zh": f"新的梯度占得少一些：v = momentum · v + {share:g} · gradient。"
            f"速度为 4，动量为 0.5，梯度为 2 时，速度变成 {2 + 2 * share:g}。",
        },
        change=change,
    )


SGD_MOMENTUM = Exercise(
    name="sgd-momentum",
    target="tinyllm.train.optimisers:SGD.step",
    use=one_step,
    cases=cases,
    probes=probes,
    mistakes=(
        forgets_the_momentum,
        velocity_is_not_kept,
        gradient_counts_less,
        rate_in_the_velocity,
        uphill,
        moves_before_it_remembers,
        nesterov,
        writes_into_the_values,
        float64_values,
        no_gradient_counts_as_0,
    ),
    others=(new_velocities, number_by_number, in_one_long_vector),
    variants=tuple(damped(value) for value in (0.25, 0.5, 0.75)),
)
