"""Optimizers: how parameters change, given their gradients. The conventions are those of torch.optim, to the last epsilon.

Each rule sees one parameter at a time: its gradient g, and a memory of its own in which what was never written reads as 0.

Example::

    optimizer = Adam(model.parameters(), lr=1e-2)
    for _ in range(100):
        optimizer.zero_grad()
        loss = cross_entropy(model(X), y)
        loss.backward()
        optimizer.step()
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from typing import TypeAlias

import numpy as np

from nnlabs.scratch.ops import Array
from nnlabs.scratch.tensor import Tensor

Memory: TypeAlias = defaultdict[str, Array]


class Optimizer:
    """Moves parameters against their gradients; a rule defines `change`.

    Args:
        parameters: what to move.
        lr: learning rate η; may be set anew at any time.
        weight_decay: λ of an L2 penalty λ/2 · Σ w², added to the gradient as λ w.

    Attributes:
        steps: how many steps were taken.

    Raises:
        ValueError: without parameters, or with a learning rate that is not positive.
    """

    def __init__(self, parameters: Iterable[Tensor], lr: float, weight_decay: float = 0.0) -> None:
        self.parameters = list(parameters)
        self.lr, self.weight_decay, self.steps = lr, weight_decay, 0
        if not self.parameters:
            raise ValueError(f"{type(self).__name__} was given no parameters to move.")
        if not lr > 0:
            raise ValueError(f"the learning rate must be positive, not {lr}.")
        self._memories: list[Memory] = [defaultdict(partial(np.zeros_like, p.data)) for p in self.parameters]

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for parameter in self.parameters:
            parameter.grad = 0.0

    def step(self) -> None:
        """Change every parameter once."""
        self.steps += 1
        for parameter, memory in zip(self.parameters, self._memories, strict=True):
            gradient = parameter.grad
            if self.weight_decay:
                gradient = gradient + self.weight_decay * parameter.data
            parameter.data = parameter.data - self.change(gradient, memory)

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
        super().__init__(parameters, lr, betas, eps)
        self.decay = weight_decay

    def step(self) -> None:
        """Change every parameter once."""
        for parameter in self.parameters:
            # w ← (1 - η λ) w
            parameter.data = parameter.data * (1 - self.lr * self.decay)
        super().step()


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": AdaGrad,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}
