"""Optimizers: how parameters change, given their gradients. The conventions are those of torch.optim, to the last epsilon.

Each rule sees one parameter at a time: its gradient g, and a memory of its own in which what was never written reads as 0.

A parameter without a gradient, because the loss does not depend on it, stays as it is, its memory too.

Example:
    >>> w = Tensor(5.0)
    >>> optimizer = Adam([w], lr=0.1)
    >>> for _ in range(200):
    ...     optimizer.zero_grad()
    ...     loss = (w - 2) ** 2
    ...     loss.backward()
    ...     optimizer.step()
    >>> round(w.item(), 3)
    2.0
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from math import inf
from numbers import Real
from typing import TypeAlias

import numpy as np

from nnlabs.arrays import Array
from nnlabs.scratch.tensor import Tensor

Memory: TypeAlias = defaultdict[str, Array]


class Optimizer:
    """Moves parameters against their gradients; a rule defines `change`.

    Args:
        parameters: what to move.
        lr: learning rate η; may be set anew at any time.
        weight_decay: λ of an L2 penalty λ/2 · Σ w², added to the gradient as λ w.

    Attributes:
        steps: while a parameter is moved, how many steps it has taken, this one included.

    Raises:
        ValueError: without parameters, with one that is given twice, or with an option outside its range: learning rate and ε are
            positive, a weight decay is at least 0, shares that are kept are at least 0 and below 1.
    """

    def __init__(self, parameters: Iterable[Tensor], lr: float, weight_decay: float = 0.0) -> None:
        self.parameters = list(parameters)
        self.lr, self.weight_decay, self.steps = lr, weight_decay, 0
        if not self.parameters:
            raise ValueError(f"{type(self).__name__} was given no parameters to move.")
        if len(set(self.parameters)) < len(self.parameters):
            raise ValueError(
                f"{type(self).__name__} was given the same parameter twice, and would move it twice a step."
            )
        _check_positive(lr=lr)
        self.lr = float(lr)  # a number of NumPy's float64 would make weights in float32 such, too
        if weight_decay != 0:
            _check_positive(weight_decay=weight_decay)
        self._taken = [0] * len(self.parameters)
        self._memories: list[Memory] = [defaultdict(partial(np.zeros_like, p.data)) for p in self.parameters]

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    def step(self) -> None:
        """Change every parameter that has a gradient once."""
        for i, (parameter, memory) in enumerate(zip(self.parameters, self._memories, strict=True)):
            gradient = parameter.grad
            if gradient is None:
                continue
            self.steps = self._taken[i] = self._taken[i] + 1
            if self.weight_decay:
                gradient = gradient + float(self.weight_decay) * parameter.data
            # An array of its own kind again: of no axes, NumPy would make a number of it.
            parameter.data = np.asarray(parameter.data - self.change(gradient, memory), parameter.data.dtype)

    def change(self, g: Array, memory: Memory) -> Array:
        """What is subtracted from a parameter whose gradient is g."""
        raise NotImplementedError(f"{type(self).__name__} must say how it moves: define change(self, g, memory).")


class SGD(Optimizer):
    """Stochastic gradient descent: straight down the slope (Robbins & Monro 1951)."""

    def change(self, g: Array, memory: Memory) -> Array:
        """η g."""
        return self.lr * g


class Momentum(Optimizer):
    """A ball that rolls: steps in the same direction add up, those to and fro cancel (Polyak 1964).

    Args:
        parameters: what to move.
        lr: learning rate η.
        momentum: share μ of the velocity that is kept.
        weight_decay: λ of an L2 penalty.
    """

    def __init__(
        self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.9, weight_decay: float = 0.0
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        _check_shares(momentum=momentum)
        self.momentum = momentum

    def change(self, g: Array, memory: Memory) -> Array:
        """η v, where v ← μ v + g."""
        v = memory["velocity"] = self.momentum * memory["velocity"] + g
        return self.lr * v


class Nesterov(Momentum):
    """Momentum that looks ahead: the gradient counts as if it came from where the ball is about to be (Nesterov 1983)."""

    def change(self, g: Array, memory: Memory) -> Array:
        """η (g + μ v), where v ← μ v + g."""
        v = memory["velocity"] = self.momentum * memory["velocity"] + g
        ahead: Array = g + self.momentum * v
        return self.lr * ahead


class AdaGrad(Optimizer):
    """A learning rate for each weight, smaller the more it has moved already (Duchi, Hazan & Singer 2011).

    Args:
        parameters: what to move.
        lr: learning rate η.
        eps: ε, keeps the first division from being one by 0.
        weight_decay: λ of an L2 penalty.
    """

    def __init__(
        self, parameters: Iterable[Tensor], lr: float = 1e-2, eps: float = 1e-10, weight_decay: float = 0.0
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        _check_positive(eps=eps)
        self.eps = eps

    def change(self, g: Array, memory: Memory) -> Array:
        """η g / (√s + ε), where s ← s + g²."""
        s = memory["squares"] = memory["squares"] + g * g
        change: Array = self.lr * g / (np.sqrt(s) + self.eps)
        return change


class RMSprop(Optimizer):
    """AdaGrad that forgets: divides by the size of recent gradients (Tieleman & Hinton 2012, lecture 6.5).

    Args:
        parameters: what to move.
        lr: learning rate η.
        alpha: share α of the mean square that is kept.
        eps: ε, keeps the division from being one by 0.
        weight_decay: λ of an L2 penalty.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        _check_positive(eps=eps)
        _check_shares(alpha=alpha)
        self.alpha, self.eps = alpha, eps

    def change(self, g: Array, memory: Memory) -> Array:
        """η g / (√s + ε), where s ← α s + (1 - α) g²."""
        s = memory["squares"] = self.alpha * memory["squares"] + (1 - self.alpha) * g * g
        change: Array = self.lr * g / (np.sqrt(s) + self.eps)
        return change


