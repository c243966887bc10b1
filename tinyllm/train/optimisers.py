"""AdamW and SGD: gradients to new parameters. And clip_grad_norm, which comes before them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

from tinyllm.autograd import locks
from tinyllm.errors import CheckpointError, OptionError, shape_error
from tinyllm.kernels import adamw as kernel
from tinyllm.nn.module import Parameter
from tinyllm.types import Array


def clip_grad_norm(parameters: Iterable[Parameter], max_norm: float) -> float:
    """Scale all gradients down together, so that their common length is at most `max_norm`.

    The direction of the step stays; only a step that would be far too long gets shorter.
    Returns the length before.

    Source:  Pascanu, Mikolov and Bengio 2013, algorithm 1
    """
    gradients = [p.grad for p in parameters if p.grad is not None]
    length = math.sqrt(sum(float(np.vdot(g, g)) for g in gradients))
    if max_norm < length < math.inf:  # an infinite length has no direction: train() stops there
        for g in gradients:
            g *= max_norm / length
    return length


class Optimiser:
    """What every optimiser has: parameters, a learning rate, zero_grad, step."""

    def __init__(self, parameters: Iterable[Parameter], learning_rate: float) -> None:
        self.parameters = list(parameters)
        self.learning_rate = learning_rate
        if not self.parameters:
            raise OptionError("optimiser: needs at least one parameter; got none.")
        if not learning_rate >= 0:
            raise OptionError(f"optimiser: learning_rate must be >= 0; got {learning_rate}.")

    def zero_grad(self) -> None:
        """Forget all gradients: backward adds to what is there."""
        for p in self.parameters:
            p.grad = None

    def step(self) -> None:
        """Move every parameter by what its gradient says."""
        raise NotImplementedError


class SGD(Optimiser):
    """v = momentum v + gradient; parameter -= learning_rate v. In its plainest form.

    Source:  Polyak 1964 (momentum), in the form of Sutskever et al. 2013
    """

    def __init__(
        self, parameters: Iterable[Parameter], learning_rate: float, momentum: float = 0.0
    ) -> None:
        super().__init__(parameters, learning_rate)
        if not 0 <= momentum < 1:
            raise OptionError(f"SGD: momentum must be at least 0 and below 1; got {momentum}.")
        self.momentum = momentum
        self.velocities: list[Array] = [np.zeros_like(p.data) for p in self.parameters]

    def step(self) -> None:
        """Move every parameter that has a gradient."""
        for p, velocity in zip(self.parameters, self.velocities, strict=True):
            if p.grad is None:
                continue
            velocity *= self.momentum
            velocity += p.grad
            rate = p.dtype.type(self.learning_rate)  # no schedule's float64 makes p one, too
            p.data = p.data - rate * velocity  # a new array: an old graph keeps its


class AdamW(Optimiser):
    """Adam with decoupled weight decay.

    Each number moves by the mean of its gradients over the root of the mean of their squares:
    about one learning rate a step, whatever the gradient's scale. Decay pulls matrices of
    products towards 0, and leaves norms, biases and embeddings (Parameter.decay).

    learning_rate:  may be changed between steps
    betas:          how slowly the two means forget
    Source:         Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization, algorithm 2
    """

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float,
        *,
        betas: tuple[float, float] = (0.9, 0.99),
        eps: float = 1e-8,
        weight_decay: float = 0.1,
    ) -> None:
        super().__init__(parameters, learning_rate)
        if not all(0 <= beta < 1 for beta in betas):
            raise OptionError(f"AdamW: betas must be at least 0 and below 1; got {betas}.")
        if not eps > 0 or not weight_decay >= 0:
            raise OptionError(
                "AdamW: eps must be above 0 and weight_decay at least 0; "
                f"got eps={eps}, weight_decay={weight_decay}."
            )
        self.betas, self.eps, self.steps = betas, eps, 0
        self.groups = [
            FlatGroup([p for p in self.parameters if p.decay == decays], decay)
            for decays, decay in ((True, weight_decay), (False, 0.0))
            if any(p.decay == decays for p in self.parameters)
        ]

    def step(self) -> None:
        """Move every parameter; one without a gradient counts as one with gradient 0."""
        self.steps += 1
        for group in self.groups:
            gradients = group.gather()
            kernel.step(
                group.values,
                gradients,
                group.means,
                group.squares,
                self.steps,
                self.learning_rate,
                group.decay,
                self.betas,
                self.eps,
            )

    def state_dict(self) -> dict[str, Array]:
        """Return all that a later process needs to go on exactly here."""
        state = {"steps": np.array(self.steps)}
        for i, group in enumerate(self.groups):
            state |= {f"{i}.means": group.means, f"{i}.squares": group.squares}
        return state

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        """Take over a state from `state_dict`.

        Raises:  CheckpointError if it belongs to other parameters
        """
        own = self.state_dict()
        if own.keys() != state.keys() or any(own[k].shape != state[k].shape for k in own):
            raise CheckpointError("AdamW: the saved state belongs to a model of another shape.")
        self.steps = int(state["steps"])
        for i, group in enumerate(self.groups):
            group.means[...] = state[f"{i}.means"]
            group.squares[...] = state[f"{i}.squares"]


class FlatGroup:
    """Parameters whose numbers lie side by side in one buffer, so that one loop updates all.

    Each parameter's `data` becomes a view into the buffer.
    """

    def __init__(self, parameters: list[Parameter], decay: float) -> None:
        self.parameters, self.decay = parameters, decay
        self.values = np.concatenate([p.data.reshape(-1) for p in parameters])
        self.means, self.squares = np.zeros_like(self.values), np.zeros_like(self.values)
        self.views = self.share_out()

    def share_out(self) -> list[Array]:
        """Make each parameter's data a view into `values`; return the views."""
        places = np.cumsum([p.size for p in self.parameters])[:-1]
        parts = np.split(self.values, places)
        for p, part in zip(self.parameters, parts, strict=True):
            p.data = part.reshape(p.shape)
        return [p.data for p in self.parameters]

    def gather(self) -> Array:
        """Bring the values together before a step; return the gradients, in one piece, too.

        A graph that was not walked back may still need the old values: then it keeps them, and
        the parameters move to a copy. So do they where somebody gave one another array.
        """
        moved = False
        for p, view in zip(self.parameters, self.views, strict=True):
            moved = moved or p.data is not view
            if p.shape != view.shape:
                rule = "a parameter has another shape than when the optimiser was made"
                raise shape_error("AdamW", rule, "make a new one", before=view.shape, now=p.shape)
        if moved or locks.is_locked(self.values):
            self.values = np.concatenate([p.data.reshape(-1) for p in self.parameters])
            self.views = self.share_out()
        gradients = [np.zeros_like(p.data) if p.grad is None else p.grad for p in self.parameters]
        return np.concatenate([g.reshape(-1) for g in gradients])
