"""Muon for hidden layers and Adam for all else, as one optimizer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

# Adam's learning rate as a share of Muon's. Muon's updates are orthogonal matrices, which wants rates of 0.02 and the
# like, where Adam wants 0.002.
ADAM_SHARE = 0.1


class Muon(Optimizer):
    r"""`torch.optim.Muon` for the hidden layers' matrices and kernels, `torch.optim.Adam` for all else.

    With $B$ the running mean of a matrix's gradients $G$ and $\mu$ the momentum,

    $$B \leftarrow \mu B + (1 - \mu) G, \qquad W \leftarrow W - \text{lr} \, \sqrt{\max(1, m / n)} \;
      \text{NS}\big((1 - \mu) G + \mu B\big)$$

    where NS, five Newton-Schulz steps, brings all singular values of an $m \times n$ matrix near 1: every direction in
    which the gradient points is taken equally far. A kernel of shape (units, channels, height, width) is taken for a
    matrix with a row for each unit.

    Biases, norms and the output layer go to Adam, as the inventor of Muon recommends (Jordan 2024,
    https://kellerjordan.github.io/posts/muon/); he leaves a learned first layer to it too, we do not: in a small perceptron
    that would leave Muon nothing. The last of the weights, in the model's order, counts as the output layer.

    Args:
        groups: two parameter groups, the weights and the rest, with the `weight_decay` that Adam is to put into the
            gradient; it has to be 0, for Muon has no such thing.
        lr: Muon's learning rate; Adam's is a tenth of it. Schedules move both. Penalties go by Muon's in either part.
        momentum: $\mu$.
        fused: whether Adam's update is one kernel.

    Attributes:
        param_groups: hidden layers (as matrices that share the weights' memory), output layer, the rest.
    """

    def __init__(self, groups: list[dict[str, Any]], lr: float, momentum: float = 0.95, fused: bool = False) -> None:
        weights, others = groups
        self._kernels: list[Tensor] = weights["params"][:-1]
        output = {**weights, "params": weights["params"][-1:]}
        matrices = [as_matrix(kernel.detach(), kernel) for kernel in self._kernels]
        self._muon: Optimizer = torch.optim.Muon([{"params": matrices}], lr, weight_decay=0.0, momentum=momentum)
        self._adam: Optimizer = torch.optim.Adam([output, others], lr * ADAM_SHARE, fused=fused)
        super().__init__([*self._muon.param_groups, *self._adam.param_groups], {})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        super().zero_grad(set_to_none)
        for kernel in self._kernels:
            kernel.grad = None

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every parameter that has a gradient."""
        hidden, *rest = self.param_groups
        for kernel, matrix in zip(self._kernels, hidden["params"], strict=True):
            matrix.grad = None if kernel.grad is None else as_matrix(kernel.grad, kernel)
        # Groups and state are this optimizer's own, so that schedules, penalties and checkpoints see one optimizer.
        for part, groups in ((self._muon, [hidden]), (self._adam, rest)):
            part.param_groups, part.state = groups, self.state
            part.step()


def as_matrix(tensor: Tensor, kernel: Tensor) -> Tensor:
    """A kernel, or its gradient, as a matrix with a row for each unit; columns in the order in which they lie in memory.

    So the matrix of a kernel shares its memory, with channels last too. Muon does not care for the order of columns.

    Args:
        tensor: of the kernel's shape (units, ...).
        kernel: whose order in memory counts.
    """
    inputs = sorted(range(1, kernel.ndim), key=kernel.stride, reverse=True)
    return tensor.permute(0, *inputs).flatten(1)