class Adam(Optimizer):
    """Momentum and RMSprop together, both freed of their start at 0 (Kingma & Ba 2015).

    Args:
        parameters: what to move.
        lr: learning rate η.
        betas: β₁ and β₂, shares of the mean gradient and of the mean square that are kept.
        eps: ε, keeps the division from being one by 0.
        weight_decay: λ of an L2 penalty.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        beta1, beta2 = betas
        _check_positive(eps=eps)
        _check_shares(beta1=beta1, beta2=beta2)
        self.betas, self.eps = betas, eps

    def change(self, g: Array, memory: Memory) -> Array:
        """η m̂ / (√ŝ + ε), where m ← β₁ m + (1 - β₁) g and s ← β₂ s + (1 - β₂) g²."""
        b1, b2 = self.betas
        m = memory["mean"] = b1 * memory["mean"] + (1 - b1) * g
        s = memory["squares"] = b2 * memory["squares"] + (1 - b2) * g * g
        # after t steps the weights in such a mean add up to 1 - βᵗ only: m̂ = m / (1 - β₁ᵗ), ŝ = s / (1 - β₂ᵗ)
        m_hat, s_hat = m / (1 - b1**self.steps), s / (1 - b2**self.steps)
        return self.lr * m_hat / (np.sqrt(s_hat) + self.eps)


class AdamW(Adam):
    """Adam whose weight decay shrinks the weights themselves, past the division (Loshchilov & Hutter 2019).

    Args:
        parameters: what to move.
        lr: learning rate η.
        betas: β₁ and β₂.
        eps: ε.
        weight_decay: λ; each step multiplies the weights by 1 - η λ.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay)
        # not as a part of the gradient
        self.weight_decay, self.decay = 0.0, weight_decay

    def step(self) -> None:
        """Change every parameter that has a gradient once."""
        for parameter in self.parameters:
            if parameter.grad is not None:
                # w ← (1 - η λ) w
                parameter.data = parameter.data * float(1 - self.lr * self.decay)
        super().step()


def _check_positive(**options: float) -> None:
    for name, value in options.items():
        if not (isinstance(value, Real) and 0 < value < inf):
            raise ValueError(f"{name} must be positive and finite, not {value!r}.")


def _check_shares(**options: float) -> None:
    for name, value in options.items():
        if not (isinstance(value, Real) and 0 <= value < 1):
            raise ValueError(f"{name} is a share that is kept: it must be at least 0 and below 1, not {value!r}.")


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": AdaGrad,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}
