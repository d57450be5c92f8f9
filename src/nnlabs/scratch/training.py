"""One step of training, which all training is made of."""

from __future__ import annotations

from numpy.typing import ArrayLike

from nnlabs.scratch.layers import Module
from nnlabs.scratch.losses import Loss
from nnlabs.scratch.optim import Optimizer
from nnlabs.scratch.tensor import Operand


def training_step(model: Module, optimizer: Optimizer, loss: Loss, x: Operand, y: ArrayLike) -> float:
    """Predict, measure the loss, go back through the network, and move its parameters once.

    Args:
        model: the network.
        optimizer: of its parameters; what `backward` left in them from an earlier step must not count again.
        loss: compares predictions with targets.
        x: the batch's inputs, shape (n, ...).
        y: its targets, as the loss takes them.

    Returns:
        The loss of the batch, before the parameters moved.
    """
    optimizer.zero_grad()
    error = loss(model(x), y)
    error.backward()
    optimizer.step()
    return error.item()
