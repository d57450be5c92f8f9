"""Muon for hidden layers and Adam for all else, as one optimizer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from nnlabs.errors import ConfigError

# Adam's learning rate as a share of Muon's. Muon's updates are orthogonal matrices, which wants rates of 0.02 and the
# like, where Adam wants 0.002.
ADAM_SHARE = 0.1


class Muon(Optimizer):
    r"""Muon for the hidden layers' matrices and kernels, `torch.optim.Adam` for all else.

    With $B$ the running mean of a matrix's gradients $G$ and $\mu$ the momentum,

    $$B \leftarrow \mu B + (1 - \mu) G, \qquad W \leftarrow W - \text{lr} \, \sqrt{\max(1, m / n)} \;
      \text{NS}\big((1 - \mu) G + \mu B\big)$$

    where NS, five Newton-Schulz steps, brings the singular values of an $m \times n$ matrix near 1, but for the smallest: nearly
    every direction in which the gradient points is taken equally far. A kernel of shape (units, channels, height, width)
    is taken for a matrix with a row for each unit.

    Biases, norms and the output layer go to Adam, as the inventor of Muon recommends (Jordan 2024,
    https://kellerjordan.github.io/posts/muon/); he leaves a learned first layer to it too, we do not: in a small perceptron
    that would leave Muon nothing. The last of the weights, in the model's order, counts as the output layer.

    It is `torch.optim.Muon`, but for its precision: that one multiplies in bfloat16, which a CPU without units for it has to
    emulate. Measured on one with AVX2, it takes 10 to 50 times as long, a third to a half of all that a step takes.

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
        hidden: dict[str, Any] = {"params": [_shared_matrix(kernel) for kernel in self._kernels]}
        hidden |= {"lr": lr, "momentum": momentum, "weight_decay": 0.0}
        self._adam: Optimizer = torch.optim.Adam([output, others], lr * ADAM_SHARE, fused=fused)
        super().__init__([hidden, *self._adam.param_groups], {})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        super().zero_grad(set_to_none)
        for kernel in self._kernels:
            kernel.grad = None

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every parameter that has a gradient."""
        hidden, *rest = self.param_groups
        for kernel, matrix in zip(self._kernels, hidden["params"], strict=True):
            if kernel.grad is not None:
                self._move(matrix, as_matrix(kernel.grad, kernel), hidden["lr"], hidden["momentum"])
        # Groups and state are this optimizer's own, so that schedules, penalties and checkpoints see one optimizer.
        self._adam.param_groups, self._adam.state = rest, self.state
        self._adam.step()

    def _move(self, matrix: Tensor, gradient: Tensor, lr: float, momentum: float) -> None:
        """Update one hidden layer."""
        state = self.state[matrix]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(matrix)
        # B ← μ B + (1 - μ) G
        mean = state["momentum_buffer"].lerp_(gradient, 1 - momentum)
        # W ← W - lr √max(1, m/n) NS((1 - μ) G + μ B)
        rows, columns = matrix.shape
        # A rate beyond float32 is to diverge, as with all optimizers, and not to be an error.
        rate = min(lr * max(1, rows / columns) ** 0.5, torch.finfo(torch.float32).max)
        matrix.add_(orthogonalize(gradient.lerp(mean, momentum)), alpha=-rate)


def orthogonalize(matrix: Tensor, steps: int = 5) -> Tensor:
    r"""Bring the singular values of a matrix near 1, but for the smallest, without computing them.

    $$X \leftarrow a X + b \, (X X^T) X + c \, (X X^T)^2 X, \qquad X_0 = M / \lVert M \rVert_F$$

    A step takes each singular value $\sigma$ to $a \sigma + b \sigma^3 + c \sigma^5$, and leaves the directions alone. The
    coefficients are Jordan's: five steps leave all values above 0.003 of the norm anywhere between about 0.7 and 1.2, and make
    smaller ones up to $a^5 \approx 485$ times as large.

    Args:
        matrix: shape (m, n).
        steps: how many.

    Returns:
        A matrix of the same shape.

    Example:
        >>> made = orthogonalize(torch.tensor([[3.0, 0.0, 0.0], [0.0, 0.4, 0.0]]))
        >>> [round(value, 1) for value in torch.linalg.svdvals(made).tolist()]
        [0.7, 0.7]
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T  # X Xᵀ is the smaller one
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(steps):
        gram = x @ x.mH  # the transpose, of complex numbers with the other sign of their imaginary parts
        # a X + (b X Xᵀ + c (X Xᵀ)²) X
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x if matrix.shape[0] <= matrix.shape[1] else x.T


def _shared_matrix(kernel: Tensor) -> Tensor:
    matrix = as_matrix(kernel.detach(), kernel)
    if matrix.data_ptr() != kernel.data_ptr():  # a copy would be moved in the kernel's place
        shape = tuple(kernel.shape)
        raise ConfigError(
            f"train.optimizer: muon cannot take weights of shape {shape} for a matrix, as they lie scattered in memory "
            f"(strides {kernel.stride()}); in the network, call .contiguous() before nn.Parameter(...)",
            "train.optimizer",
        )
    return matrix


def as_matrix(tensor: Tensor, kernel: Tensor) -> Tensor:
    """A kernel, or its gradient, as a matrix with a row for each unit; columns in the order in which they lie in memory.

    So the matrix of a kernel shares its memory, with channels last too. Muon does not care for the order of columns.

    Args:
        tensor: of the kernel's shape (units, ...).
        kernel: whose order in memory counts.
    """
    inputs = sorted(range(1, kernel.ndim), key=kernel.stride, reverse=True)
    return tensor.permute(0, *inputs).flatten(1)
